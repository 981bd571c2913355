/** Makes room for whoever comes, at the cost of connections that nothing is under way on. */
import { noPlace } from '../roster.ts'
import type { Guest } from './guest.ts'

/** Who came or was answered a moment ago is about to ask: as both times are of a last second, at least one has passed. */
const restMsMin = 1_500

/**
 * Closes one connection at rest, and tells which; null where there is none. Those go first that have never asked for
 * anything, then those that have rested longest. `now` is as of the last second; all are looked through once in each, so
 * that a flood costs no more than that.
 */
export function createSpareRoom<Member extends Guest>(
  guests: () => readonly Member[],
  now: () => number,
): () => Member | null {
  let line: Member[] = []
  let lookedAt = Number.NEGATIVE_INFINITY
  const isAtRest = ({ restingSince }: Member): boolean => restingSince !== null && now() - restingSince > restMsMin
  return () => {
    if (line.length === 0 && lookedAt !== now()) {
      lookedAt = now()
      line = guests().filter(isAtRest).toSorted(lastFirst)
    }
    for (let next = line.pop(); next; next = line.pop()) {
      if (next.place === noPlace || !isAtRest(next)) continue
      next.close()
      return next
    }
    return null
  }
}

const lastFirst = (one: Guest, other: Guest): number =>
  Number(one.hasAsked) === Number(other.hasAsked)
    ? other.restingSince! - one.restingSince!
    : Number(other.hasAsked) - Number(one.hasAsked)
