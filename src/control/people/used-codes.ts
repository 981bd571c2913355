/** Codes of authenticator apps that were used: each opens one session (RFC 6238, §5.2). */
import type { Clock } from '../../lib/clock.ts'
import { createLru } from '../../lib/lru.ts'

export type UsedCodes = {
  /** Whether it may be used; it is used then. */
  readonly use: (personId: string, code: string) => boolean
}

/** A code is right for 30 seconds, and for one such time before and after. */
const rightMsMax = 90_000
/** More are forgotten, the oldest first: so many people do not sign in within that time. */
const codesMany = 10_000

export function createUsedCodes(clock: Pick<Clock, 'monotonic'>): UsedCodes {
  const usedAt = createLru<number>(codesMany, codesMany)
  return {
    use(personId, code) {
      const key = `${personId} ${code}`
      const now = clock.monotonic()
      if (now - (usedAt.get(key) ?? -Infinity) < rightMsMax) return false
      usedAt.set(key, now)
      return true
    },
  }
}
