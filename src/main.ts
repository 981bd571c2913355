/** Wiring: configuration, store, node, listener; and a drain when asked to stop. */
import { version } from '../package.json'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createApp, type AppDeps } from './app.ts'
import { openBooks, type Books } from './books.ts'
import { ConfigError, loadConfig, ownSecret, operatorFilePath, parseArguments, type Config } from './config.ts'
import { adminApi } from './control/admin/admin-api.ts'
import { insideAdmin } from './control/inside-admin.ts'
import {
  startControlThread,
  type ControlThread,
  type ControlThreadDeps,
} from './control/thread/start-control-thread.ts'
import { seedFirstRun } from './control/start/first-run.ts'
import { connectionsAllowed, openEntrance, type Entrance } from './entrance.ts'
import { askJob } from './gateway/ask-job.ts'
import { createCaution } from './gateway/caution.ts'
import { createClients, type Clients } from './gateway/clients.ts'
import { gaugesOf, type Gauged } from './gauges.ts'
import type { GatewayDeps } from './gateway/deps.ts'
import { createWatch } from './gateway/watch.ts'
import { startPollingReservations, type Poller } from './jobs/poll-reservations.ts'
import type { Nano } from './lib/amounts.ts'
import { createByteBudget, type ByteLimits } from './lib/byte-budget.ts'
import { createByteQueue, type QueueLimits } from './lib/byte-queue.ts'
import { systemClock } from './lib/clock.ts'
import type { HttpClient } from './lib/http-client/contract.ts'
import { createHttpClient } from './lib/http-client/http-client.ts'
import { clientThroughFetch } from './lib/http-client/through-fetch.ts'
import { askedOrigin, isOwnAddress } from './lib/http-server/asked-origin.ts'
import type { HttpRequest } from './lib/http-server/contract.ts'
import { createLineWriter, type LineWriter } from './lib/line-writer.ts'
import { createLog, inBackground, lineOfStyle, logStyle, stderrLog, type LogStyle } from './lib/log.ts'
import { makePrivate } from './lib/private-file.ts'
import { writeToStderr } from './lib/stderr.ts'
import { createTokenizer } from './lib/tokenizer.ts'
import { createTurns } from './lib/turns.ts'
import { pricesSchema } from './money/price-book-data.ts'
import { namesBuiltIn, type Offer } from './offer.ts'
import { startOffering } from './offering.ts'
import { operatedOn } from './operated-on.ts'
import { firstOperatorUrl, lowCreditMail, peopleOf, peopleSettings, tellMissingPeople } from './people.ts'
import { publicPages } from './public-pages.ts'
import { startedText, type Started } from './started-text.ts'
import type { Settlement, Store } from './store/store.ts'
import { createRefusals, type Refusals } from './telemetry/refusals.ts'
import { startTelemetry, type Telemetry } from './telemetry/start-telemetry.ts'
import type { Fleet } from './upstreams/fleet.ts'
import { openWebApp } from './web/web-app.ts'
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
  /** Calls that `fetch` may make at once, behind a proxy; 256 otherwise. More wait. */
  BUN_CONFIG_MAX_HTTP_REQUESTS: String(connectionsAllowed(65_336)),
  /**
   * Bytes of memory that the garbage collector believes the machine has: with more it lets more of large parsed bodies
   * lie. Small requests, which stay below a quarter of it, cost the same.
   */
  BUN_JSC_forceRAMSize: String(512 * 1024 * 1024),
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
  const refusals = createRefusals((level, event) => log[level](event), config.log.addresses)
  const server = openEntrance(config, { clock, turns, failed: requestCrashed, refused: refusals.refused })
  const sandbox = await sandboxOf(config)
  const offering = startOffering(config, { clock, log, builtIn: sandbox.address, env: process.env })
  const fleet = (): Fleet => offering.current().fleet
  let opened: Books | null = null
  const shared = sharedOf(offering.current, refusals.refused, config.log.addresses)
  const watched = { ...output, ...shared, books: () => opened, fleet, server, refusals, offer: offering.current }
  const telemetry = await telemetryOf(config, watched)

  let isAccepting = true
  const stopAccepting = (): void => void (isAccepting = false)
  const { prices, simulated, keyDefaults } = offering.current()
  const kept = { ...keptLimits(offering.current), onLow: lowCreditMail(config, clock, log) }
  const books = await openBooks({ config, prices, ...kept, clock, log, onFenced: stopAccepting, acceptsLoss })
  const { store, keys, hasLiveKey } = books
  opened = books
  const operators = await openToOperators(config.dataDir, server.localUrl, store)
  // Credit to play with is for what is simulated; with real providers an operator grants it.
  const seeded = simulated ? await seedFirstRun({ store, keyDefaults, now: clock.now() }) : null
  if (seeded) keys.put(seeded.row)

  const doors = doorsOf(config, offering.current, server.url)
  const tokenizer = createTokenizer()
  const gateway = offering.madeOf((offer): GatewayDeps => ({
    ...offer,
    ...shared,
    ...keptIn(books),
    log,
    observer: telemetry.observer,
    countTokens: tokenizer.countTokens,
    tellJob: (requestId, of, end) => poller.tell(requestId, of, end),
    baseUrl: doors.baseUrl,
    isAccepting: () => isAccepting,
  }))
  const poller = pollerOf(books, gateway)
  const people = peopleOf({ config, url: server.url, clock })
  const operated = operatedOn(books, offering, { gateway, clock, log })
  const admin = Object.assign(offering.live(), operated, operators, { people })
  const api = adminApi(admin)
  const asking = { admin: insideAdmin(api), originOf: doors.askedAt, addressOf: shared.clients.addressOf }
  const control = controlOf(config, books, { ...asking, takeRejections: telemetry.takeRejections })
  server.serve(
    createApp({ gateway, admin: api, control: control.handle, ...doors, ...standingOf(books, () => isAccepting) }),
    offering.current,
  )
  const started = { config, url: server.url, seeded, hasLiveKey, offer: offering.current(), clock }
  await tellStarted(started, firstOperatorUrl(people, clock, log), store)
  onStopSignal(async () => {
    stopAccepting()
    offering.close()
    await control.stop()
    await drain(server, shared.watch.active)
    await poller.stop()
    shared.watch.stop()
    shared.http.close()
    tokenizer.stop()
    await books.close()
    await telemetry.stop()
    refusals.flush()
    sandbox.stop()
  }, output.lines)
}

