/** A node on a data folder that reserves money for jobs, and whose poller ends them, each as its number says. */
import type { Nano } from '../../src/lib/amounts.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/lib/log.ts'
import { createPoller, type Poller } from '../../src/jobs/poll-reservations.ts'
import { loadPriceBook } from '../../src/money/price-book.ts'
import type { JobState } from '../../src/money/reservations.ts'
import { openNode, type Node } from '../../src/node.ts'
import { openStoreInWorker } from '../../src/store/sqlite/store-in-worker.ts'
import type { Store } from '../../src/store/store.ts'
import { reservationOf } from '../../src/store/store-fixtures.ts'

export const grantedNano = 1_000_000_000_000n
export const reservedNano = 800_000_000n
const of = { organizationId: 'acme', mode: 'live' } as const

/** What its provider says of a job in the end, and what that costs: four kinds, by its number. */
export const chargeOf = (job: number): bigint => [800_000_000n, 300_000_000n, 0n, 0n][job % 4]!
const stateOf = (job: number): JobState =>
  job % 4 === 2
    ? { state: 'void', why: 'failed' }
    : {
        state: 'done',
        usage: { videoSecond: [8, 3, 0, 0][job % 4]! },
        tier: null,
        servedModel: null,
        vendorUsage: null,
      }

export const jobOf = (requestId: string): number => Number(requestId.split('-')[1])

export type ReservingNode = {
  readonly store: Store
  readonly poller: Poller
  /** Resolves once its reservation is in the journal. */
  readonly reserve: (requestId: string) => Promise<void>
  readonly close: () => Promise<void>
}

export async function openReservingNode(dataDir: string, onEnded: (requestId: string) => void): Promise<ReservingNode> {
  const store = await openStoreInWorker({ dataDir })
  if ((await store.organizations()).length === 0)
    await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  await store.grantCredit({ ...of, amountNano: grantedNano, note: null, idempotencyKey: 'once' })
  const log: Log = { info: () => undefined, error: () => undefined }
  const answerLimits = () => ({ answers: 'none', answerBytesMax: 0, organizationBytesMax: 0, bytesMax: 0 }) as const
  const prices = loadPriceBook([])
  const node = await openNode({
    store,
    dataDir,
    prices,
    answerLimits,
    clock: systemClock,
    log,
    onFenced: () => process.exit(1),
  })
  const { journal, shipper, nodeId, epoch } = node
  const poller = createPoller({
    store,
    journal,
    ship: shipper.flush,
    nodeId,
    epoch,
    clock: systemClock,
    log,
    ask: async ({ settlement: { requestId } }) => stateOf(jobOf(requestId)),
    onEnded: ({ requestId }) => onEnded(requestId),
  })
  return {
    store,
    poller,
    reserve: (requestId) => reserve(node, requestId),
    async close() {
      await poller.stop()
      await node.close()
      await store.close()
    },
  }
}

/** As the request path does it: intent, hold, the provider's answer, reservation. */
async function reserve({ journal, credit }: Node, requestId: string): Promise<void> {
  const wantedNano = reservedNano as Nano
  const ask = { ...of, wantedNano, plentyNano: 0n as Nano, ifShort: () => ({ wantedNano, floorNano: wantedNano }) }
  const { hold } = await credit.hold(ask)
  if (hold === null) throw new Error('there is credit for every job')
  const reservation = reservationOf(
    String(reservedNano),
    { requestId, ...of },
    { firstCheckAt: Date.now(), expiresAt: 9e15 },
  )
  await journal.intend({ ...reservation.settlement, deferred: true })
  credit.reserve(hold)
  await journal.reserve(reservation)
}
