import type { Catalog, ModelKind } from '../catalog/catalog.ts'
import type { KeyTable } from '../keys/key-table.ts'
import type { Nano } from '../lib/amounts.ts'
import type { ByteBudget } from '../lib/byte-budget.ts'
import type { ByteQueue } from '../lib/byte-queue.ts'
import type { Clock } from '../lib/clock.ts'
import type { HttpClient } from '../lib/http-client/contract.ts'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { Log } from '../lib/log.ts'
import type { Spool } from '../lib/spool.ts'
import type { Turns } from '../lib/turns.ts'
import type { Limits } from '../limits/limits.ts'
import type { Credit } from '../money/credit.ts'
import type { IdempotencyKeys } from '../money/idempotency-keys.ts'
import type { AnswerLimits, KeptAnswers } from '../money/kept-answers.ts'
import type { Journal } from '../money/journal.ts'
import type { PriceBook } from '../money/price-book.ts'
import type { JobEnd } from '../money/reservations.ts'
import type { ResourceTable } from '../resources/resource-table.ts'
import type { Settlement, Store } from '../store/store.ts'
import type { Fleet } from '../upstreams/fleet.ts'
import type { Caution } from './caution.ts'
import type { Clients } from './clients.ts'
import type { Observer } from './observe.ts'
import type { Deadlines, Watch } from './watch.ts'

/**
 * What the request path works with, all of it in memory: what requests share, and the offer that this one came under.
 * What a configuration file decides is another object at the next request, and never at this one.
 */
export type GatewayDeps = {
  readonly clock: Clock
  readonly log: Log
  readonly catalog: Catalog
  readonly prices: PriceBook
  /** List prices, which providers ask of us: before markup. */
  readonly costs: PriceBook
  readonly keys: KeyTable
  readonly clients: Clients
  /** Where a client reached this server, without a slash at the end. */
  readonly baseUrl: (request: HttpRequest) => string
  readonly limits: Limits
  readonly caution: Caution
  readonly credit: Credit
  readonly idempotencyKeys: IdempotencyKeys
  readonly keptAnswers: Pick<KeptAnswers, 'begin' | 'find' | 'drop'>
  readonly idempotency: IdempotencyPolicy
  readonly journal: Journal
  readonly resources: ResourceTable
  /** Ends what is reserved for a job, by whoever sees how it ended before the poller does; once, and never another's. Rejects when that cannot be written. */
  readonly tellJob: (requestId: string, of: Pick<Settlement, 'organizationId' | 'mode'>, end: JobEnd) => Promise<void>
  readonly fleet: Fleet
  readonly http: HttpClient
  readonly holds: HoldPolicy
  /** Memory for bodies. */
  readonly bodies: ByteBudget
  /** Files for those that are too large for it. */
  readonly spool: Spool
  /** Memory for answers that are read whole. */
  readonly answers: ByteQueue
  /** For what takes long: a little in each turn of the event loop. */
  readonly turns: Turns
  readonly failover: Failover
  readonly deadlinesFor: (kind: ModelKind) => Deadlines
  readonly watch: Watch
  readonly observer: Observer
  readonly books: BooksReader
  /** Counts tokens outside this thread, for answers that end without usage. */
  readonly countTokens: (text: string) => Promise<number>
  /** false once the process is draining. */
  readonly isAccepting: () => boolean
}

/** What customers may look up. */
export type BooksReader = {
  /** Makes everything settled so far readable. */
  readonly flush: () => Promise<void>
  readonly store: Pick<Store, 'receipt' | 'transfers' | 'balance' | 'usage' | 'keys'>
}

export type HoldPolicy = {
  /** Output tokens of each answer for a request that states no limit, while credit is short. */
  readonly outputTokensUnstated: number
  /** Credit for this many of a request at its full bound is plenty; 0: any is. */
  readonly plentyTimes: bigint
  /** What media and tools of one organization's requests under way may count beyond holds and credit. */
  readonly exposedNanoMax: Nano
}

export type IdempotencyPolicy = AnswerLimits & {
  /** How long a repeat waits for the first request of its key, ms. */
  readonly waitMsMax: number
}

export type Failover = {
  /** Deployments tried for one request, at most. */
  readonly attemptsMax: number
  /** Up to this long is waited between two attempts, so that many requests do not move at once. */
  readonly jitterMs: number
}
