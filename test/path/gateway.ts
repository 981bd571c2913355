/**
 * A gateway in this process, with a clock that stands still and an upstream that is a function: whatever the request
 * path does, without a socket. Its store is in memory, its journal a list.
 */
import { Hono } from 'hono'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { checkConfigFile } from '../../src/config.ts'
import { createCaution } from '../../src/gateway/caution.ts'
import { createClients } from '../../src/gateway/clients.ts'
import type { GatewayDeps } from '../../src/gateway/deps.ts'
import type { Alert, Observer, RequestEnded } from '../../src/gateway/observe.ts'
import type { Inbound } from '../../src/gateway/operation.ts'
import { serve } from '../../src/gateway/serve.ts'
import { createWatch } from '../../src/gateway/watch.ts'
import { createKeyTable } from '../../src/keys/key-table.ts'
import { hashOf } from '../../src/keys/virtual-key.ts'
import type { Nano } from '../../src/lib/amounts.ts'
import { createByteBudget } from '../../src/lib/byte-budget.ts'
import { createByteQueue } from '../../src/lib/byte-queue.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { Trust } from '../../src/lib/http-server/asked-origin.ts'
import { problemAnswer, type HttpAnswer, type HttpRequest } from '../../src/lib/http-server/contract.ts'
import { sourceOf } from '../../src/lib/source.ts'
import { createSpool, type Spool } from '../../src/lib/spool.ts'
import { createTurns } from '../../src/lib/turns.ts'
import { createLimits } from '../../src/limits/limits.ts'
import { createCredit } from '../../src/money/credit.ts'
import { createIdempotencyKeys } from '../../src/money/idempotency-keys.ts'
import { openKeptAnswers } from '../../src/money/kept-answers.ts'
import type { Intent, Journal } from '../../src/money/journal.ts'
import { pricesSchema } from '../../src/money/price-book-data.ts'
import { createOffer, type Offer } from '../../src/offer.ts'
import { createResourceTable } from '../../src/resources/resource-table.ts'
import type { Reservation } from '../../src/store/reservations.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { keyOf } from '../../src/store/store-fixtures.ts'
import type { Attempt, Mode, Settlement, Store } from '../../src/store/store.ts'
import { createUpstream, type Answerer, type SentCall } from './upstream.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const secret = 'sk-bf-00000000-0000-4000-8000-000000000000'
export const organizationId = 'acme'
/** Its one key. */
export const testKey = keyOf({ id: 'key_1', organizationId, hash: hashOf(secret), region: 'us' })

export type TestGateway = {
  /** The same of an operation that is in no table. */
  readonly serve: (inbound: Partial<Inbound> & Pick<Inbound, 'operation'>, options?: AskOptions) => Promise<Given>
  /** Asks it, as an HTTP server would hand the request over. */
  readonly ask: (method: string, target: string, options?: AskOptions) => Promise<Given>
  /** What went upstream, in order. */
  readonly sent: readonly SentCall[]
  readonly settled: readonly Settlement[]
  readonly intended: readonly Intent[]
  readonly reserved: readonly Reservation[]
  /** What whoever watches was told. */
  readonly ended: readonly RequestEnded[]
  readonly attempts: readonly Attempt[]
  readonly alerts: readonly Alert[]
  /** Errors. */
  readonly logged: readonly object[]
  readonly deps: GatewayDeps
  /** Another configuration, for the requests to come. */
  readonly change: (config: object) => void
  /** Makes the clock go on. */
  readonly pass: (ms: number) => void
  /** Another one, with nothing of its own. */
  readonly createOrganization: (id: string) => Promise<void>
  readonly stop: () => void
}

export type AskOptions = {
  readonly method?: string
  readonly body?: object | string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Told when anything of the body is read. */
  readonly onRead?: () => void
  /** Told how the client leaves. */
  readonly leaver?: (leave: () => void) => void
}

/** An answer; `bytes` takes all of it. */
export type Given = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly answer: HttpAnswer
  readonly bytes: () => Promise<Uint8Array>
  readonly text: () => Promise<string>
}

const noPages = {
  admin: new Hono(),
  control: (): HttpAnswer => problemAnswer(404, 'There are no pages here.'),
  pages: () => null,
  web: () => null,
  baseUrl: () => 'http://mart',
  isAtOwnAddress: () => true,
}

