/**
 * Whose media and tools are not what they seem: an organization whose request counted more input than what
 * was sent said is held at all that the model takes for an hour, so that what is lost by it is no more than
 * was under way at the time.
 */
import type { Clock } from '../lib/clock.ts'

export type Caution = {
  readonly isWary: (organizationId: string) => boolean
  readonly beWary: (organizationId: string) => void
}

const waryMs = 3_600_000

export function createCaution(clock: Clock): Caution {
  /** Until when, monotonic ms. */
  const wary = new Map<string, number>()
  return {
    isWary(organizationId) {
      const until = wary.get(organizationId)
      if (until === undefined) return false
      if (clock.monotonic() < until) return true
      wary.delete(organizationId)
      return false
    },
    beWary: (organizationId) => void wary.set(organizationId, clock.monotonic() + waryMs),
  }
}
