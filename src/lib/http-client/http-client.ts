/**
 * An HTTP/1.1 client over sockets, for a relay that makes a call for every request it gets: less than half of
 * `fetch`'s CPU, a deadline for connecting alone, and an error of its own for a call that was never sent.
 *
 * It does what a relay needs: request bodies at hand or as they come, answers as they come. It follows no redirect,
 * keeps no cookie and unpacks nothing. Certificates are verified by the runtime, as for `fetch`.
 */
import { createTurns, type Turns } from '../turns.ts'
import { Call } from './call.ts'
import { Connection, type Origin, type Outgoing } from './connection.ts'
import { NoRoomError, type HttpClient, type HttpRequest } from './contract.ts'
import { requestHead } from './request-head.ts'

/** Servers close idle connections later than this, as a rule; one that says when is believed. */
const idleMsMax = 15_000
/** Idle connections kept for each origin. */
const idleMany = 1_024
const sweepMs = 1_000

export type HttpClientOptions = {
  /** Milliseconds that never go back. */
  readonly now: () => number
  /** PEM of authorities to trust instead of those that the runtime knows. */
  readonly ca?: string
  /** Where work that may wait is done a little at a time; shared with whatever else brings much at once. */
  readonly turns?: Turns
  /** Connections at once, in all; asked for at each that is to be made. Where there are as many, an idle one makes room. */
  readonly connectionsMax?: () => number
  /** Told of every call for which there was no room. */
  readonly full?: () => void
}

export function createHttpClient({
  now,
  ca,
  turns = createTurns(now, throwLater),
  connectionsMax = () => Number.POSITIVE_INFINITY,
  full = () => undefined,
}: HttpClientOptions): HttpClient {
  const idle = new Map<string, Connection[]>()
  const sweep = setInterval(() => {
    for (const [origin, connections] of idle)
      idle.set(
        origin,
        connections.filter((one) => one.isGood(now()) || one.close()),
      )
  }, sweepMs)
  sweep.unref()

  let isClosed = false
  const park = (connection: Connection): void => {
    if (isClosed) return void connection.close()
    const parked = idle.get(connection.origin.name)
    if (!parked) idle.set(connection.origin.name, [connection])
    else if (parked.length < idleMany) parked.push(connection)
    else return void connection.close()
    connection.goodUntil = now() + Math.min(idleMsMax, connection.keptMs)
  }
  let open = 0
  const gone = (): void => void (open -= 1)
  const connect = ({ origin, connectMs }: Outgoing): Connection | null => {
    if (open >= connectionsMax() && !closeIdle(idle)) return null
    open += 1
    return new Connection(origin, { ca, connectMs, turns, park, gone })
  }
  /** The one used last, so that what a quiet time does not need goes. */
  const parked = (origin: string): Connection | null => {
    const connections = idle.get(origin)
    for (;;) {
      const connection = connections?.pop()
      if (!connection || connection.isGood(now())) return connection ?? null
      connection.close()
    }
  }

  return {
    send(request) {
      const outgoing = outgoingOf(request)
      // What can be sent only once goes over no connection that may turn out to be closed.
      const isAtHand = request.body instanceof Uint8Array
      const call = new Call(outgoing, request.isRepeatable && isAtHand ? connect : null)
      const connection = (isAtHand ? parked(outgoing.origin.name) : null) ?? connect(outgoing)
      if (connection) call.begin(connection)
      else {
        full()
        call.failed(new NoRoomError(), false)
      }
      return call
    },
    connections: () => open,
    close() {
      isClosed = true
      clearInterval(sweep)
      for (const connection of [...idle.values()].flat()) connection.close()
      idle.clear()
    },
  }
}

function outgoingOf(request: HttpRequest): Outgoing {
  const { origin, target } = addressOf(request.url)
  return {
    origin,
    head: requestHead(target, origin.host, request),
    body: request.body,
    isHeadAlone: request.method === 'HEAD',
    connectMs: request.connectMs,
  }
}

/** Closes one, of the origin that has the most; tells whether there was one. */
function closeIdle(idle: ReadonlyMap<string, Connection[]>): boolean {
  let most: Connection[] = []
  for (const connections of idle.values()) if (connections.length > most.length) most = connections
  // The one that has rested longest.
  const oldest = most.shift()
  oldest?.close()
  return oldest !== undefined
}

/** As where it would have been thrown without waiting for its turn. */
const throwLater = (error: unknown): void =>
  queueMicrotask(() => {
    throw error
  })

const origins = new Map<string, Origin>()
const originsMany = 10_000

/** Splits a URL behind its host, which only our own configuration writes. */
function addressOf(url: string): { readonly origin: Origin; readonly target: string } {
  const slash = url.indexOf('/', url.indexOf('//') + 2)
  const name = slash === -1 ? url : url.slice(0, slash)
  let origin = origins.get(name)
  if (!origin) {
    origin = originOf(name)
    if (origins.size < originsMany) origins.set(name, origin)
  }
  return { origin, target: slash === -1 ? '/' : url.slice(slash) }
}

function originOf(name: string): Origin {
  const { protocol, hostname, port, host, origin, href } = new URL(name)
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('only http: and https: URLs can be called')
  if (href !== `${origin}/`) throw new TypeError('a URL must have nothing but a path behind its host and its port')
  const isSecure = protocol === 'https:'
  const address = hostname.replace(/^\[|\]$/g, '')
  return { name, host, hostname: address, port: Number(port) || (isSecure ? 443 : 80), isSecure }
}
