/** Proving the ledger, as the admin API needs it. */
import type { Check } from '../../store/store.ts'

/** What came of it: `at`, epoch ms, it began. */
export type Verification = { readonly at: number; readonly ms: number; readonly checks: readonly Check[] }

export type LedgerVerifier = {
  /** null: never yet. */
  readonly last: () => Verification | null
  readonly isRunning: () => boolean
  /** Verifies now, or waits for the one that is under way. */
  readonly verify: () => Promise<Verification>
}
