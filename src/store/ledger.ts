import type { Actor } from './audit.ts'
import type { Mode } from './mode.ts'

export type Transfer = {
  readonly id: number
  readonly idempotencyKey: string
  readonly kind:
    | 'grant'
    | 'top-up'
    | 'hold'
    | 'capture'
    | 'release'
    | 'reversal'
    | 'reserve'
    | 'capture-reserved'
    | 'release-reserved'
  /** Of both its accounts. */
  readonly mode: Mode
  readonly debitAccount: string
  readonly creditAccount: string
  readonly amountNano: bigint
  readonly at: number
  readonly note: string | null
  /** Of a reversal: the transfer that it undoes, wholly or in part. */
  readonly reverses: number | null
}

/** Credit to give. */
export type Grant = {
  readonly organizationId: string
  readonly mode: Mode
  readonly amountNano: bigint
  readonly note: string | null
  readonly idempotencyKey: string
}
/** Credit to take back. The same `idempotencyKey` again takes nothing more. */
export type RevocationAsk = Grant
/** The reversals that come to the amount, or what could have been revoked. */
export type RevocationAnswer =
  | { readonly reversals: readonly Transfer[] }
  | { readonly reversals: null; readonly revocableNano: bigint }

/**
 * `balanceNano` = credit + held + reserved. `leasedNano` = held: money handed to nodes and not yet captured.
 * `reservedNano`: set aside for calls that are billed later.
 */
export type LedgerBalance = {
  readonly balanceNano: bigint
  readonly leasedNano: bigint
  readonly reservedNano: bigint
}

export type Check = { readonly name: string; readonly ok: boolean; readonly detail: string }

/** Credit given and taken back, and the proof of it all. Without an `actor`, a change is the server's own; each is in the audit log. */
export interface LedgerStore {
  /** Gives credit: grants → credit:<org>, or test-grants → test-credit:<org>. The same key again returns the first transfer; with another amount, organization or mode it throws `idempotency-conflict`. */
  grantCredit(grant: Grant, actor?: Actor): Promise<Transfer>
  /**
   * Takes credit back by reversals of grants and top-ups, the newest first: all of the amount, or nothing when less is
   * left of this mode; what nodes have leased is not. Throws `organization-not-found`, and `idempotency-conflict` for
   * a key that was used for another amount, organization or mode.
   */
  revokeCredit(ask: RevocationAsk, actor?: Actor): Promise<RevocationAnswer>
  balance(organizationId: string, mode: Mode): Promise<LedgerBalance>
  /** Of both modes. */
  transfers(organizationId: string): Promise<Transfer[]>
  /** The properties of the ledger, each checked over all rows. */
  verifyLedger(): Promise<Check[]>
}
