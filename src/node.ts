/**
 * One running gateway process as a node: opening its journal behind the store's last word, settling what
 * a predecessor left in doubt, shipping, and closing without anything left behind.
 */
import { join } from 'node:path'
import { settleInDoubt } from './gateway/settle.ts'
import { startForgettingKeyUses } from './jobs/forget-key-uses.ts'
import { startForgettingResources } from './jobs/forget-resources.ts'
import { returnIdleLeases, returnLease, startReturningIdleLeases } from './jobs/return-idle-leases.ts'
import { startShipper, type Shipper } from './jobs/ship-journal.ts'
import type { Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { createCredit, type Credit } from './money/credit.ts'
import { createIdempotencyKeys, usedSince, usesMax, type IdempotencyKeys } from './money/idempotency-keys.ts'
import { openKeptAnswers, type AnswerLimits, type KeptAnswers } from './money/kept-answers.ts'
import type { Trouble } from './money/journal-disk.ts'
import type { Recovered } from './money/journal-recovery.ts'
import { openJournal, recoverJournal, type Journal } from './money/journal.ts'
import type { PriceBook } from './money/price-book.ts'
import { createResourceTable, type ResourceTable } from './resources/resource-table.ts'
import type { ModeBefore } from './store/settlement-text.ts'
import type { Mode, Settlement, Store } from './store/store.ts'

export type Node = {
  readonly nodeId: number
  readonly epoch: number
  readonly journal: Journal
  /** Part of what a predecessor journaled could not be read. */
  readonly hasLost: boolean
  readonly credit: Credit
  readonly idempotencyKeys: IdempotencyKeys
  readonly resources: ResourceTable
  readonly keptAnswers: KeptAnswers
  readonly shipper: Shipper
  /** Brings what an organization has leased of a mode and does not hold into the store, and leases nothing more of it until `work` has ended. */
  readonly recallCredit: <T>(organizationId: string, mode: Mode, work: () => Promise<T>) => Promise<T>
  /** Returns what is leased, ships what is journaled, and closes the journal. */
  readonly close: () => Promise<void>
}

export type NodeDeps = {
  readonly store: Store
  readonly dataDir: string
  readonly prices: PriceBook
  /** How much is kept of answers that may be asked for again; asked each time. */
  readonly answerLimits: () => AnswerLimits
  readonly clock: Clock
  readonly log: Log
  readonly onFenced: () => void
  /** Told when the store does not take the journal. */
  readonly onShipFailed?: (error: unknown) => void
  /** Goes on although part of the journal cannot be read any more. */
  readonly acceptsLoss?: boolean
}

/** One process a data folder, so one name will do; several machines will bring names of their own. */
const nodeName = 'main'
/** Kept after shipping, for a store that is restored from a backup. */
const journalAgeMs = 24 * 60 * 60_000
const pruneMs = 60 * 60_000

/** A model of the operator's own that left the configuration between the crash and this start. */
const withoutPrice = ({ requestId, organizationId, model, holdNano }: Settlement) => ({
  event: 'in-doubt-without-price',
  requestId,
  organizationId,
  model,
  holdNano,
})

/** Its upstream may have begun a job that nobody here knows of: nothing is charged, and the operator may have to look there. */
const createdInDoubt = ({
  requestId,
  organizationId,
  endpoint,
  model,
  upstream,
  admittedAt,
  holdNano,
}: Settlement) => ({
  event: 'create-in-doubt',
  requestId,
  organizationId,
  endpoint,
  model,
  upstream,
  admittedAt,
  holdNano,
})

/** Opens the node. When it resolves, everything a predecessor journaled is in the store and its leases are closed. */
export async function openNode(deps: NodeDeps): Promise<Node> {
  const { store, clock, log } = deps
  const folder = join(deps.dataDir, 'journal')
  const known = await store.openNode(nodeName)
  const recovered = recoverJournal(folder, known, await modesBefore(store))
  tellLosses(recovered, deps)
  // As where the database's log was lost before all of it was in the database.
  const knowsNothing = known.lastSeq === 0 && recovered.lastSeq > 0 && (await store.organizations()).length === 0
  if (knowsNothing) throw noFirstRun(deps.dataDir, 'knows no organization', recovered.lastSeq)
  // A store that was restored does not know of the epochs since, and would take their records for forged.
  const isStoreOlder = recovered.epoch >= known.epoch
  if (isStoreOlder && recovered.epoch > 0) log.error(databaseOlder(known.epoch - 1, recovered.epoch))
  const { nodeId, epoch, lastSeq } = isStoreOlder ? await store.openNode(nodeName, recovered.epoch) : known
  const journal = await openJournal(folder, epoch, recovered, { onTrouble: troubleTold(log) })
  for (const { epoch: ofEpoch, intent, progress } of recovered.open) {
    const settlement = settleInDoubt(intent, progress, deps.prices, clock.now())
    if (settlement.flags.includes('price-fallback')) log.error(withoutPrice(settlement))
    if (intent.deferred) log.error(createdInDoubt(settlement))
    void journal.settle(settlement, ofEpoch)
  }
  if (epoch > 1) await journal.endEpoch(epoch - 1)
  const shipper = startShipper({ journal, store, nodeId, epoch, shippedSeq: lastSeq, log, ...hooksOf(deps) })
  await shipper.flush()
  if (recovered.open.length > 0)
    log.info({ event: 'recovered', inDoubt: recovered.open.length, unshipped: recovered.lastSeq - lastSeq })

  const credit = createCredit({
    leaseCredit: (ask) => store.leaseCredit(ask),
    nodeId,
    epoch,
    clock,
    ship: shipper.flush,
  })
  const { idempotencyKeys, keptAnswers } = await openIdempotency(deps)
  const forgetting = [
    startForgettingKeyUses({ store, idempotencyKeys, keptAnswers, clock, log }),
    startForgettingResources({ store, clock, log }),
  ]
  const idle = startReturningIdleLeases(credit, journal, log)
  const pruning = setInterval(() => journal.prune(clock.now(), journalAgeMs), pruneMs)
  return {
    nodeId,
    epoch,
    journal,
    hasLost: recovered.losses.length > 0,
    credit,
    idempotencyKeys,
    resources: createResourceTable({ store, ship: shipper.flush, clock }),
    keptAnswers,
    shipper,
    async recallCredit(organizationId, mode, work) {
      const trouble = journal.trouble()
      if (trouble !== null) throw new Error(trouble.reason)
      return credit.recall(organizationId, mode, async (returned) => {
        if (returned.amountNano > 0n) await returnLease(credit, journal, returned)
        await shipper.flush()
        return work()
      })
    },
    async close() {
      idle.stop()
      for (const job of forgetting) job.stop()
      clearInterval(pruning)
      await returnIdleLeases(credit, journal, 0)
      await shipper.flush()
      shipper.stop()
      await journal.close()
    },
  }
}

/** Requests are charged from the journal; of everything else there is no second copy. */
const databaseOlder = (storeEpoch: number, journalEpoch: number) => ({
  event: 'database-older',
  detail: `mart.db knows of ${storeEpoch} starts, the journal of ${journalEpoch}: organizations, keys and credit that were changed since are as they were before`,
})

/** Idempotency keys that were used up, and what was answered under them. */
async function openIdempotency({ store, dataDir, answerLimits, clock, log }: NodeDeps) {
  const uses = await store.keyUses(usedSince(clock.now()), usesMax)
  const idempotencyKeys = createIdempotencyKeys(clock)
  const onTrouble = answersTroubleTold(log)
  const keptAnswers = openKeptAnswers(join(dataDir, 'answers'), { limits: answerLimits, clock, onTrouble })
  idempotencyKeys.load([...(await keptAnswers.load(uses)), ...uses])
  return { idempotencyKeys, keptAnswers }
}

const hooksOf = ({ onFenced, onShipFailed }: NodeDeps) => ({
  onFenced,
  ...(onShipFailed && { onFailed: onShipFailed }),
})

/** Throws one line where something is lost that is not accepted. */
function tellLosses({ losses, torn }: Recovered, { dataDir, log, acceptsLoss = false }: NodeDeps): void {
  if (losses.length === 0 || acceptsLoss) {
    for (const detail of torn) log.error({ event: 'journal-torn', detail })
    for (const { detail } of losses) log.error({ event: 'journal-loss', detail })
    return
  }
  const details = losses.map(({ detail }) => detail).join('; ')
  throw new Error(`the journal in ${join(dataDir, 'journal')} is damaged: ${details}. ${lossAdvice}`)
}

/** The refusal of a database that is not what a journal's was. `lack`: what is wrong with it. */
export const noFirstRun = (dataDir: string, lack: string, lastSeq: number): Error =>
  new Error(
    `${join(dataDir, 'mart.db')} ${lack}, and ${join(dataDir, 'journal')} has history up to record ${lastSeq}: this is no first run. Put the database back, or restore a backup into an empty folder (mart restore FILE); to begin anew, move the folder journal away`,
  )

export const lossAdvice =
  'Put the data folder back as it was, or restore a backup; to go on without what is lost, start once with --accept-loss (npm start -- --accept-loss)'

/** Intents of before there were modes are of their key's. */
async function modesBefore(store: Pick<Store, 'keys'>): Promise<ModeBefore> {
  const modeOf = new Map((await store.keys()).map(({ id, mode }) => [id, mode]))
  return ({ keyId }) => modeOf.get(keyId) ?? 'live'
}

/** Said when it begins and when it is over. */
const troubleTold =
  (log: Log) =>
  (trouble: Trouble | null): void =>
    trouble === null
      ? log.info({ event: 'journal-writable-again' })
      : log.error({ event: 'journal-unwritable', reason: trouble.reason })

/** The same of answers that are kept to be given again: without them, repeats are refused. */
const answersTroubleTold =
  (log: Log) =>
  (error: unknown): void =>
    error === null ? log.info({ event: 'answers-kept-again' }) : log.error({ event: 'answers-not-kept', error })
