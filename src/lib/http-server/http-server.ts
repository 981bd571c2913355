/**
 * An HTTP/1.1 server over sockets, for a gateway whose every request passes here: a request is its text and its bytes,
 * an answer is written as one, and nothing is made of either that nobody asks for.
 */
import type { Clock } from '../clock.ts'
import { Roster } from '../roster.ts'
import { createTurns, type Turns } from '../turns.ts'
import { createAddresses, type Addresses } from './address-limits.ts'
import { compressAnswer } from './compress-answer.ts'
import type { Host } from './host.ts'
import type { HttpHandler } from './contract.ts'
import { createArrivals } from './arrivals.ts'
import { createDoor, type Doors } from './door.ts'
import type { Guest, RefusedFor } from './guest.ts'
import { createHeldMemory } from './held-memory.ts'
import { createReadingAway } from './reading-away.ts'

export type HttpServer = {
  readonly port: number
  /** Requests that are under way, or whose answers are not sent yet. */
  readonly pending: () => number
  /** Connections there are. */
  readonly connections: () => number
  /** What connections keep that nobody has asked for yet, in bytes. */
  readonly heldBytes: () => number
  /** From when on they are kept to their shares of it. */
  readonly heldBytesMax: number
  /**
   * Takes no further connection. Those there are may still bring requests; each ends with the answer to its next. A body
   * that is not all there two seconds later is given up: `stopping`.
   */
  readonly stopAccepting: () => void
  /** Closes every connection, wherever it is. */
  readonly close: () => void
}

export type HttpServerOptions = {
  readonly hostname: string
  /** 0 for any that is free. */
  readonly port: number
  readonly handle: HttpHandler
  readonly clock: Clock
  /** Told what a handler throws, which is a mistake of ours. */
  readonly failed: (error: unknown) => void
  /** Where work that may wait is done a little at a time; shared with whatever else brings much at once. */
  readonly turns?: Turns
  /** Whether answers are compressed for clients that ask for it; never unless said. */
  readonly compresses?: () => boolean
  /** From when on connections are kept to their shares of what is held, in bytes. */
  readonly heldBytesMax?: number
  /** Who may connect; asked for at each connection, because configuration may change. */
  readonly doors?: () => Doors
  /** Told of every connection that is turned away, and of those that make room. */
  readonly refused?: (why: RefusedFor, address: string) => void
}

/** More would be much memory, wherever there are file descriptors for them. */
export const connectionsMaxDefault = 20_000
const doorsDefault: Doors = {
  connectionsMax: connectionsMaxDefault,
  ofAddress: { connectionsMax: null, newConnectionsPerMinute: null },
  trusts: () => false,
  proxyProtocol: false,
}
/** For what connections keep that nobody has asked for. */
const heldBytesDefault = 64 * 1024 * 1024
const sweepMs = 1_000
/** For the bodies that are still coming when no more are accepted: nothing was begun for them yet. */
const stoppingBodyMsMax = 2_000

/** Listens. Throws an error with a `code` when the address cannot be had. */
export function listen(options: HttpServerOptions): HttpServer {
  const { hostname, port, clock, failed, doors = () => doorsDefault } = options
  const guests = new Roster<Guest>()
  const addresses = createAddresses(doors, clock.monotonic)
  const time: Time = { now: clock.monotonic(), date: new Date(clock.now()).toUTCString(), stoppingSince: null }
  const host = hostOf(options, { guests, addresses, time })
  const listener = Bun.listen<Guest>({
    hostname,
    port,
    socket: {
      open: createDoor(doors, { guests, addresses, host }),
      data: ({ data: guest }, bytes) => guest.take(bytes),
      drain: ({ data: guest }) => guest.flush(),
      // Who was turned away is none.
      close: ({ data: guest }) => (guest as Guest | undefined)?.closed(),
      // What one of these handlers threw.
      error({ data: guest }, error) {
        failed(error)
        ;(guest as Guest | undefined)?.close()
      },
    },
  })
  const sweep = setInterval(() => {
    time.now = clock.monotonic()
    time.date = new Date(clock.now()).toUTCString()
    for (const guest of guests.members()) guest.look(time.now)
  }, sweepMs)
  return {
    port: listener.port,
    heldBytes: host.held.bytes,
    heldBytesMax: host.held.bytesMax,
    connections: () => guests.size,
    pending: () => guests.members().filter((guest) => guest.isBusy).length,
    stopAccepting() {
      time.stoppingSince ??= clock.monotonic()
      listener.stop()
    },
    close() {
      clearInterval(sweep)
      listener.stop()
      for (const guest of guests.members()) guest.close()
    },
  }
}

/** As of the last second. `stoppingSince`: null while it takes connections. */
type Time = { now: number; date: string; stoppingSince: number | null }
type Shared = {
  readonly guests: Roster<Guest>
  readonly addresses: Addresses
  readonly time: Readonly<Time>
}

const hostOf = (options: HttpServerOptions, { guests, addresses, time }: Shared): Host => ({
  handle: options.handle,
  failed: options.failed,
  refused: options.refused ?? (() => undefined),
  now: () => time.now,
  date: () => time.date,
  isStopping: () => time.stoppingSince !== null,
  givesUpBodies: () => time.stoppingSince !== null && time.now - time.stoppingSince > stoppingBodyMsMax,
  compress: (request, answer) => (request && options.compresses?.() ? compressAnswer(request, answer) : null),
  gone(connection) {
    guests.remove(connection)
    addresses.leave(connection.peer)
  },
  turns: options.turns ?? createTurns(options.clock.monotonic, options.failed),
  readingAway: createReadingAway(),
  arrivals: createArrivals(),
  held: createHeldMemory(options.heldBytesMax ?? heldBytesDefault, () => guests.size),
})
