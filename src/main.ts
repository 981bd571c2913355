/** Wiring: configuration, store, node, listener; and a drain when asked to stop. */
import { version } from '../package.json'
import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createApp, startingApp, type AppDeps } from './app.ts'
import { openBooks, type Books } from './books.ts'
import { ConfigError, loadConfig, operatorFilePath, parseArguments, type Config } from './config.ts'
import { adminApi } from './control/admin-api.ts'
import { seedFirstRun, type Seeded } from './control/first-run.ts'
import { modeOr } from './control/mode-input.ts'
import { modelPrices } from './control/model-prices.ts'
import { firstLiveKeyText, firstRunText, martCommand, startText } from './control/start-text.ts'
import { welcomePage, welcomePolicy } from './control/welcome.ts'
import { createCaution } from './gateway/caution.ts'
import type { GatewayDeps } from './gateway/deps.ts'
import type { Model } from './catalog/catalog.ts'
import { isServed } from './gateway/offered.ts'
import { createWatch, type Watch } from './gateway/watch.ts'
import { createByteBudget, type ByteLimits } from './lib/byte-budget.ts'
import { createByteQueue } from './lib/byte-queue.ts'
import { systemClock } from './lib/clock.ts'
import { createHttpClient } from './lib/http-client/http-client.ts'
import { clientThroughFetch } from './lib/http-client/through-fetch.ts'
import { askedOrigin, isOwnAddress } from './lib/http-server/asked-origin.ts'
import type { HttpHandler, HttpRequest } from './lib/http-server/contract.ts'
import { listen, type HttpServer } from './lib/http-server/http-server.ts'
import { createLineWriter, type LineWriter } from './lib/line-writer.ts'
import { createLog, lineOfStyle, logStyle, stderrLog, type LogStyle } from './lib/log.ts'
import { writeToStderr } from './lib/stderr.ts'
import { createTokenizer } from './lib/tokenizer.ts'
import { createTurns } from './lib/turns.ts'
import { pricesSchema } from './money/price-book-data.ts'
import type { Node } from './node.ts'
import { namesBuiltIn, type Offer } from './offer.ts'
import { startOffering } from './offering.ts'
import type { Store } from './store/store.ts'
import type { Gauges } from './telemetry/metrics.ts'
import { startTelemetry, type Telemetry } from './telemetry/start-telemetry.ts'
import type { Fleet } from './upstreams/fleet.ts'
import { builtInSandbox, type BuiltInSandbox } from './upstreams/sandbox-process.ts'

const clock = systemClock
/** Until mart.yaml has said how it wants it. */
let log = stderrLog
const drainMsMax = 30_000
const flushMsMax = 1_000

const requestCrashed = (error: unknown): void => log.error({ event: 'request-crashed', error })
/** What server and client bring at once is served in the same turns. */
const turns = createTurns(clock.monotonic, requestCrashed)

/** What Bun reads from its environment when it starts, and at no other time. An operator's own settings stay. */
const runtimeSettings = {
  /** Freed memory goes back to the system after three seconds of rest, ms. A busy gateway needs it again at once: to give it back and take it again is one twentieth of a request. */
  MIMALLOC_PURGE_DELAY: '3000',
  /** Threads that wait for disks and names; one for each core otherwise, so that a disk which hangs would hold up whatever else needs one. */
  UV_THREADPOOL_SIZE: '16',
  /** Calls that `fetch` may make at once, behind a proxy; 256 otherwise. */
  BUN_CONFIG_MAX_HTTP_REQUESTS: '65336',
}

/** Starts this process again, in place, where a setting is missing. */
function applyRuntimeSettings(): void {
  if (Object.keys(runtimeSettings).every((name) => process.env[name] !== undefined)) return
  const { execve } = process as unknown as {
    execve: (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never
  }
  execve.call(process, process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...runtimeSettings,
    ...process.env,
  })
}

