/** What a data folder keeps, opened: the store, the node with its journal, and what requests are judged by. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, ownSecret, type Config } from './config.ts'
import { startCheckingStore } from './jobs/check-store.ts'
import { startDelivering } from './jobs/deliver-webhooks.ts'
import { startVerifyingLedger, type LedgerVerifier } from './jobs/verify-ledger.ts'
import { createKeyTable, type KeyTable } from './keys/key-table.ts'
import type { Clock } from './lib/clock.ts'
import { describeError } from './lib/describe-error.ts'
import type { ByteLimits } from './lib/byte-budget.ts'
import type { Log } from './lib/log.ts'
import type { Nano } from './lib/amounts.ts'
import { postOutside } from './lib/post-outside.ts'
import { closeToOthers } from './lib/private-file.ts'
import { createSeal, type Seal } from './lib/seal.ts'
import { createSpool, type Spool } from './lib/spool.ts'
import { createLimits, periodStart, type Limits } from './limits/limits.ts'
import type { Trouble } from './money/journal-disk.ts'
import { segmentsIn } from './money/journal-segments.ts'
import { recoverJournal } from './money/journal.ts'
import type { PriceBook } from './money/price-book.ts'
import { lossAdvice, noFirstRun, openNode, type Node, type NodeDeps } from './node.ts'
import { installationOf } from './offer.ts'
import { isDamage } from './store/sqlite/find-damage.ts'
import { lockFolder } from './store/sqlite/folder-lock.ts'
import { cutDamage, walDamage, type WalDamage } from './store/sqlite/wal-damage.ts'
import { openStoreInWorker } from './store/sqlite/store-in-worker.ts'
import { changesLost } from './store/sqlite/watermark.ts'
import type { BudgetPeriod, Crossing, Store } from './store/store.ts'
import type { DataFault } from './telemetry/metrics.ts'

export type Books = {
  readonly store: Store
  readonly node: Node
  readonly keys: KeyTable
  readonly limits: Limits
  /** For the largest bodies of the requests under way; nothing of it outlives the process. */
  readonly spool: Spool
  readonly verifier: LedgerVerifier
  /** For secrets that must be read again: what webhooks are signed with. */
  readonly seal: Seal
  readonly hasLiveKey: boolean
  /** What is wrong with what the folder keeps. */
  readonly faults: () => DataFault[]
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
  readonly answerLimits: NodeDeps['answerLimits']
  readonly clock: Clock
  readonly log: Log
  /** Told of credit that has come to be low. */
  readonly onLow: (crossing: Crossing) => void
  /** Whether webhooks may go to an address although it is private. */
  readonly allowsWebhook: (address: string) => boolean
  /** Of the spool. */
  readonly spoolLimits: () => ByteLimits
  /** Another process has opened this node. */
  readonly onFenced: () => void
  /** Goes on although part of the journal cannot be read any more. */
  readonly acceptsLoss: boolean
}

/** Opens them. Throws `ConfigError` where the folder cannot be used, and one line where its files are not what they were. */
export async function openBooks(deps: BooksDeps): Promise<Books> {
  try {
    return await open(deps)
  } catch (error) {
    if (isOfFile(error))
      throw new Error(
        `${error.path} cannot be used (${error.code}): put it back as it was, or move it away; it must be this user's, and what this server made there`,
        { cause: error },
      )
    if (!isDamage(error)) throw error
    throw new Error(damagedWords((error as Error).message)!, { cause: error })
  }
}

/** As where a folder stands in the place of a file, or what is somebody else's. */
const isOfFile = (error: unknown): error is { readonly code: string; readonly path: string } =>
  error instanceof Error && 'code' in error && 'path' in error

