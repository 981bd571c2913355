/**
 * What a prompt costs, the same in both dialects: the tokens of its texts (tool and schema
 * definitions included, as JSON), 3 for every message, 3 for the whole, and a fixed number for
 * every image, sound, film or document, whatever its size.
 */
import { countTokens } from './tokens.ts'

export type Modality = 'TEXT' | 'IMAGE' | 'AUDIO' | 'VIDEO' | 'DOCUMENT'

/** Tokens of one attachment in a prompt. */
export const attachmentTokens: Readonly<Record<Exclude<Modality, 'TEXT'>, number>> = {
  IMAGE: 560,
  AUDIO: 320,
  VIDEO: 2_580,
  DOCUMENT: 560,
}

/** A prompt as the dialects hand it over: `question` is what the answer talks about. */
export type PromptText = {
  readonly texts: readonly string[]
  readonly messages: number
  readonly attachments: readonly Exclude<Modality, 'TEXT'>[]
  readonly question: string
}

export type Prompt = PromptText & {
  readonly tokens: number
  /** Tokens by modality, only those there are; they add up to `tokens`. */
  readonly tokensByModality: readonly { readonly modality: Modality; readonly tokenCount: number }[]
}

const messageTokens = 3
const primingTokens = 3

/** Counts a prompt. */
export function promptOf(prompt: PromptText): Prompt {
  const textTokens = prompt.texts.reduce(
    (sum, text) => sum + countTokens(text),
    prompt.messages * messageTokens + primingTokens,
  )
  const attached = (Object.keys(attachmentTokens) as (keyof typeof attachmentTokens)[])
    .map((modality) => ({
      modality,
      tokenCount: attachmentTokens[modality] * prompt.attachments.filter((kind) => kind === modality).length,
    }))
    .filter(({ tokenCount }) => tokenCount > 0)
  const tokensByModality = [{ modality: 'TEXT' as const, tokenCount: textTokens }, ...attached]
  return { ...prompt, tokensByModality, tokens: tokensByModality.reduce((sum, { tokenCount }) => sum + tokenCount, 0) }
}

/** The modality of an attachment by its MIME type. */
export function modalityOf(mimeType: string): Exclude<Modality, 'TEXT'> {
  if (mimeType.startsWith('image/')) return 'IMAGE'
  if (mimeType.startsWith('audio/')) return 'AUDIO'
  return mimeType.startsWith('video/') ? 'VIDEO' : 'DOCUMENT'
}
