/**
 * Ships the journal to the store: in order, in batches, each applied by compare-and-set on the node's
 * last sequence number. A lost answer, a duplicate or a restart changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { inBackground, type Log } from '../lib/log.ts'
import type { Journal } from '../money/journal.ts'
import { StoreRefusal, type Store } from '../store/store.ts'

export type Shipper = {
  /** Resolves once everything journaled before the call is applied: what was settled can then be read. */
  readonly flush: () => Promise<void>
  /** Sequence number up to which the store is known to have applied. */
  readonly shippedSeq: () => number
  readonly stop: () => void
}

const batchMax = 1_000
const pauseMs = 250
/** After a failure of the store. */
const retryMs = 1_000

export type ShipperDeps = {
  readonly journal: Journal
  readonly store: Pick<Store, 'applyJournal' | 'recordLoss'>
  readonly nodeId: number
  readonly epoch: number
  readonly shippedSeq: number
  readonly log: Log
  /** Another process has opened this node: nothing more may be promised here. */
  readonly onFenced: () => void
  /** Told of every other failure of the store. */
  readonly onFailed?: (error: unknown) => void
}

export function startShipper(deps: ShipperDeps): Shipper {
  let shippedSeq = deps.shippedSeq
  let underWay: Promise<void> | null = null
  let isStopped = false

  const shipBatch = async (): Promise<void> => {
    const next = deps.journal.unshipped(batchMax)
    if (!next) return
    const { nodeId, epoch } = deps
    if (next.loss) {
      shippedSeq = await deps.store.recordLoss({ nodeId, epoch, ...next.loss })
      return deps.journal.lossShipped()
    }
    const batch = { nodeId, epoch, fromSeq: shippedSeq, toSeq: next.toSeq, records: next.records }
    const result = await deps.store.applyJournal(batch)
    shippedSeq = result.lastSeq
    deps.journal.shipped(shippedSeq)
  }
  const ship = (): Promise<void> =>
    (underWay ??= shipBatch().finally(() => {
      underWay = null
    }))
  const flush = async (): Promise<void> => {
    const target = deps.journal.lastSeq()
    await deps.journal.synced()
    while (shippedSeq < target) {
      const before = shippedSeq
      await ship()
      if (shippedSeq === before && deps.journal.unshippedMany() === 0)
        throw new Error(`record ${before + 1} of the journal was not written`)
    }
  }
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const isBehind = await ship().then(
        () => deps.journal.unshippedMany() >= batchMax,
        async (error: unknown) => {
          deps.log.error({ event: 'ship-failed', error })
          deps.onFailed?.(error)
          if (error instanceof StoreRefusal && error.code === 'node-fenced') {
            isStopped = true
            deps.onFenced()
          }
          await sleep(retryMs)
          return true
        },
      )
      if (!isBehind) await sleep(pauseMs)
    }
  }
  inBackground(deps.log, 'ship-journal', loop)
  return {
    flush,
    shippedSeq: () => shippedSeq,
    stop: () => {
      isStopped = true
    },
  }
}