/** Says that the server runs. A first key goes into the store once it is out: whoever dies before that is shown another. */
async function tellStarted(started: Started, setupUrl: string | null, store: Pick<Store, 'createKey'>): Promise<void> {
  const text = startedText(started, setupUrl)
  await new Promise<void>((resolve) => void process.stdout.write(text, () => resolve()))
  if (started.seeded) await store.createKey(started.seeded.row)
}

/** The sandbox that runs already, or the built-in one: started now where the file names it, else when a test key first asks. */
async function sandboxOf(config: Readonly<Config>): Promise<BuiltInSandbox> {
  const { sandboxUrl } = config
  if (sandboxUrl !== null) return { address: () => sandboxUrl, stop: () => undefined }
  const sandbox = builtInSandbox(log)
  if (namesBuiltIn(config)) await sandbox.address()
  return sandbox
}

/** What all requests share, as the configuration has it now. */
const sharedOf = (offer: () => Offer, refused: Refusals['refused'], addresses: boolean) => ({
  clock,
  turns,
  clients: clientsOf(offer, refused, addresses),
  caution: createCaution(clock),
  watch: createWatch(() => offer().drain, clock),
  http: isProxied(process.env) ? clientThroughFetch() : upstreamClient(offer, refused),
  bodies: createByteBudget(() => memoryLimits(offer())),
  answers: createByteQueue(() => answerLimits(offer())),
})

const clientsOf = (offer: () => Offer, refused: Refusals['refused'], addresses: boolean): Clients =>
  createClients({
    proxied: (address) => log.info({ event: 'proxy-not-trusted', ...(addresses && { address }), detail: notTrusted }),
    trusts: (address) => offer().trustsProxy(address),
    wrongKeysPerMinute: () => offer().server.address.wrongKeysPerMinute,
    now: clock.monotonic,
    refused,
  })

const notTrusted =
  'requests come with X-Forwarded-For from an address that server.trustedProxies does not name: if that is your proxy, name it, for its clients share the limits of one address'

const memoryLimits = ({ memory }: Offer): ByteLimits => ({
  bytesMax: memory.bytesMax,
  ownBytesMax: memory.organizationBytesMax,
})

const answerLimits = ({ memory }: Offer): QueueLimits => ({
  bytesMax: memory.answersBytesMax,
  ownBytesMax: memory.organizationAnswersBytesMax ?? memory.answersBytesMax / 2,
  patienceMs: memory.answerQuietMsMax,
})

/** How much is kept on disk, as the configuration has it now. */
const keptLimits = (offer: () => Offer) => ({
  answerLimits: () => offer().idempotency,
  spoolLimits: () => ({
    bytesMax: offer().memory.spoolBytesMax,
    ownBytesMax: offer().memory.organizationSpoolBytesMax,
  }),
  allowsWebhook: (address: string) => offer().allowsWebhook(address),
})

/** What the request path reads and writes of what the data folder keeps. */
const keptIn = ({ node, keys, limits, spool, store }: Books) => ({
  keys,
  limits,
  spool,
  credit: node.credit,
  idempotencyKeys: node.idempotencyKeys,
  resources: node.resources,
  keptAnswers: node.keptAnswers,
  journal: node.journal,
  books: { flush: node.shipper.flush, store },
})

