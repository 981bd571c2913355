/** What a data folder keeps, opened: the store, the node with its journal, and what requests are judged by. */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { ConfigError, type Config } from './config.ts'
import { createKeyTable, type KeyTable } from './keys/key-table.ts'
import type { Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { createLimits, periodStart, type Limits } from './limits/limits.ts'
import type { Trouble } from './money/journal-disk.ts'
import type { PriceBook } from './money/price-book.ts'
import { openNode, type Node } from './node.ts'
import { installationOf } from './offer.ts'
import { openStoreInWorker } from './store/sqlite/store-in-worker.ts'
import type { BudgetPeriod, Store } from './store/store.ts'

export type Books = {
  readonly store: Store
  readonly node: Node
  readonly keys: KeyTable
  readonly limits: Limits
  readonly hasLiveKey: boolean
  /** Why nothing can be billed now; null when it can. */
  readonly unready: () => string | null
  /** Why only another start helps; null where it would not, or where all is well. */
  readonly down: () => string | null
  /** Ships what is journaled, and closes the store, whatever happens. */
  readonly close: () => Promise<void>
}

export type BooksDeps = {
  readonly config: Readonly<Config>
  readonly prices: PriceBook
  readonly clock: Clock
  readonly log: Log
  /** Another process has opened this node. */
  readonly onFenced: () => void
  /** Goes on although part of the journal cannot be read any more. */
  readonly acceptsLoss: boolean
}

/** Opens them. Throws `ConfigError` where the folder cannot be used. */
export async function openBooks({ config, prices, clock, log, onFenced, acceptsLoss }: BooksDeps): Promise<Books> {
  const { dataDir } = config
  makeDataFolder(dataDir)
  let storeFailure: string | null = null
  const onFailure = ({ message }: Error): void => {
    storeFailure = message
    log.error({ event: 'store-failed', reason: message })
  }
  const store = await openStoreInWorker({ dataDir, installation: installationOf(config), onFailure })
  const node = await openNode({ store, dataDir, prices, clock, log, onFenced, acceptsLoss })
  const rows = await store.keys()
  const keys = createKeyTable(rows, clock, await suspendedIds(store))
  const limits = createLimits(clock)
  await loadSpending(limits, store, clock)
  const trouble = (): Trouble | null => node.journal.trouble()
  return {
    store,
    node,
    keys,
    limits,
    hasLiveKey: rows.some(({ mode }) => mode === 'live'),
    unready: () => storeFailure ?? trouble()?.reason ?? null,
    down: () => storeFailure ?? (trouble()?.kind === 'broken' ? trouble()!.reason : null),
    async close() {
      try {
        await node.close()
      } finally {
        await store.close()
      }
    },
  }
}

/** Charges of the periods under way, so that a restart forgives no budget. */
async function loadSpending(limits: Limits, store: Store, clock: Clock): Promise<void> {
  const periods: readonly BudgetPeriod[] = ['day', 'week', 'month', 'total']
  for (const period of periods) limits.loadSpending(period, await store.chargesByKey(periodStart(period, clock.now())))
}

async function suspendedIds(store: Store): Promise<string[]> {
  const organizations = await store.organizations()
  return organizations.filter(({ suspended }) => suspended !== null).map(({ id }) => id)
}

/** Makes the data folder where there is none, or says in one line why it cannot be written. */
function makeDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new ConfigError(
      `environment: DATA_DIR ${dataDir} cannot be written (${reason}); allowed: a folder that this user may write, or may make`,
    )
  }
}
