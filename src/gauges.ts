/** What metrics read when somebody looks. */
import type { Books } from './books.ts'
import { connectionsAllowed, type Entrance } from './entrance.ts'
import type { Watch } from './gateway/watch.ts'
import type { ByteBudget } from './lib/byte-budget.ts'
import type { ByteQueue } from './lib/byte-queue.ts'
import type { Clock } from './lib/clock.ts'
import type { HttpClient } from './lib/http-client/contract.ts'
import type { Offer } from './offer.ts'
import type { Gauges } from './telemetry/metrics.ts'
import type { Refusals } from './telemetry/refusals.ts'
import type { Fleet } from './upstreams/fleet.ts'

export type Gauged = {
  readonly watch: Watch
  /** null while it starts. */
  readonly books: () => Books | null
  readonly fleet: () => Fleet
  readonly server: Entrance
  readonly http: HttpClient
  readonly bodies: ByteBudget
  readonly answers: ByteQueue
  readonly refusals: Refusals
  readonly offer: () => Offer
}

/** Read off the parts of a running gateway. */
export const gaugesOf = (
  { watch, books, fleet, server, http, bodies, answers, refusals, offer }: Gauged,
  clock: Clock,
): Gauges => ({
  requestsInFlight: watch.active,
  drainsInFlight: watch.draining,
  journalUnshippedRecords: () => unshippedRecords(books()),
  dataFaults: () => books()?.faults() ?? [],
  deployments: () =>
    fleet().list.map(({ deployment: { id, region }, health }) => ({
      id,
      region,
      state: health.state(clock.monotonic()),
      inFlight: health.inFlight,
    })),
  connections: () => ({
    clients: { used: server.connections(), max: connectionsAllowed(offer().server.connectionsMax) },
    upstreams: { used: http.connections(), max: connectionsAllowed(offer().server.upstreamConnectionsMax) },
  }),
  memory: () => ({
    bodies: { used: bodies.heldBytes(), max: offer().memory.bytesMax },
    answers: { used: answers.heldBytes(), max: offer().memory.answersBytesMax },
    kept: { used: books()?.node.keptAnswers.heldBytes() ?? 0, max: offer().idempotency.bytesMax },
    spool: { used: books()?.spool.heldBytes() ?? 0, max: offer().memory.spoolBytesMax },
    connections: { used: server.heldBytes(), max: server.heldBytesMax },
  }),
  refusals: refusals.counts,
})

/** 0 until there is a node. */
const unshippedRecords = (books: Books | null): number =>
  books === null ? 0 : books.node.journal.lastSeq() - books.node.shipper.shippedSeq()
