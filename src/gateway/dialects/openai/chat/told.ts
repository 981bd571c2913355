/** What an answer, or the chunks of one so far, tells of its usage, its model and its tier, wherever in it that stands. */
import { isMembers, mergedUsage, type Sum } from '../../merge-usage.ts'

/** An answer or a chunk, as far as it tells of itself. */
export type Told = {
  readonly model?: unknown
  readonly service_tier?: unknown
  readonly usage?: unknown
  readonly choices?: unknown
  readonly x_groq?: unknown
}

/** What the chunks so far tell, with one more of them; later ones erase nothing. null while no usage was told. */
export function toldBy(chunk: Told, before: Told | null): Told | null {
  const usage = usageIn(chunk, before?.usage)
  if (!usage) return before
  return { usage, model: chunk.model ?? before?.model, service_tier: chunk.service_tier ?? before?.service_tier }
}

/**
 * The usage of an answer or a chunk, merged into what was told before: at the top, else in the choices
 * (Moonshot's streams: earendil-works/pi#2016) or in `x_groq` (Groq's streams: `XGroq` of its SDKs).
 */
export function usageIn({ usage, choices, x_groq: groq }: Told, before: unknown = null): unknown {
  if (isComplete(usage)) return mergedUsage(before, usage, sum)
  const inChoices = Array.isArray(choices) ? choices.map((choice: unknown) => memberOf(choice, 'usage')) : []
  const told = [memberOf(groq, 'usage'), ...inChoices, usage]
  return told.reduce((merged, next) => mergedUsage(merged, next, sum), before) ?? null
}

const sum: Sum = { total: 'total_tokens', parts: ['prompt_tokens', 'completion_tokens'] }

const memberOf = (value: unknown, name: string): unknown => (isMembers(value) ? value[name] : undefined)

/** Whether usage counts both sides, so that no more of it need be waited for. */
export const isComplete = (usage: unknown): boolean =>
  isMembers(usage) && Number(usage['prompt_tokens']) > 0 && Number(usage['completion_tokens']) > 0