async function open(deps: BooksDeps): Promise<Books> {
  const { config, prices, answerLimits, clock, log, spoolLimits, allowsWebhook, onLow, onFenced, acceptsLoss } = deps
  const { dataDir } = config
  makeDataFolder(dataDir)
  const closed = closeFolderToOthers(dataDir)
  refuseLostDatabase(dataDir)
  const lost = lostChanges(dataDir, acceptsLoss)
  let storeFailure: string | null = null
  const onFailure = ({ message }: Error): void => {
    storeFailure = message
    log.error({ event: 'store-failed', reason: message })
  }
  const store = await openStoreInWorker({ dataDir, installation: installationOf(config), onFailure })
  const check = startCheckingStore(store, log)
  const onShipFailed = (error: unknown): void => {
    if (isDamage(error)) check.look()
  }
  const hooks = { onFenced, onShipFailed }
  const node = await openNode({ store, dataDir, prices, answerLimits, clock, log, acceptsLoss, ...hooks })
  const ship = node.shipper.flush
  const verifier = startVerifyingLedger({ store, ship, path: join(dataDir, 'ledger-verification.json'), clock, log })
  const seal = createSeal(ownSecret(config), 'webhooks')
  const deliverer = startDelivering({ store, ship, seal, post: postOutside, allows: allowsWebhook, onLow, clock, log })
  const rows = await store.keys()
  const keys = createKeyTable(rows, clock, await suspendedIds(store))
  const limits = createLimits(clock)
  await loadSpending(limits, store, clock)
  for (const { keyId, reservedNano } of await store.reservedByKey()) limits.holdBudget(keyId, reservedNano as Nano)
  // A start that is refused says why, and nothing else.
  for (const path of closed) log.error({ event: 'file-closed-to-others', path })
  for (const loss of lost) log.error({ event: 'database-loss', ...loss })
  const trouble = (): Trouble | null => node.journal.trouble()
  return {
    store,
    node,
    keys,
    limits,
    spool: createSpool({
      directory: join(dataDir, 'spool'),
      limits: spoolLimits,
      failed: (error) => log.error({ event: 'spool-failed', reason: describeError(error) }),
    }),
    verifier,
    seal,
    hasLiveKey: rows.some(({ mode }) => mode === 'live'),
    faults: () => [
      ...(node.hasLost ? (['journal-loss'] as const) : []),
      ...(trouble() === null ? [] : (['journal-unwritable'] as const)),
      ...(check.damage() === null ? [] : (['database-damaged'] as const)),
      ...(storeFailure === null ? [] : (['store-failed'] as const)),
    ],
    unready: () => storeFailure ?? trouble()?.reason ?? damagedWords(check.damage()),
    down: () => storeFailure ?? (trouble()?.kind === 'broken' ? trouble()!.reason : null),
    async close() {
      check.stop()
      verifier.stop()
      deliverer.stop()
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

const damagedWords = (damage: string | null): string | null =>
  damage === null ? null : `the database is damaged: ${damage}; restore a backup (mart restore FILE)`

/** Of older versions, of other programs or of a restored copy: files that others could read are closed to them. */
function closeFolderToOthers(dataDir: string): string[] {
  const journal = join(dataDir, 'journal')
  const segments = existsSync(journal) && statSync(journal).isDirectory() ? segmentsIn(journal) : []
  const databases = ['mart.db', 'people.db', 'reports.db'].flatMap((name) => [
    name,
    `${name}-wal`,
    `${name}-shm`,
    `${name}-watermark`,
  ])
  const own = [...databases, 'lock.db', 'operator.json', 'secret'].map((name) => join(dataDir, name))
  return [...own, ...segments].filter((path) => {
    try {
      return closeToOthers(path)
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error)
      throw new ConfigError(
        `environment: DATA_DIR ${dataDir}: others can read ${path}, and that cannot be changed (${reason}); allowed: files of mode 600, of the user that runs the server`,
      )
    }
  })
}

type Lost = { readonly path: string; readonly detail: string }

/** What was changed and cannot be read any more. Throws where that is not accepted. */
function lostChanges(dataDir: string, acceptsLoss: boolean): Lost[] {
  // Another process that has the folder would be writing meanwhile.
  const lock = lockFolder(dataDir)
  try {
    const paths = ['mart.db', 'people.db'].map((name) => join(dataDir, name))
    const damaged = paths.map(walDamage).filter((found) => found !== null)
    const lost = damaged.length > 0 ? damaged.map(damagedLog) : paths.map(lostBehind).filter((found) => found !== null)
    if (lost.length > 0 && !acceptsLoss)
      throw new Error(`${lost.map(({ detail }) => detail).join('; ')}. ${lossAdvice}`)
    damaged.forEach(cutDamage)
    return lost
  } finally {
    lock.release()
  }
}

const damagedLog = ({ path, words }: WalDamage): Lost => ({
  path,
  detail: `the database’s log ${path} is damaged: ${words}, and what was changed behind that is lost`,
})

/** Of a log that was cut short, or is gone, or of a database of before. */
function lostBehind(path: string): Lost | null {
  const changes = changesLost(path)
  if (changes === 0) return null
  return {
    path,
    detail: `${path} is older than it was: ${changes} of its last changes are lost (of keys, organizations, credit, people or webhooks), as where its log ${path}-wal was cut short`,
  }
}

/** A journal with history and no database is no first run. */
function refuseLostDatabase(dataDir: string): void {
  const path = join(dataDir, 'mart.db')
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return
  const journal = join(dataDir, 'journal')
  if (!existsSync(journal) || !statSync(journal).isDirectory()) return
  const { lastSeq, open, losses } = recoverJournal(journal, { lastSeq: 0, hasLeased: false }, () => 'live')
  if (lastSeq === 0 && open.length === 0 && losses.length === 0) return
  throw noFirstRun(dataDir, 'is missing', lastSeq)
}
