/** One generated answer, before a dialect writes it down: text, JSON or a tool call, within a token limit. */
import { answerPieces, topicsOf } from './answer-text.ts'
import { hashOf } from './hash.ts'
import { valueOf } from './schema-value.ts'
import { countTokens, piecesOf, type Piece } from './tokens.ts'

/** What the answer has to be. Tokens: `tokensWanted` visible ones if given; `tokensMax` bounds visible and reasoning together. */
export type ChoiceWish = {
  readonly question: string
  readonly seed: number
  readonly tokensWanted: number | undefined
  readonly tokensMax: number
  /** Exact if a directive asked for it; else a suggestion, cut so that half of the limit is left for the answer. */
  readonly reasoning: { readonly tokens: number; readonly isExact: boolean }
  readonly stop: readonly string[]
  readonly unicode: boolean
  readonly form: Form
}

export type Form =
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly schema: unknown }
  | { readonly kind: 'tool'; readonly name: string; readonly schema: unknown }

export type Choice = {
  /** The text, or the arguments of the tool call as JSON. */
  readonly pieces: readonly Piece[]
  readonly toolName: string | null
  /** All that is billed as visible output: of a tool call its name as well. */
  readonly visibleTokens: number
  readonly reasoningTokens: number
  readonly ending: 'stop' | 'length' | 'tool'
}

/** Generates a choice; the same wish gives the same choice. */
export function choiceOf(wish: ChoiceWish): Choice {
  const reasoningTokens = Math.min(
    wish.reasoning.tokens,
    wish.reasoning.isExact ? wish.tokensMax : Math.floor(wish.tokensMax / 2),
  )
  const left = wish.tokensMax - reasoningTokens
  switch (wish.form.kind) {
    case 'text':
      return { ...textChoice(wish, left), toolName: null, reasoningTokens }
    case 'json':
      return {
        ...fitted(piecesOf(JSON.stringify(valueOf(wish.form.schema, wish.seed))), left),
        toolName: null,
        reasoningTokens,
      }
    case 'tool':
      return {
        ...toolChoice(wish.form.name, wish.form.schema, wish.seed, left),
        toolName: wish.form.name,
        reasoningTokens,
      }
  }
}

/** The seed of choice `index` of a prompt: what was asked, of which model, and what the caller seeded. */
export const seedOf = (question: string, model: string, callerSeed: unknown, index: number): number =>
  hashOf(`${model} ${String(callerSeed)} ${index} ${question}`)

type Visible = Pick<Choice, 'pieces' | 'visibleTokens' | 'ending'>

const defaultTokensMin = 20
const defaultTokensSpan = 101

function textChoice(wish: ChoiceWish, left: number): Visible {
  const wanted = wish.tokensWanted ?? defaultTokensMin + (wish.seed % defaultTokensSpan)
  const tokens = Math.min(wanted, left)
  const pieces = answerPieces({ topics: topicsOf(wish.question), seed: wish.seed, tokens, unicode: wish.unicode })
  const text = wish.stop.length > 0 ? pieces.map((piece) => piece.text).join('') : ''
  const stops = wish.stop
    .filter(Boolean)
    .map((stop) => text.indexOf(stop))
    .filter((at) => at >= 0)
  if (stops.length === 0) return { pieces, visibleTokens: tokens, ending: wanted > left ? 'length' : 'stop' }
  const before = text.slice(0, Math.min(...stops))
  return { pieces: piecesOf(before), visibleTokens: countTokens(before), ending: 'stop' }
}

function toolChoice(name: string, schema: unknown, seed: number, left: number): Visible {
  const nameTokens = countTokens(name)
  const visible = fitted(
    piecesOf(JSON.stringify(valueOf(schema ?? { type: 'object' }, seed))),
    Math.max(0, left - nameTokens),
  )
  return {
    ...visible,
    visibleTokens: Math.min(left, visible.visibleTokens + nameTokens),
    ending: visible.ending === 'length' ? 'length' : 'tool',
  }
}

/** As many pieces as fit, recounted: the beginning of a text may have other tokens than the beginning of its tokens. */
function fitted(pieces: readonly Piece[], left: number): Visible {
  const all = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  if (all <= left) return { pieces, visibleTokens: all, ending: 'stop' }
  let kept = pieces.slice(0, left)
  const tokensOfKept = (): number => countTokens(kept.map((piece) => piece.text).join(''))
  while (kept.length > 0 && tokensOfKept() > left) kept = kept.slice(0, -1)
  return { pieces: kept, visibleTokens: tokensOfKept(), ending: 'length' }
}
