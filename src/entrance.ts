/** Where requests come in: listening before there is anything to serve, and who may connect, as the configuration has it now. */
import { startingApp } from './app.ts'
import { ConfigError, type Config } from './config.ts'
import type { Clock } from './lib/clock.ts'
import { inNetworks } from './lib/http-server/networks.ts'
import type { HttpHandler } from './lib/http-server/contract.ts'
import type { Doors } from './lib/http-server/door.ts'
import type { RefusedFor } from './lib/http-server/guest.ts'
import { listen, type HttpServer } from './lib/http-server/http-server.ts'
import { connectionShare, openFilesMax } from './lib/open-files.ts'
import type { Turns } from './lib/turns.ts'
import type { Offer } from './offer.ts'

export type Entrance = HttpServer & {
  readonly url: string
  readonly localUrl: string
  /** From now on this is served, and the offer says who may connect. */
  readonly serve: (app: HttpHandler, offer: () => Offer) => void
}

export type EntranceDeps = {
  readonly clock: Clock
  readonly turns: Turns
  readonly failed: (error: unknown) => void
  readonly refused: (why: RefusedFor, address: string) => void
}

type Reached = Pick<Offer, 'server' | 'trustsProxy'>

/** The connections that a setting allows, as far as this process may have them open. */
export const connectionsAllowed = (settingMax: number): number => Math.min(settingMax, filesShare)
const filesShare = connectionShare(openFilesMax())

/** Listens, and says that it is starting until there is something to serve. Throws `ConfigError`. */
export function openEntrance(config: Readonly<Config>, deps: EntranceDeps): Entrance {
  // What listens everywhere is reached at the loopback address.
  const reachable = config.host === '0.0.0.0' ? '127.0.0.1' : config.host === '::' ? '::1' : config.host
  let app: HttpHandler = startingApp
  const atStart: Reached = { server: config.server, trustsProxy: inNetworks(config.server.trustedProxies) }
  let reached = (): Reached => atStart
  const server = bind(config, {
    ...deps,
    handle: (request) => app(request),
    doors: () => doorsOf(reached()),
    compresses: () => reached().server.compress,
  })
  const localUrl = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${server.port}`
  return {
    ...server,
    url: config.publicUrl ?? localUrl,
    localUrl,
    serve(wired, offer) {
      app = wired
      reached = offer
    },
  }
}

const doorsOf = ({ server, trustsProxy }: Reached): Doors => ({
  connectionsMax: connectionsAllowed(server.connectionsMax),
  ofAddress: server.address,
  trusts: trustsProxy,
  proxyProtocol: server.proxyProtocol,
})

type Bound = EntranceDeps & {
  readonly handle: HttpHandler
  readonly doors: () => Doors
  readonly compresses: () => boolean
}

/** Listens, or says in one line at which address it cannot. */
function bind({ host, port }: Readonly<Config>, bound: Bound): HttpServer {
  try {
    return listen({ hostname: host, port, ...bound })
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    if (reason === 'EADDRINUSE')
      throw new ConfigError(
        `port ${port} of ${host} is taken (EADDRINUSE); choose another: PORT=${port < 65_535 ? port + 1 : port - 1} npm start`,
      )
    throw new ConfigError(
      `environment: HOST ${host} and PORT ${port} cannot be listened on (${reason}); allowed: an address of this machine and a free port`,
    )
  }
}
