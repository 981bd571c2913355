/**
 * An HTTP/1.1 server over sockets, for a gateway whose every request passes here: a request is its text and its bytes,
 * an answer is written as one, and nothing is made of either that nobody asks for.
 */
import type { Clock } from '../clock.ts'
import { Roster } from '../roster.ts'
import { createTurns, type Turns } from '../turns.ts'
import { Connection, type Host } from './connection.ts'
import type { HttpHandler } from './contract.ts'
import { createHeldMemory } from './held-memory.ts'

export type HttpServer = {
  readonly port: number
  /** Requests that are under way, or whose answers are not sent yet. */
  readonly pending: () => number
  /** What connections keep that nobody has asked for yet, in bytes. */
  readonly heldBytes: () => number
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
  /** From when on connections are kept to their shares of what is held, in bytes. */
  readonly heldBytesMax?: number
}

/** More are closed as they come. */
const connectionsMany = 20_000
/** For what connections keep that nobody has asked for. */
const heldBytesDefault = 64 * 1024 * 1024
const sweepMs = 1_000
/** For the bodies that are still coming when no more are accepted: nothing was begun for them yet. */
const stoppingBodyMsMax = 2_000

/** Listens. Throws an error with a `code` when the address cannot be had. */
export function listen(options: HttpServerOptions): HttpServer {
  const { hostname, port, handle, clock, failed } = options
  const connections = new Roster<Connection>()
  let stoppingSince: number | null = null
  let now = clock.monotonic()
  let date = new Date(clock.now()).toUTCString()
  const host: Host = {
    handle,
    failed,
    now: () => now,
    date: () => date,
    isStopping: () => stoppingSince !== null,
    givesUpBodies: () => stoppingSince !== null && now - stoppingSince > stoppingBodyMsMax,
    gone: (connection) => connections.remove(connection),
    turns: options.turns ?? createTurns(clock.monotonic, failed),
    held: createHeldMemory(options.heldBytesMax ?? heldBytesDefault, () => connections.size),
  }
  const listener = Bun.listen<Connection>({
    hostname,
    port,
    socket: {
      open(socket) {
        if (connections.size >= connectionsMany) return socket.terminate()
        socket.setNoDelay(true)
        connections.add((socket.data = new Connection(socket, host)))
      },
      data: ({ data: connection }, bytes) => connection.take(bytes),
      drain: ({ data: connection }) => connection.flush(),
      // Where there were too many, there is none.
      close: ({ data: connection }) => (connection as Connection | undefined)?.closed(),
      // What one of these handlers threw.
      error({ data: connection }, error) {
        failed(error)
        ;(connection as Connection | undefined)?.close()
      },
    },
  })
  const sweep = setInterval(() => {
    now = clock.monotonic()
    date = new Date(clock.now()).toUTCString()
    for (const connection of connections.members()) connection.look(now)
  }, sweepMs)
  return {
    port: listener.port,
    heldBytes: host.held.bytes,
    pending: () => connections.members().filter((connection) => connection.isBusy).length,
    stopAccepting() {
      stoppingSince ??= clock.monotonic()
      listener.stop()
    },
    close() {
      clearInterval(sweep)
      listener.stop()
      for (const connection of connections.members()) connection.close()
    },
  }
}
