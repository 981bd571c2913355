/** One generated answer, before a dialect writes it down: text, JSON, a refusal or tool calls, within a token limit. */
import { answerPieces, naturalAnswer, topicsOf } from './answer-text.ts'
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
  /** `said` begins the answer: what a tool returned, what a search found. Left out where a number of tokens is asked for. */
  | { readonly kind: 'text'; readonly said: string }
  | { readonly kind: 'json'; readonly schema: unknown }
  /** Any text that is not JSON all the same: one of an enumeration. */
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'calls'; readonly tools: readonly ToolWish[] }

/** A tool to call. `text` calls it with a text in place of arguments that conform to `schema`. */
export type ToolWish = { readonly name: string; readonly schema: unknown; readonly text?: (seed: number) => string }

export type Choice = {
  /** The text; empty where tools are called. */
  readonly pieces: readonly Piece[]
  readonly calls: readonly Call[]
  /** All that is billed as visible output: of a tool call its name as well. */
  readonly visibleTokens: number
  readonly reasoningTokens: number
  readonly ending: 'stop' | 'length' | 'tool'
  readonly isRefusal: boolean
}

/** A call of a tool: its arguments as JSON, or the text it is called with. */
export type Call = { readonly name: string; readonly nameTokens: number; readonly pieces: readonly Piece[] }

/** Generates a choice; the same wish gives the same choice. */
export function choiceOf(wish: ChoiceWish): Choice {
  const reasoningTokens = Math.min(
    wish.reasoning.tokens,
    wish.reasoning.isExact ? wish.tokensMax : Math.floor(wish.tokensMax / 2),
  )
  const left = wish.tokensMax - reasoningTokens
  const isRefusal = wish.form.kind === 'refusal'
  return { calls: [], ...visibleOf(wish, left), reasoningTokens, isRefusal }
}

/** The seed of choice `index` of a prompt: what was asked, of which model, and what the caller seeded. */
export const seedOf = (question: string, model: string, callerSeed: unknown, index: number): number =>
  hashOf(`${model} ${String(callerSeed)} ${index} ${question}`)

type Visible = Pick<Choice, 'pieces' | 'visibleTokens' | 'ending'> & { readonly calls?: readonly Call[] }

function visibleOf(wish: ChoiceWish, left: number): Visible {
  const { form, seed, question } = wish
  switch (form.kind) {
    case 'text':
      return textChoice(wish, form.said, left)
    case 'json':
      return stopped(fitted(piecesOf(JSON.stringify(valueOf(form.schema, seed, question))), left), wish)
    case 'word':
      return fitted(piecesOf(wordOf(form.words, wish)), left)
    case 'refusal':
      return fitted(piecesOf(refusalText), left)
    case 'calls':
      return toolChoice(form.tools, wish, left)
  }
}

const refusalText = "I'm sorry, but I can't assist with that request."

const wordOf = (words: readonly string[], { seed, question }: ChoiceWish): string =>
  String(valueOf({ enum: words }, seed, question))

function textChoice(wish: ChoiceWish, said: string, left: number): Visible {
  const topics = topicsOf(wish.question)
  const { tokensWanted, seed, unicode } = wish
  if (tokensWanted !== undefined) {
    const tokens = Math.min(tokensWanted, left)
    const pieces = answerPieces({ topics, seed, tokens, unicode })
    return stopped({ pieces, visibleTokens: tokens, ending: tokensWanted > left ? 'length' : 'stop' }, wish)
  }
  const answer = said === '' ? naturalAnswer(wish.question, { topics, seed, unicode }) : piecesOf(said)
  return stopped(fitted(answer, left), wish)
}

/** Ends before the first stop sequence. */
function stopped(visible: Visible, { stop }: ChoiceWish): Visible {
  if (stop.length === 0) return visible
  const text = textOf(visible.pieces)
  const stops = stop
    .filter(Boolean)
    .map((sequence) => text.indexOf(sequence))
    .filter((at) => at >= 0)
  if (stops.length === 0) return visible
  const before = text.slice(0, Math.min(...stops))
  return { pieces: piecesOf(before), visibleTokens: countTokens(before), ending: 'stop' }
}

/** The calls in order; the one that the limit cuts is the last. */
function toolChoice(tools: readonly ToolWish[], { seed, question }: ChoiceWish, left: number): Visible {
  const calls: Call[] = []
  let visibleTokens = 0
  for (const [at, { name, schema, text }] of tools.entries()) {
    const nameTokens = Math.min(countTokens(name), left - visibleTokens)
    const said = text ? text(seed + at) : JSON.stringify(valueOf(schema ?? { type: 'object' }, seed + at, question))
    const fit = fitted(piecesOf(said), left - visibleTokens - nameTokens)
    calls.push({ name, nameTokens, pieces: fit.pieces })
    visibleTokens += nameTokens + fit.visibleTokens
    if (fit.ending === 'length') return { pieces: [], calls, visibleTokens, ending: 'length' }
  }
  return { pieces: [], calls, visibleTokens, ending: 'tool' }
}

/** The text of pieces. */
export const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('')

/** As many pieces as fit, recounted: the beginning of a text may have other tokens than the beginning of its tokens. */
function fitted(pieces: readonly Piece[], left: number): Visible {
  const all = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  if (all <= left) return { pieces, visibleTokens: all, ending: 'stop' }
  let kept = pieces.slice(0, left)
  const tokensOfKept = (): number => countTokens(textOf(kept))
  while (kept.length > 0 && tokensOfKept() > left) kept = kept.slice(0, -1)
  return { pieces: kept, visibleTokens: tokensOfKept(), ending: 'length' }
}
