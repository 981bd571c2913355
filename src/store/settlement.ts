/** The statement of one request: the journal's record, the store's row and the customer's receipt. */
import type { Mode } from './mode.ts'
import type { MadeResource } from './resources.ts'

/**
 * How a request ended. Each is settled exactly once. `reserved`: its charge is known only later, and its money is set
 * aside until then. `cancelled`, `expired`: so ended what was reserved, at nothing.
 */
export type Ending =
  | 'completed'
  | 'client-left'
  | 'upstream-failed'
  | 'upstream-refused'
  | 'in-doubt'
  | 'reserved'
  | 'cancelled'
  | 'expired'

/**
 * What deserves a second look on a settled request. `estimated`: no usable vendor usage for the input, the output or
 * both, so tokens were counted by us. `usage-mismatch`: vendor figures that cannot be true were left out, or contradict
 * each other. `usage-unknown`: vendor figures under names that we do not know are in no line. `other-model-served`: the vendor says that another
 * model served than was asked for, so that its price counts. `translated`: the provider does not have the operation,
 * and was asked another.
 */
export type SettlementFlag =
  | 'estimated'
  | 'usage-mismatch'
  | 'usage-unknown'
  | 'other-model-served'
  | 'over-hold'
  | 'output-clamped'
  | 'price-fallback'
  | 'translated'

/** One line of a receipt: quantity × unit price = amount, in pico-USD, exact. */
export type ReceiptLine = {
  readonly class: string
  readonly quantity: number
  readonly unit: string
  readonly picoPerUnit: string
  readonly amountPico: string
}

/** One try at one deployment. */
export type Attempt = {
  readonly deployment: string
  readonly region: string
  readonly status: number | null
  readonly error: string | null
  /** Durations in ms, from when the request came. */
  readonly startedMs: number
  /** Until it failed, or its answer could be given. */
  readonly endedMs: number
  /** From its own beginning. */
  readonly firstByteMs: number | null
}

/**
 * What a request's `Idempotency-Key` comes to, in base64url: the SHA-256 of the key, and a fingerprint of what was
 * asked under it. Neither of the two is kept itself.
 */
export type Idempotency = { readonly keyHash: string; readonly fingerprint: string }

/** The itemised statement of one request: the journal's record, the store's row and the customer's receipt. */
export type Settlement = {
  readonly requestId: string
  readonly organizationId: string
  readonly keyId: string
  /** Its key's. */
  readonly mode: Mode
  readonly admittedAt: number
  readonly endedAt: number
  readonly dialect: 'openai' | 'genai'
  readonly endpoint: string
  readonly model: string
  readonly servedModel: string | null
  readonly upstream: string
  readonly region: string
  readonly status: number
  readonly ending: Ending
  readonly streamed: boolean
  readonly serviceTier: string
  readonly priceFrom: string
  /** What the deployment's price is of the price book's, in millionths. */
  readonly pricePpm: number
  /** What becomes of an answer of this deployment whose client leaves: read on for its real usage, or cut off and counted. */
  readonly onAbort: 'drain' | 'cut'
  readonly lines: readonly ReceiptLine[]
  /** Disjoint token totals for reports: uncached input, cached input, visible output, reasoning. */
  readonly tokens: {
    readonly input: number
    readonly cachedInput: number
    readonly output: number
    readonly reasoning: number
  }
  readonly holdNano: string
  /** What the lines add up to, rounded up once. */
  readonly ratedNano: string
  /** The part of `ratedNano` that the balance could not cover and the operator bears; "0" unless the upstream exceeded the hold. */
  readonly writeOffNano: string
  /** What the organization pays: `ratedNano − writeOffNano`. */
  readonly chargeNano: string
  /** What the provider asks of us for the same usage. The operator's business: not on the customer's receipt. */
  readonly costNano: string
  readonly flags: readonly SettlementFlag[]
  readonly firstByteMs: number | null
  readonly latencyMs: number
  readonly attempts: readonly Attempt[]
  readonly vendorUsage: unknown
  /** null when its client sent no idempotency key. */
  readonly idempotency: Idempotency | null
  /** What it made that is named by an id from then on, in the store from the moment it is charged. */
  readonly resources?: readonly MadeResource[] | undefined
  /** How many pictures it made; left out where none were, and of before they were counted. */
  readonly images?: number | undefined
}
