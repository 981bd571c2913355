import type { Idempotency, Settlement } from './settlement.ts'

/** A request that used up an idempotency key of its organization and mode. `usedAt`: when it ended. */
export type KeyUse = Idempotency &
  Pick<Settlement, 'organizationId' | 'mode' | 'requestId' | 'chargeNano'> & {
    readonly usedAt: number
    /** The id of the job that it began. What that is charged stands on its receipt alone, and not here. */
    readonly job?: string
    /** No settlement tells of it. */
    readonly isFree?: true
  }

/** Idempotency keys that requests have used up. */
export interface IdempotencyStore {
  /** The newest `max` uses of idempotency keys since a time, the oldest first: one for each key of an organization and mode. */
  keyUses(since: number, max: number): Promise<KeyUse[]>
  /** Forgets at most `max` uses of before a time, the oldest first; tells how many. */
  forgetKeyUses(before: number, max: number): Promise<number>
}