/** What a text is as a `mart.yaml`; most tests of a file have the same. */
const files = new Map<string, ReturnType<typeof checkConfigFile>['file']>()
function fileOf(path: string, text: string): ReturnType<typeof checkConfigFile>['file'] {
  const known = files.get(text)
  if (known) return known
  writeFileSync(path, text)
  const { file } = checkConfigFile(path, { KEY: 'upstream-key-0123456789', RESOURCE: 'contoso' }, pricesSchema)
  files.set(text, file)
  return file
}

/** `config`: `mart.yaml`. `creditUsd`: what there is for its one key. */
export async function startGateway(
  config: object,
  answerer: Answerer,
  { creditUsd = 1_000n, mode = 'live' }: { readonly creditUsd?: bigint; readonly mode?: Mode } = {},
): Promise<TestGateway> {
  const path = join(testFolder('path'), 'mart.yaml')
  const time = { passed: 0 }
  const clock: Clock = { now: () => startedAt + time.passed, monotonic: () => time.passed }
  const offerOf = (file: object, before?: Offer): Offer => {
    return createOffer(fileOf(path, JSON.stringify(file)), { clock, builtIn: () => 'http://127.0.0.1:1' }, before)
  }
  let offer = offerOf(config)
  const store = openedWhenAsked()
  const upstream = createUpstream(answerer)
  const told = { ended: [] as RequestEnded[], attempts: [] as Attempt[], alerts: [] as Alert[], logged: [] as object[] }
  const journal = createJournal()
  const watch = createWatch(() => offer.drain, clock)
  const shared = {
    ...sharedOf(clock, creditUsd, (address) => offer.trustsProxy(address)),
    spool: spoolIn(dirname(path)),
    log: { info: () => undefined, error: (event: object) => void told.logged.push(event) },
    keys: createKeyTable([{ ...testKey, mode }], clock),
    journal: journal.journal,
    keptAnswers: openKeptAnswers(join(dirname(path), 'answers'), { limits: () => offer.idempotency, clock }),
    resources: createResourceTable({ store, ship: () => Promise.resolve(), clock, lagMs: 0 }),
    tellJob: () => Promise.resolve(),
    http: upstream.http,
    watch,
    observer: observerOf(told),
    countTokens: (text: string) => Promise.resolve(Math.ceil(text.length / 4)),
    books: { flush: () => Promise.resolve(), store },
    isAccepting: () => true,
    baseUrl: noPages.baseUrl,
  }
  let deps: GatewayDeps = { ...offer, ...shared }
  const handle = createApp({
    gateway: () => deps,
    ...noPages,
    cors: () => ({ origins: [] }),
    unready: () => null,
    down: () => null,
  })
  return {
    ask: async (method, target, options = {}) => givenOf(await handle(requestOf(method, target, options))),
    serve: async (inbound, options = {}) => {
      const request = requestOf(options.method ?? inbound.operation.method, '/', options)
      const whole = { params: {}, query: new URLSearchParams(), region: null, ...inbound }
      return givenOf(await serve(request, whole, deps))
    },
    sent: upstream.sent,
    settled: journal.settled,
    intended: journal.intended,
    reserved: journal.reserved,
    ...told,
    deps,
    change(file) {
      offer = offerOf(file, offer)
      deps = { ...offer, ...shared }
    },
    pass: (ms) => void (time.passed += ms),
    createOrganization: (id) => store.createOrganization({ id, name: id, createdAt: startedAt }),
    stop: watch.stop,
  }
}

/** With its one organization. Most tests ask it nothing, and its statements take most of a gateway's start to prepare. */
function openedWhenAsked(): Store {
  let store: Store | null = null
  const open = (): Store => {
    store = openSqliteStore({ path: ':memory:' })
    void store.createOrganization({ id: organizationId, name: 'Acme', createdAt: startedAt })
    return store
  }
  return new Proxy({} as Store, { get: (_, name) => Reflect.get(store ?? open(), name) as unknown })
}

const spoolIn = (folder: string): Spool =>
  createSpool({
    directory: join(folder, 'spool'),
    limits: () => ({ bytesMax: 1e9, ownBytesMax: 1e9 }),
    failed: (error) => {
      throw error
    },
  })

