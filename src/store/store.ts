/**
 * The central store, as the rest of the system sees it. SQLite is the first implementation,
 * PostgreSQL the second; `store-contract.ts` is the promise both are tested against.
 *
 * Amounts cross this boundary as decimal strings of nano-USD where the value is JSON (journal
 * records, receipts) and as bigint elsewhere. Times are epoch milliseconds.
 */

import type { FileSlice } from '../lib/blocks.ts'
import type { Mode } from './mode.ts'
import type { MadeResource, ResourceStore } from './resources.ts'

// ---- Test and live -----------------------------------------------------------------------------

export { modes, type Mode } from './mode.ts'

/** What a store of before there was test and live must be told, to know what was simulated. */
export type Installation = {
  /** Ids of deployments that are simulated, and of those that were without a configuration. */
  readonly simulatedDeployments: readonly string[]
  /** Names of the providers that are real. */
  readonly realProviders: readonly string[]
}

// ---- The journal: what a node writes first and ships later -------------------------------------

/** How a request ended. Each is settled exactly once. */
export type Ending = 'completed' | 'client-left' | 'upstream-failed' | 'upstream-refused' | 'in-doubt'

/**
 * What deserves a second look on a settled request. `estimated`: no usable vendor usage for the input, the output or
 * both, so tokens were counted by us. `usage-mismatch`: vendor figures that cannot be true were left out, or contradict
 * each other. `usage-unknown`: vendor figures under names that we do not know are in no line. `other-model-served`: the vendor says that another
 * model served than was asked for, so that its price counts.
 */
export type SettlementFlag =
  | 'estimated'
  | 'usage-mismatch'
  | 'usage-unknown'
  | 'other-model-served'
  | 'over-hold'
  | 'output-clamped'
  | 'price-fallback'

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

/** A request that used up an idempotency key of its organization and mode. `usedAt`: when it ended. */
export type KeyUse = Idempotency &
  Pick<Settlement, 'organizationId' | 'mode' | 'requestId' | 'chargeNano'> & { readonly usedAt: number }

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
  readonly resources?: readonly MadeResource[]
}

/** A journal record that the store applies. `seq` is gap-free per node, across epochs. */
export type ShippedRecord =
  | { readonly kind: 'settle'; readonly seq: number; readonly epoch: number; readonly settlement: Settlement }
  | {
      readonly kind: 'return-lease'
      readonly seq: number
      readonly epoch: number
      readonly organizationId: string
      readonly mode: Mode
      readonly amountNano: string
    }
  | { readonly kind: 'end-epoch'; readonly seq: number; readonly epoch: number }

/**
 * A contiguous run of shipped records from `fromSeq + 1` to `toSeq`: in the journal's own file, so that none of them
 * passes through the thread that serves requests, or as lines of text.
 */
export type JournalBatch = {
  readonly nodeId: number
  /** The epoch the sender opened; a batch of an older epoch is fenced off. */
  readonly epoch: number
  readonly fromSeq: number
  readonly toSeq: number
  readonly records: FileSlice | string
}

/** Records of a node from `afterSeq + 1` to `toSeq` that nobody can read any more; none where both are the same, and only its notes may be gone. `detail` is for people. */
export type JournalLoss = {
  readonly nodeId: number
  readonly epoch: number
  readonly afterSeq: number
  readonly toSeq: number
  readonly detail: string
}

/** `applied: false` means the compare-and-set on `lastSeq` failed and nothing changed: resume from `lastSeq`. */
export type ApplyResult = { readonly applied: boolean; readonly lastSeq: number }

// ---- Leases ------------------------------------------------------------------------------------

/** Cumulative and therefore idempotent: asking again for the same total grants nothing new. */
export type LeaseAsk = {
  readonly nodeId: number
  readonly epoch: number
  readonly organizationId: string
  readonly mode: Mode
  readonly wantTotalNano: bigint
}
export type LeaseGrant = {
  /** Cumulative total handed to this node in this epoch. */
  readonly grantedNano: bigint
  /** What the organization has left of this mode. */
  readonly availableNano: bigint
  /** What others have leased and not used. */
  readonly leasedElsewhereNano: bigint
}

