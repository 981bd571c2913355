import { inBackground, type Log } from '../lib/log.ts'
import type { Credit, Returned } from '../money/credit.ts'
import type { Journal } from '../money/journal.ts'

const sweepMs = 2_000
const idleMs = 10_000

/** Gives credit that no request has needed for ten seconds back to its organization, by the journal. */
export function startReturningIdleLeases(credit: Credit, journal: Journal, log: Log): { readonly stop: () => void } {
  const timer = setInterval(
    () => inBackground(log, 'return-idle-leases', () => returnIdleLeases(credit, journal, idleMs)),
    sweepMs,
  )
  return { stop: () => clearInterval(timer) }
}

/** Resolves once what is returned is journaled. */
export async function returnIdleLeases(credit: Credit, journal: Journal, unusedMs: number): Promise<void> {
  if (journal.trouble() !== null) return
  await Promise.all(credit.returnIdle(unusedMs).map((returned) => returnLease(credit, journal, returned)))
}

/** Journals what was taken out of a lease; where that cannot be, it is as if it had not been taken. */
export async function returnLease(credit: Credit, journal: Journal, returned: Returned): Promise<void> {
  try {
    await journal.returnLease(returned)
  } catch (error) {
    credit.giveBack(returned)
    throw error
  }
}
