import type { Catalog } from '../catalog/catalog.ts'
import type { KeyTable } from '../keys/key-table.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Limits } from '../limits/limits.ts'
import type { Credit } from '../money/credit.ts'
import type { Journal } from '../money/journal.ts'
import type { PriceBook } from '../money/price-book.ts'
import type { Deployment } from '../upstreams/deployment.ts'
import type { Watch } from './watch.ts'

/** What the request path works with, all of it in memory. */
export type GatewayDeps = {
  readonly clock: Clock
  readonly log: Log
  readonly catalog: Catalog
  readonly prices: PriceBook
  readonly keys: KeyTable
  readonly limits: Limits
  readonly credit: Credit
  readonly journal: Journal
  readonly deployments: readonly Deployment[]
  readonly watch: Watch
  /** Counts tokens outside this thread, for answers that end without usage. */
  readonly countTokens: (text: string) => Promise<number>
  /** false once the process is draining. */
  readonly isAccepting: () => boolean
}