/** Resolves once it holds; rejects when it has not within five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (const begunAt = performance.now(); !holds(); await Bun.sleep(1))
    if (performance.now() - begunAt > untilMsMax) throw new Error(`in vain: ${holds.toString()}`)
}
const untilMsMax = 5_000

/** 2026-11-30 */
const startedAt = Date.UTC(2026, 10, 30)
const nanoPerUsd = 1_000_000_000n as Nano
const bytesMax = 256 * 1024 * 1024

/** What is as in `main.ts`, but for the credit that is there without a store. */
const sharedOf = (clock: Clock, creditUsd: bigint, trusts: Trust) => ({
  clock,
  clients: createClients({
    trusts,
    wrongKeysPerMinute: () => null,
    now: clock.monotonic,
    refused: () => undefined,
    proxied: () => undefined,
  }),
  limits: createLimits(clock),
  caution: createCaution(clock),
  credit: createCredit({
    nodeId: 1,
    epoch: 1,
    clock,
    ship: () => Promise.resolve(),
    leaseCredit: () =>
      Promise.resolve({ grantedNano: creditUsd * nanoPerUsd, availableNano: 0n, leasedElsewhereNano: 0n }),
  }),
  idempotencyKeys: createIdempotencyKeys(clock),
  bodies: createByteBudget(() => ({ bytesMax, ownBytesMax: bytesMax })),
  answers: createByteQueue(() => ({ bytesMax, ownBytesMax: bytesMax, patienceMs: 1_000 })),
  turns: createTurns(clock.monotonic, (error) => {
    throw error
  }),
})

const observerOf = (told: { ended: RequestEnded[]; attempts: Attempt[]; alerts: Alert[] }): Observer => ({
  requestEnded: (ended) => void told.ended.push(ended),
  attemptEnded: (_requestId, attempt) => void told.attempts.push(attempt),
  alert: (alert) => void told.alerts.push(alert),
})

/** What is written is kept, in order. */
function createJournal() {
  const intended: Intent[] = []
  const settled: Settlement[] = []
  const reserved: Reservation[] = []
  const journal = {
    intend: (intent: Intent) => Promise.resolve(void intended.push(intent)),
    progress: () => Promise.resolve(),
    settle: (settlement: Settlement) => Promise.resolve(void settled.push(settlement)),
    reserve: (reservation: Reservation) => Promise.resolve(void reserved.push(reservation)),
    trouble: () => null,
    writable: () => Promise.resolve(),
    progressOf: () => null,
  }
  return { journal: journal as unknown as Journal, intended, settled, reserved }
}

function requestOf(method: string, target: string, { body, headers = {}, onRead, leaver }: AskOptions): HttpRequest {
  const bytes =
    body === undefined
      ? new Uint8Array(0)
      : body instanceof Uint8Array
        ? body
        : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
  const all: Readonly<Record<string, string>> = { authorization: `Bearer ${secret}`, ...headers }
  const listeners: (() => void)[] = []
  const left = { hasLeft: false }
  leaver?.(() => {
    left.hasLeft = true
    for (const listener of listeners) listener()
  })
  return {
    method,
    target,
    host: 'mart',
    peer: '192.0.2.1',
    headers: { get: (name) => all[name] ?? null, entries: () => Object.entries(all) },
    length: bytes.length,
    bytes() {
      onRead?.()
      return bytes
    },
    source() {
      onRead?.()
      return sourceOf(bytes)
    },
    get hasLeft() {
      return left.hasLeft
    },
    onLeave: (listener) => (left.hasLeft ? listener() : void listeners.push(listener)),
  }
}

function givenOf(answer: HttpAnswer): Given {
  const bytes = async (): Promise<Uint8Array> => {
    const { body } = answer
    if (body === null || typeof body === 'string') return new TextEncoder().encode(body ?? '')
    if (body instanceof Uint8Array) return body
    const read = body instanceof ReadableStream ? readerOf(body) : () => body.read()
    const pieces: Uint8Array[] = []
    for (let piece = await read(); piece.value; piece = await read()) pieces.push(piece.value)
    return Buffer.concat(pieces)
  }
  const { status, headers } = answer
  return { status, headers, answer, bytes, text: async () => new TextDecoder().decode(await bytes()) }
}

function readerOf(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader()
  return () => reader.read()
}
