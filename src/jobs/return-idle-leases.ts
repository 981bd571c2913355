import type { Credit } from '../money/credit.ts'
import type { Journal } from '../money/journal.ts'

const sweepMs = 2_000
const idleMs = 10_000

/** Gives credit that no request has needed for ten seconds back to its organization, by the journal. */
export function startReturningIdleLeases(credit: Credit, journal: Journal): { readonly stop: () => void } {
  const timer = setInterval(() => returnIdleLeases(credit, journal, idleMs), sweepMs)
  return { stop: () => clearInterval(timer) }
}

export function returnIdleLeases(credit: Credit, journal: Journal, unusedMs: number): void {
  if (!journal.canPromise()) return
  for (const { organizationId, amountNano } of credit.returnIdle(unusedMs)) journal.returnLease(organizationId, amountNano)
}
