/** Google AI Studio: the Gemini API with an API key, and Google's own OpenAI-compatible endpoint beside it. */
import type { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { membersOf, withMember } from '../../lib/json-text.ts'
import type { References } from '../../lib/references.ts'
import { genaiOperations, type Adapter, type OperationName } from '../deployment.ts'
import { googleOpenaiRefusal, googleRefusal } from '../refusals/google.ts'
import { scrubber } from '../scrub.ts'
import { bearerKey, provider, vendorUrl } from './fields.ts'
import { responsesAs } from './responses.ts'

export const googleAiStudioSchema = (references: References) =>
  provider('google-ai-studio', {
    apiKey: bearerKey(references),
    baseUrl: vendorUrl(references)
      .refine((url) => !/\/v1(alpha|beta)?(\/|$)/.test(url), 'the host alone, without a version and what follows')
      .default('https://generativelanguage.googleapis.com')
      .describe('The host, without a version.'),
  })

/** Its OpenAI endpoint makes pictures in another way than OpenAI's own, and none of these models. */
const operations: readonly OperationName[] = [...genaiOperations, 'chat.completions', 'embeddings', 'responses']

const generating: readonly OperationName[] = ['generateContent', 'streamGenerateContent']

export function googleAiStudio(data: z.output<ReturnType<typeof googleAiStudioSchema>>, clock: Clock): Adapter {
  const key = data.apiKey.reveal()
  const account = { scrub: scrubber([key]), now: clock.now }
  return {
    dialects: ['genai', 'openai'],
    ...responsesAs('translated', operations, 'max_completion_tokens'),
    // v1beta knows every field and model that v1 knows, and more: https://ai.google.dev/gemini-api/docs/api-versions
    address: ({ dialect, path }) =>
      dialect === 'genai'
        ? { url: `${data.baseUrl}/v1beta${path}`, headers: { 'x-goog-api-key': key } }
        : { url: `${data.baseUrl}/v1beta/openai${path}`, headers: { authorization: `Bearer ${key}` } },
    rewriteBody: (text, { operation }) => (generating.includes(operation) ? withoutStorage(text) : text),
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => (refused.dialect === 'genai' ? googleRefusal : googleOpenaiRefusal)(refused, account),
    renewCredential: () => false,
    standing: () => null,
  }
}

/**
 * Paid projects keep the content of calls for 55 days since 2026-10-26 unless they say `store: false`
 * (https://ai.google.dev/gemini-api/docs/logs-policy). What the client says of it stands; null says nothing.
 */
function withoutStorage(text: string): string {
  const said = membersOf(text).findLast(({ key }) => key === 'store')
  return said && text.slice(said.start, said.end) !== 'null' ? text : withMember(text, ['store'], false)
}
