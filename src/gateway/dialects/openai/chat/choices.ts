/** The choices of a completion or of a chunk of one: whether they have ended, and what went wrong with one. */
import { errorInAnswer, type ErrorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import { isMembers } from '../../merge-usage.ts'

export type Choice = { readonly index?: unknown; readonly finish_reason?: unknown; readonly delta?: unknown }

/** What is no object says nothing, and is no choice. */
export const choicesOf = (choices: unknown): readonly Choice[] =>
  Array.isArray(choices) ? choices.filter(isMembers) : []

/** Whether a choice says why it ends. DashScope says `"null"` in a text while it goes on (its Generation API). */
export const hasEnded = ({ finish_reason: reason }: Choice): boolean => Boolean(reason) && reason !== 'null'

/**
 * Whether a choice of a chunk says anything beyond whose turn it is. Streams begin with a chunk that does not, and until
 * one does, a failure can still be made good elsewhere.
 */
export const saysSomething = ({ delta }: Choice): boolean =>
  !isMembers(delta) || Object.entries(delta).some(([name, value]) => name !== 'role' && !isEmpty(value))

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0)

/**
 * Reasons that say that the answer was broken off, not that it is over. `error`: OpenRouter, Mistral, vLLM. `abort`: vLLM
 * (vllm-project/vllm#57082), SGLang (sgl-project/sglang#6693). `insufficient_system_resource`: DeepSeek ("Create Chat
 * Completion"). `network_error`: Z.ai, and whoever serves GLM; `error_finish` of others (NousResearch/hermes-agent#92161).
 */
const failures: ReadonlySet<unknown> = new Set([
  'error',
  'abort',
  'aborted',
  'insufficient_system_resource',
  'network_error',
  'network-error',
  'error_finish',
])

/**
 * An error in a choice: reported within it (OpenRouter: nodetool-ai/nodetool#5755), or as the reason that it ends. `groq`:
 * `x_groq`, in which Groq says "why a stream was stopped early" (`XGroq` of its SDKs).
 */
export function errorAmong(choices: readonly Choice[], groq?: unknown): ErrorInAnswer | null {
  for (const choice of choices) {
    const error = errorInAnswer(choice, true, failures.has(reasonOf(choice)) ? 'error' : '')
    if (error) return error
  }
  return errorInAnswer(groq, true)
}

/** SGLang's own reasons are objects, by their `type`. */
const reasonOf = ({ finish_reason: reason }: Choice): unknown => (isMembers(reason) ? reason['type'] : reason)