async function main(): Promise<void> {
  applyRuntimeSettings()
  const { acceptsLoss } = parseArguments(process.argv.slice(2))
  const config = loadConfig(process.env, pricesSchema)
  const output = openLog(config)
  // What a start can fail at comes in this order: addresses and the upstream, which leave nothing behind, then the
  // data folder, and last of all the first key, which is shown only once.
  const server = listenAt(config)
  const sandbox = await sandboxOf(config)
  const offering = startOffering(config, { clock, log, builtIn: sandbox.address, env: process.env })
  const watch = createWatch(() => offering.current().drain, clock)
  const fleet = (): Fleet => offering.current().fleet
  let opened: Node | null = null
  const telemetry = await telemetryOf(config, { ...output, watch, node: () => opened, fleet })

  let isAccepting = true
  const stopAccepting = (): void => void (isAccepting = false)
  const { prices, simulated, keyDefaults } = offering.current()
  const books = await openBooks({ config, prices, clock, log, onFenced: stopAccepting, acceptsLoss })
  const { store, node, keys, limits, hasLiveKey } = books
  opened = node
  const operators = await openToOperators(config.dataDir, server.localUrl, store)
  // Credit to play with is for what is simulated; with real providers an operator grants it.
  const seeded = simulated ? await seedFirstRun({ store, keyDefaults, now: clock.now() }) : null
  if (seeded) keys.put(seeded.row)

  const tokenizer = createTokenizer()
  const http = isProxied(process.env) ? clientThroughFetch() : createHttpClient({ now: clock.monotonic, turns })
  const gateway: GatewayDeps = Object.assign(offering.live(), {
    clock,
    log,
    keys,
    limits,
    caution: createCaution(clock),
    watch,
    credit: node.credit,
    journal: node.journal,
    http,
    turns,
    bodies: createByteBudget(() => memoryLimits(offering.current())),
    answers: createByteQueue(() => offering.current().memory.answersBytesMax),
    observer: telemetry.observer,
    countTokens: tokenizer.countTokens,
    isAccepting: () => isAccepting,
  })
  const admin = Object.assign(offering.live(), operatedOn(books), operators, { reload: offering.reload })
  const { url } = server
  server.serve(
    createApp({
      gateway,
      receipts: { flush: node.shipper.flush, store },
      admin: adminApi(admin),
      ...doorsOf(config, offering.current, url),
      unready: () => (isAccepting ? books.unready() : 'stopping'),
      down: books.down,
    }),
  )
  process.stdout.write(startedText({ config, url, seeded, hasLiveKey, offer: offering.current() }))
  onStopSignal(async () => {
    stopAccepting()
    offering.close()
    await drain(server, watch.active)
    watch.stop()
    http.close()
    tokenizer.stop()
    await books.close()
    await telemetry.stop()
    sandbox.stop()
  }, output.lines)
}

/** The sandbox that runs already, or the built-in one: started now where the file names it, else when a test key first asks. */
async function sandboxOf(config: Readonly<Config>): Promise<BuiltInSandbox> {
  const { sandboxUrl } = config
  if (sandboxUrl !== null) return { address: () => sandboxUrl, stop: () => undefined }
  const sandbox = builtInSandbox(log)
  if (namesBuiltIn(config)) await sandbox.address()
  return sandbox
}

const memoryLimits = ({ memory }: Offer): ByteLimits => ({
  bytesMax: memory.bytesMax,
  ownBytesMax: memory.organizationBytesMax,
})

/** What operators look at and change. */
const operatedOn = ({ store, keys, limits, node }: Books) => ({
  clock,
  log,
  store,
  keys,
  limits,
  credit: node.credit,
  ship: node.shipper.flush,
  recallCredit: node.recallCredit,
})

type Started = {
  readonly config: Readonly<Config>
  readonly url: string
  readonly seeded: Seeded | null
  readonly hasLiveKey: boolean
  readonly offer: Offer
}

function startedText({ config, url, seeded, hasLiveKey, offer }: Started): string {
  const started = { url, mart: martCommand(config.dataDir, resolve(import.meta.dirname, '..')) }
  if (seeded) return firstRunText({ ...started, ...seeded })
  if (offer.simulated || hasLiveKey) return startText({ ...started, simulated: offer.simulated })
  const { catalog, keyDefaults, fleet } = offer
  const isCallable = (model: Model): boolean =>
    model.kind === 'text' && isServed(model, keyDefaults.region, 'live', { fleet, clock })
  return firstLiveKeyText({ ...started, model: catalog.listed.find(isCallable) ?? null })
}

type LogOutput = { readonly lines: LineWriter; readonly style: LogStyle }

/** From here on, the log is written as the file wants it, and its reader is waited for by nobody. */
function openLog(config: Readonly<Config>): LogOutput {
  const style = logStyle(config.log.format, process.stderr)
  const lines = createLineWriter(writeToStderr, (count) =>
    lineOfStyle(style)(clock.now(), 'error', { event: 'request-log-dropped', count }),
  )
  log = createLog(style, lines.addNow)
  return { lines, style }
}

type Watched = LogOutput & {
  readonly watch: Watch
  readonly node: () => Node | null
  readonly fleet: () => Fleet
}

const telemetryOf = (config: Config, watched: Watched): Promise<Telemetry> =>
  startTelemetry(config, {
    clock,
    log,
    lines: watched.lines,
    style: watched.style,
    version,
    gauges: gaugesOf(watched),
    providerOf: (id) => watched.fleet().list.find(({ deployment }) => deployment.id === id)?.deployment.kind ?? null,
  })

