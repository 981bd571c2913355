/**
 * What a vendor says of usage in several places of one answer, put together: chunk after chunk of a stream,
 * or beside a choice and at the top.
 */
import { isQuantity } from '../../money/usage.ts'

type Members = Readonly<Record<string, unknown>>

/** How a dialect names the sum of a usage object, and the figures that it is the sum of. */
export type Sum = { readonly total: string; readonly parts: readonly string[] }

/**
 * Two usage objects of one answer as one, member by member. Figures are running totals, so the later one
 * counts; what is absent, null, zero, empty or of another kind than before never erases what was said. A total
 * that its parts have outgrown belonged to an earlier count and goes.
 * Prompt first and completion last: Anthropic's `message_start` and `message_delta`, as compatible endpoints pass
 * them on. Running totals: vLLM's `continuous_usage_stats` (vllm-project/vllm#9357), Gemini. Empty ones behind the
 * full one: theopenco/llmgateway#2861, openai/openai-agents-js#1474.
 */
export function mergedUsage(earlier: unknown, later: unknown, sum: Sum): unknown {
  if (!isMembers(earlier)) return isSaid(later) ? later : (earlier ?? later)
  if (!isMembers(later)) return earlier
  if (covers(later, earlier)) return later
  return withoutStaleTotal({ ...earlier, ...fuller(earlier, later) }, [earlier, later], sum)
}

/** Details stand in objects within the usage; what is deeper is taken as a whole. */
const detailsDepth = 1

/** Whether nothing of `earlier` is missing in `later`, which is how nearly every running total comes. */
function covers(later: Members, earlier: Members, depth = detailsDepth): boolean {
  for (const name in earlier) {
    const [was, is] = [earlier[name], later[name]]
    if (depth > 0 && isMembers(was) && isMembers(is) ? !covers(is, was, depth - 1) : !replaces(is, was)) return false
  }
  return true
}

/** The members of `later` that say more than those of `earlier`. */
function fuller(earlier: Members, later: Members, depth = detailsDepth): Members {
  const members: Record<string, unknown> = {}
  for (const name in later) {
    const [was, is] = [earlier[name], later[name]]
    if (depth > 0 && isMembers(was) && isMembers(is)) members[name] = { ...was, ...fuller(was, is, depth - 1) }
    else if (replaces(is, was) || (!isSaid(was) && is !== null)) members[name] = is
  }
  return members
}

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A count replaces a count, and whatever stands where one should; anything else replaces its like. */
function replaces(is: unknown, was: unknown): boolean {
  if (!isSaid(is)) return false
  if (isQuantity(is)) return typeof was !== 'object'
  return !isQuantity(was) && kindOf(is) === kindOf(was)
}
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value)

/** Whether a member says anything: a figure above zero, a word, a list or an object with something in it. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'number') return value > 0
  if (typeof value !== 'object' || value === null) return value !== undefined && value !== null && value !== ''
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0
}

/** One object's total and parts may contradict each other, which is to be seen; those of two objects only seem to. */
function withoutStaleTotal(merged: Members, told: readonly Members[], { total, parts }: Sum): Members {
  const figures = [total, ...parts]
  if (told.some((own) => figures.every((name) => figureOf(own, name) === figureOf(merged, name)))) return merged
  if (figureOf(merged, total) >= parts.reduce((added, name) => added + figureOf(merged, name), 0)) return merged
  const { [total]: _, ...rest } = merged
  return rest
}

function figureOf(members: Members, name: string): number {
  const figure = members[name]
  return isQuantity(figure) ? figure : 0
}
