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

/** An error in a choice, as OpenRouter reports it (nodetool-ai/nodetool#5755). */
export function errorAmong(choices: readonly Choice[]): ErrorInAnswer | null {
  for (const choice of choices) {
    const error = errorInAnswer(choice, true, choice.finish_reason === 'error' ? 'error' : '')
    if (error) return error
  }
  return null
}
