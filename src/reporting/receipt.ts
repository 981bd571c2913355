/** The receipt of one request, as JSON: the settlement that was journaled, with times and amounts that people can read next to the exact ones. */
import { formatUsd } from '../lib/amounts.ts'
import type { Attempt, ReceiptLine, Settlement } from '../store/store.ts'

export type Receipt = Omit<Settlement, 'admittedAt' | 'endedAt' | 'lines' | 'idempotency' | 'resources'> & {
  /** ISO 8601, UTC. */
  readonly admittedAt: string
  readonly endedAt: string
  readonly lines: readonly (ReceiptLine & { readonly usdPerUnit: string; readonly amountUsd: string })[]
  readonly chargeUsd: string
}

/** A receipt as its customer sees it: what providers ask of the operator, and think of its accounts, is the operator's business. */
export function customerReceiptOf(settlement: Settlement): Omit<Receipt, 'costNano'> {
  const { costNano: _, ...receipt } = receiptOf(settlement)
  return { ...receipt, attempts: receipt.attempts.map(customerAttemptOf) }
}

/** Of the operator's account at a provider: its credential, its money, its models. */
const accountErrors: ReadonlySet<string | null> = new Set(['credential', 'quota', 'missing', 'no access token'])

/** The status would tell as much as the word. */
const customerAttemptOf = (attempt: Attempt): Attempt =>
  accountErrors.has(attempt.error) ? { ...attempt, status: null, error: 'unavailable' } : attempt

/** The receipt of a settlement; the figures are the journal's own. Hashes are nothing to read, and what was made is listed elsewhere. */
export function receiptOf(settlement: Settlement): Receipt {
  const { idempotency: _, resources: _resources, ...told } = settlement
  return {
    ...told,
    admittedAt: new Date(told.admittedAt).toISOString(),
    endedAt: new Date(told.endedAt).toISOString(),
    lines: told.lines.map((line) => ({
      ...line,
      usdPerUnit: formatPicoUsd(BigInt(line.picoPerUnit)),
      amountUsd: formatPicoUsd(BigInt(line.amountPico)),
    })),
    chargeUsd: formatUsd(told.chargeNano),
  }
}

const picoDigits = 12
/** Writes pico-USD, never negative on a receipt, as exact decimal USD with at least two decimals. */
function formatPicoUsd(amount: bigint): string {
  const digits = amount.toString().padStart(picoDigits + 1, '0')
  return `${digits.slice(0, -picoDigits)}.${digits.slice(-picoDigits).replace(/0{1,10}$/, '')}`
}
