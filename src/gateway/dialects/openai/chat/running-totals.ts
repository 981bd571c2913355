/**
 * Usage that a stream tells again and again is taken for running totals of one answer, as every vendor has it. Where it
 * cannot be, it may be of each piece alone: then what came out is counted by ourselves. See docs/decisions/0013-what-is-counted.md.
 */
import { isQuantity } from '../../../../money/usage.ts'
import { isMembers } from '../../merge-usage.ts'

export type RunningTotals = {
  /** What was told so far, with one more record of it. */
  readonly note: (usage: unknown) => void
  /** Whether they may be totals: none was less than the one before, and there are not more of them than tokens. */
  readonly areTotals: () => boolean
}

/** So many records may tell it and bring no token: the first, the last, and some in which nothing could be written yet. */
const tokenlessMax = 8

export function createRunningTotals(): RunningTotals {
  let many = 0
  let last = 0
  let hasFallen = false
  return {
    note(usage) {
      const completion = completionOf(usage)
      many += 1
      hasFallen ||= completion < last
      last = completion
    },
    areTotals: () => !hasFallen && many <= last + tokenlessMax,
  }
}

function completionOf(usage: unknown): number {
  const figure = isMembers(usage) ? (usage['completion_tokens'] ?? usage['output_tokens']) : 0
  return isQuantity(figure) ? figure : 0
}

/** Usage less what it says of the output. */
export const withoutOutput = (usage: unknown): unknown =>
  isMembers(usage)
    ? Object.fromEntries(
        Object.entries(usage).filter(([name]) => !/^(completion_|output_|reasoning_|total_)/.test(name)),
      )
    : usage
