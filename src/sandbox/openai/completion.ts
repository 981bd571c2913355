/** What a chat completion is, before it is written as one body or as a stream. */
import type { Call, Choice } from '../choice.ts'
import type { Dress } from '../dress.ts'
import { logprobsOf, type PlaceLogprobs } from '../logprobs.ts'
import type { Piece } from '../tokens.ts'
import type { Usage } from '../usage.ts'
import type { ToolKind } from './chat-tools.ts'

/** A generated chat completion. */
export type Completion = {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly tier: string
  readonly choices: readonly Choice[]
  readonly kindOfTool: (name: string) => ToolKind
  /** How many alternatives of each token are told; null for no probabilities at all. */
  readonly logprobs: number | null
  /** What the texts cite. */
  readonly annotations: readonly object[]
  readonly usage: Usage
  /** As reported on the wire; undefined when a directive left it out. */
  readonly wireUsage: object | undefined
  readonly dress: Dress | null
}

/** Which call of which choice. */
type CallPlace = { readonly choice: number; readonly call: number }

/** The id of a tool call. */
const toolCallId = (completionId: string, { choice, call }: CallPlace): string =>
  `call_${completionId.slice(9, 31)}${choice}${call === 0 ? '' : `_${call}`}`

/** A tool call, or the beginning of one, as its kind is written; `text` is its arguments, or its input. */
export function toolCallOf(completion: Completion, call: Call, text: string, place: CallPlace): object {
  const id = toolCallId(completion.id, place)
  return completion.kindOfTool(call.name) === 'custom'
    ? { id, type: 'custom', custom: { name: call.name, input: text } }
    : { id, type: 'function', function: { name: call.name, arguments: text } }
}

/** True where tools are called by the one `function_call` of old. */
export const isLegacy = ({ kindOfTool }: Completion, { calls }: Choice): boolean =>
  calls.length > 0 && kindOfTool(calls[0]!.name) === 'legacy'

/** Why a choice ended, in OpenAI's words. */
export function finishReason(completion: Completion, choice: Choice): string {
  if (choice.ending !== 'tool') return choice.ending
  return isLegacy(completion, choice) ? 'function_call' : 'tool_calls'
}

/** The probabilities of pieces that begin at token `from` of a choice. */
export function wireLogprobs(
  { logprobs }: Completion,
  choice: Choice,
  pieces: readonly Piece[],
  from: number,
): object | null {
  if (logprobs === null || choice.calls.length > 0) return null
  const tokens = logprobsOf(pieces, from, logprobs).map(wirePlace)
  return choice.isRefusal ? { content: null, refusal: tokens } : { content: tokens, refusal: null }
}

const wirePlace = ({ chosen, top }: PlaceLogprobs): object => ({ ...chosen, top_logprobs: top })