// ---- Ledger ------------------------------------------------------------------------------------

export type Transfer = {
  readonly id: number
  readonly idempotencyKey: string
  readonly kind: 'grant' | 'top-up' | 'hold' | 'capture' | 'release' | 'reversal'
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

/** Credit to take back. The same `idempotencyKey` again takes nothing more. */
export type RevocationAsk = {
  readonly organizationId: string
  readonly mode: Mode
  readonly amountNano: bigint
  readonly note: string | null
  readonly idempotencyKey: string
}
/** The reversals that come to the amount, or what could have been revoked. */
export type RevocationAnswer =
  | { readonly reversals: readonly Transfer[] }
  | { readonly reversals: null; readonly revocableNano: bigint }

/** `balanceNano` = credit + held. `leasedNano` = held: money handed to nodes and not yet captured. */
export type LedgerBalance = { readonly balanceNano: bigint; readonly leasedNano: bigint }

export type Check = { readonly name: string; readonly ok: boolean; readonly detail: string }

// ---- Organizations and keys --------------------------------------------------------------------

export type Organization = {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  /** null while its keys work. */
  readonly suspended: Suspension | null
}
/** Since when, epoch ms, and why, which is for operators. */
export type Suspension = { readonly at: number; readonly why: string | null }
export type NewOrganization = Omit<Organization, 'suspended'>
export type OrganizationChanges = Partial<Pick<Organization, 'name' | 'suspended'>>

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'

export type KeyRow = {
  readonly id: string
  readonly organizationId: string
  /** For life. */
  readonly mode: Mode
  readonly name: string
  /** The first characters of the secret, for people to recognise it by. */
  readonly prefix: string
  /** SHA-256 of the secret, lower-case hex. The secret itself is stored nowhere. */
  readonly hash: string
  /** Secrets that rotations replaced, by their ends: each works until its own. */
  readonly replaced: readonly ReplacedSecret[]
  readonly region: string
  readonly rpm: number | null
  readonly tpm: number | null
  readonly concurrency: number | null
  readonly budgetNano: bigint | null
  readonly budgetPeriod: BudgetPeriod | null
  /** null: every model. */
  readonly models: readonly string[] | null
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly createdAt: number
}

/** `prefix` is null of secrets that were replaced before prefixes were kept. `until`: epoch ms. */
export type ReplacedSecret = { readonly hash: string; readonly prefix: string | null; readonly until: number }

/** Everything of a key that may change after it was made. */
export type KeyChanges = Partial<Omit<KeyRow, 'id' | 'organizationId' | 'mode' | 'createdAt'>>

/** A credential of the admin API that lasts. Times in epoch ms; `scopes` are the control plane's words. */
export type OperatorToken = {
  readonly id: string
  readonly name: string
  /** The first characters of the secret, for people to recognise it by. */
  readonly prefix: string
  /** SHA-256 of the secret, lower-case hex. The secret itself is stored nowhere. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  /** As noted, which is once a minute at most; null: never. */
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}
export type OperatorTokenChanges = Partial<Pick<OperatorToken, 'lastUsedAt' | 'revokedAt'>>

// ---- Reports -----------------------------------------------------------------------------------

export type UsageDimension = 'model' | 'key' | 'region' | 'upstream' | 'endpoint' | 'day' | 'organization'
export type UsageQuery = {
  /** null: all. */
  readonly organizationId: string | null
  readonly mode: Mode
  readonly by: UsageDimension
  readonly from: number
  readonly to: number
}
export type UsageRow = {
  /** A name or an id; of a day `YYYY-MM-DD`, UTC. */
  readonly group: string
  readonly requests: number
  readonly errors: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly chargeNano: bigint
}

// ---- The store ---------------------------------------------------------------------------------

/** A request the store turns down for a reason the caller can act on. Anything else it throws is a fault. */
export class StoreRefusal extends Error {
  readonly code: 'organization-not-found' | 'key-not-found' | 'token-not-found' | 'node-fenced' | 'idempotency-conflict'
  constructor(code: StoreRefusal['code'], message: string) {
    super(message)
    this.name = 'StoreRefusal'
    this.code = code
  }
}

/** `hasLeased`: whether the node was ever handed money, in whatever epoch. */
export type OpenedNode = {
  readonly nodeId: number
  readonly epoch: number
  readonly lastSeq: number
  readonly hasLeased: boolean
}

export interface Store extends ResourceStore {
  /** Registers the node by name, or reopens it with the next epoch, which fences every older one; it is above `aboveEpoch` too, that of a journal which is newer than the store. */
  openNode(name: string, aboveEpoch?: number): Promise<OpenedNode>
  /** Applies a batch in one transaction: requests, captures, leases, balances and rollups, exactly once. Throws `node-fenced`. */
  applyJournal(batch: JournalBatch): Promise<ApplyResult>
  /** Notes a loss, once however often it is told, and goes on behind it; `verifyLedger` fails until it is accepted. Gives the node's last sequence number. Throws `node-fenced`. */
  recordLoss(loss: JournalLoss): Promise<number>
  /** An operator knows of the losses that are noted; gives how many were new. */
  acceptLosses(): Promise<number>
  /** Moves credit → held, up to what is available and never below zero. Throws `node-fenced`, `organization-not-found`. */
  leaseCredit(ask: LeaseAsk): Promise<LeaseGrant>

  /** Gives credit: grants → credit:<org>, or test-grants → test-credit:<org>. The same key again returns the first transfer; with another amount, organization or mode it throws `idempotency-conflict`. */
  grantCredit(grant: {
    organizationId: string
    mode: Mode
    amountNano: bigint
    note: string | null
    idempotencyKey: string
  }): Promise<Transfer>
  /**
   * Takes credit back by reversals of grants and top-ups, the newest first: all of the amount, or nothing when less is
   * left of this mode; what nodes have leased is not. Throws `organization-not-found`, and `idempotency-conflict` for
   * a key that was used for another amount, organization or mode.
   */
  revokeCredit(ask: RevocationAsk): Promise<RevocationAnswer>
  balance(organizationId: string, mode: Mode): Promise<LedgerBalance>
  /** Of both modes. */
  transfers(organizationId: string): Promise<Transfer[]>
  /** The properties of the ledger, each checked over all rows. */
  verifyLedger(): Promise<Check[]>

  /** What is broken in the store's own files, in words; nothing when they are whole. Reads all of them, and holds up nothing else. */
  findDamage(): Promise<string[]>

  createOrganization(organization: NewOrganization): Promise<void>
  /** Throws `organization-not-found`. Returns the organization as it now is. */
  updateOrganization(id: string, changes: OrganizationChanges): Promise<Organization>
  organizations(): Promise<Organization[]>
  createKey(key: KeyRow): Promise<void>
  /** Throws `key-not-found`. Returns the row as it now is. */
  updateKey(id: string, changes: KeyChanges): Promise<KeyRow>
  /** All keys, or one organization's, oldest first. */
  keys(organizationId?: string): Promise<KeyRow[]>

  createOperatorToken(token: OperatorToken): Promise<void>
  /** Throws `token-not-found`. A token that is revoked stays so. Returns it as it now is. */
  updateOperatorToken(id: string, changes: OperatorTokenChanges): Promise<OperatorToken>
  /** All, oldest first. */
  operatorTokens(): Promise<OperatorToken[]>

  /** null when unknown, or when it belongs to another organization than the one asked for. */
  receipt(requestId: string, organizationId?: string): Promise<Settlement | null>
  usage(query: UsageQuery): Promise<UsageRow[]>
  /** The minute (epoch ms) in which each key of an organization was last used; keys that never were are left out. */
  lastUses(organizationId: string): Promise<{ keyId: string; at: number }[]>
  /** Charges per key admitted at or after `from` (epoch ms). */
  chargesByKey(from: number): Promise<{ keyId: string; chargeNano: bigint }[]>

  /** The newest `max` uses of idempotency keys since a time, the oldest first: one for each key of an organization and mode. */
  keyUses(since: number, max: number): Promise<KeyUse[]>
  /** Forgets at most `max` uses of before a time, the oldest first; tells how many. */
  forgetKeyUses(before: number, max: number): Promise<number>

  close(): Promise<void>
}