/** Asks about jobs, and frees what was held of their keys' budgets when they have ended. */
const pollerOf = ({ store, node, limits }: Books, gateway: () => GatewayDeps): Poller =>
  startPollingReservations({
    store,
    journal: node.journal,
    ship: node.shipper.flush,
    ask: (reservation, signal) => askJob(reservation, signal, gateway()),
    onEnded: (settlement) => {
      limits.releaseBudget(settlement.keyId, BigInt(settlement.holdNano) as Nano)
      limits.charge(settlement.keyId, BigInt(settlement.chargeNano) as Nano)
      gateway().observer.reservationEnded?.(settlement)
      inBackground(log, 'tell-webhooks', async () => void (await store.tell(jobCompleted(settlement))))
    },
    nodeId: node.nodeId,
    epoch: node.epoch,
    clock,
    log,
  })

/** What organizations are told of a job that has ended. */
const jobCompleted = ({ requestId, organizationId, keyId, mode, model, endpoint, ending, chargeNano }: Settlement) => ({
  organizationId,
  event: 'job.completed' as const,
  data: { requestId, organizationId, keyId, mode, model, endpoint, ending, chargeNano },
})

const standingOf = ({ unready, down }: Books, isAccepting: () => boolean): Pick<AppDeps, 'unready' | 'down'> => ({
  unready: () => (isAccepting() ? unready() : 'stopping'),
  down,
})

type Asking = Pick<ControlThreadDeps, 'admin' | 'originOf' | 'addressOf' | 'takeRejections'>

/** The pages' side, which starts when it is first asked. */
function controlOf(config: Readonly<Config>, { node }: Books, asking: Asking): ControlThread {
  const { dataDir, publicUrl } = config
  const people = { people: peopleSettings(config.people), secret: ownSecret(config) }
  return startControlThread({
    ...asking,
    settings: { dataDir, publicUrl, ...people },
    ship: node.shipper.flush,
    clock,
    log,
  })
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

type Watched = LogOutput & Gauged

const telemetryOf = (config: Config, watched: Watched): Promise<Telemetry> =>
  startTelemetry(config, {
    clock,
    log,
    lines: watched.lines,
    style: watched.style,
    version,
    gauges: gaugesOf(watched, clock),
    providerOf: (id) => watched.fleet().list.find(({ deployment }) => deployment.id === id)?.deployment.kind ?? null,
  })

/** How this server is reached, as its configuration has it now. `url`: where that is when a request does not say. */
function doorsOf({ publicUrl, host }: Readonly<Config>, offer: () => Offer, url: string): Doors {
  const askedAt = (request: HttpRequest): string | null => askedOrigin(request, offer().trustsProxy)
  const ownNames = ['localhost', host.toLowerCase(), ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])]
  return {
    pages: publicPages(offer, clock),
    web: openWebApp(resolve(import.meta.dirname, '../web/dist')),
    cors: () => offer().cors,
    askedAt: (request) => askedAt(request) ?? url,
    baseUrl: (request) => publicUrl ?? askedAt(request) ?? url,
    isAtOwnAddress: (request) => isOwnAddress(askedAt(request), [...ownNames, ...offer().server.hosts]),
  }
}
type Doors = Pick<AppDeps, 'pages' | 'web' | 'cors' | 'baseUrl' | 'isAtOwnAddress'> & {
  readonly askedAt: (request: HttpRequest) => string
}

const upstreamClient = (offer: () => Offer, refused: Refusals['refused']): HttpClient =>
  createHttpClient({
    now: clock.monotonic,
    turns,
    connectionsMax: () => connectionsAllowed(offer().server.upstreamConnectionsMax),
    full: () => refused('upstreams-full', ''),
  })

/** Only `fetch` knows how to leave through a proxy. */
const isProxied = (env: NodeJS.ProcessEnv): boolean =>
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].some((name) => Boolean(env[name] ?? env[name.toLowerCase()]))

/** Who may operate this server: whoever reads the data folder, and those with a token that lasts. */
async function openToOperators(dataDir: string, url: string, store: Store) {
  tellMissingPeople(dataDir, (await store.organizations()).length, log)
  return { operatorToken: writeOperatorFile(dataDir, url), operatorTokens: await store.operatorTokens() }
}

/** Leaves what `mart` finds this server by, and returns the operator token in it, which is new with every start. */
function writeOperatorFile(dataDir: string, url: string): string {
  const path = operatorFilePath(dataDir)
  const token = randomBytes(32).toString('base64url')
  makePrivate(path)
  writeFileSync(path, `${JSON.stringify({ url, token })}\n`)
  return token
}

/** Lets what is under way finish, within the deadline; what is not is settled at the next start. */
async function drain(server: Entrance, active: () => number): Promise<void> {
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
    if (process.stderr.isTTY) log.info({ event: 'stopped' })
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