const gaugesOf = ({ watch, node, fleet }: Watched): Gauges => ({
  requestsInFlight: watch.active,
  drainsInFlight: watch.draining,
  journalUnshippedRecords: () => unshippedRecords(node()),
  deployments: () =>
    fleet().list.map(({ deployment: { id, region }, health }) => ({
      id,
      region,
      state: health.state(clock.monotonic()),
      inFlight: health.inFlight,
    })),
})

/** 0 until there is a node. */
const unshippedRecords = (node: Node | null): number =>
  node === null ? 0 : node.journal.lastSeq() - node.shipper.shippedSeq()

/** How this server is reached, as its configuration has it now. `url`: where that is when a request does not say. */
function doorsOf({ publicUrl, host }: Readonly<Config>, offer: () => Offer, url: string): Doors {
  const askedAt = (request: HttpRequest): string | null => askedOrigin(request, offer().trustsProxy)
  const ownNames = ['localhost', host.toLowerCase(), ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])]
  return {
    welcome: { page: (baseUrl) => welcome(baseUrl, offer()), policy: welcomePolicy },
    cors: () => offer().cors,
    baseUrl: (request) => publicUrl ?? askedAt(request) ?? url,
    isAtOwnAddress: (request) => isOwnAddress(askedAt(request), [...ownNames, ...offer().hosts]),
  }
}
type Doors = Pick<AppDeps, 'welcome' | 'cors' | 'baseUrl' | 'isAtOwnAddress'>

function welcome(baseUrl: string, { catalog, fleet, prices, simulated }: Offer): string {
  const mode = modeOr(undefined, { simulated })
  const policies = Object.keys(fleet.policies)
  const listed = catalog.listed.filter((model) =>
    policies.some((policy) => isServed(model, policy, mode, { fleet, clock })),
  )
  return welcomePage({ baseUrl, models: modelPrices({ listed }, prices, clock.now()), simulated })
}

/** Only `fetch` knows how to leave through a proxy. */
const isProxied = (env: NodeJS.ProcessEnv): boolean =>
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].some((name) => Boolean(env[name] ?? env[name.toLowerCase()]))

type Listening = HttpServer & {
  readonly url: string
  readonly localUrl: string
  readonly serve: (app: HttpHandler) => void
}

/** Listens, and says that it is starting until there is something to serve. */
function listenAt(config: Readonly<Config>): Listening {
  // What listens everywhere is reached at the loopback address.
  const reachable = config.host === '0.0.0.0' ? '127.0.0.1' : config.host === '::' ? '::1' : config.host
  let app: HttpHandler = startingApp
  const server = bind(config, (request) => app(request))
  const localUrl = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${server.port}`
  const serve = (wired: HttpHandler): void => void (app = wired)
  return { ...server, url: config.publicUrl ?? localUrl, localUrl, serve }
}

/** Listens, or says in one line at which address it cannot. */
function bind({ host, port }: Readonly<Config>, handle: HttpHandler): HttpServer {
  try {
    return listen({ hostname: host, port, handle, clock, turns, failed: requestCrashed })
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new ConfigError(
      `environment: HOST ${host} and PORT ${port} cannot be listened on (${reason}); allowed: an address of this machine and a free port`,
    )
  }
}

/** Who may operate this server: whoever reads the data folder, and those with a token that lasts. */
async function openToOperators(dataDir: string, url: string, store: Store) {
  return { operatorToken: writeOperatorFile(dataDir, url), operatorTokens: await store.operatorTokens() }
}

/** Leaves what `mart` finds this server by, and returns the operator token in it, which is new with every start. */
function writeOperatorFile(dataDir: string, url: string): string {
  const path = operatorFilePath(dataDir)
  const token = randomBytes(32).toString('base64url')
  writeFileSync(path, `${JSON.stringify({ url, token })}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
  return token
}

/** Lets what is under way finish, within the deadline; what is not is settled at the next start. */
async function drain(server: HttpServer, active: () => number): Promise<void> {
  const deadline = clock.monotonic() + drainMsMax
  server.stopAccepting()
  while (active() + server.pending() > 0 && clock.monotonic() < deadline) await Bun.sleep(50)
}

/** Ends the process when asked to, after `stop` and what the log still has to say. */
function onStopSignal(stop: () => Promise<void>, { flush }: LineWriter): void {
  let isStopping = false
  const end = async (): Promise<void> => {
    const code = await stop().then(
      () => 0,
      (error: unknown) => {
        log.error({ event: 'stop-failed', error })
        return 1
      },
    )
    await flush(flushMsMax)
    process.exit(code)
  }
  const begin = (): void => {
    if (!isStopping) void end()
    isStopping = true
  }
  process.on('SIGTERM', begin)
  process.on('SIGINT', begin)
}

process.on('unhandledRejection', (error) => log.error({ event: 'unhandled-rejection', error }))

main().catch((error: unknown) => {
  process.stderr.write(
    error instanceof ConfigError
      ? `${error.message}\n`
      : `the start failed: ${error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exit(1)
})
