/**
 * The control thread as the data plane's thread has it: sign-in, the pages' JSON and reports run there, off this event
 * loop. It is started by the first request that needs it, because it costs memory that a gateway without pages need not
 * have, and again by the first request after it died.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../lib/clock.ts'
import {
  BodyError,
  problemAnswer,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from '../../lib/http-server/contract.ts'
import { bodyTroubleAnswer } from '../../lib/http-server/through-web.ts'
import type { Log } from '../../lib/log.ts'
import type { CountedRejection } from '../../store/reports-db/reports-db.ts'
import { addressHeader } from '../address-header.ts'
import type { InsideAdmin } from '../inside-admin.ts'
import { followExchanges, type Exchanges } from './exchanges.ts'
import { inBatches } from './in-batches.ts'
import type { Ask, ControlSettings, Reply, SentRequest, ToControl, ToMain } from './messages.ts'

export type ControlThread = {
  readonly handle: HttpHandler
  /** Ends what is under way there, since what is live never ends by itself: streams break off, and whoever waits or asks from now on gets a 503. */
  readonly stop: () => Promise<void>
}

export type ControlThreadDeps = {
  readonly settings: ControlSettings
  readonly admin: InsideAdmin
  /** Brings everything journaled so far into the store. */
  readonly ship: () => Promise<void>
  /** Calls that were turned away since it was asked last. */
  readonly takeRejections: () => readonly CountedRejection[]
  /** Scheme, host and port that the client asked for. */
  readonly originOf: (request: HttpRequest) => string
  /** Who asks, as an IP address. */
  readonly addressOf: (request: HttpRequest) => string
  readonly clock: Clock
  readonly log: Log
  /** For tests: another thread in its place, and another time until its answers begin. */
  readonly worker?: URL
  readonly headMsMax?: number
}

/** Requests at once, those included whose answers stream. */
export const requestsMax = 1_000
/** Bytes of a request's body. */
const bodyBytesMax = 128 * 1024
/** How long a thread that died is left alone. */
const restMs = 1_000
/** How long a start may take, and how many may fail one after the other: another process may have a file of it for a moment. */
const startMsMax = 20_000
const startsMax = 3
/** How long a request may take until its answer begins. */
const headMsMaxDefault = 60_000

type Running = {
  readonly worker: Worker
  readonly exchanges: Exchanges
  /** Whether it came to be ready: false where it died before. */
  readonly isReady: Promise<boolean>
}

/** Nothing is started yet. Whoever asks while it starts waits for that. */
export function startControlThread(deps: ControlThreadDeps): ControlThread {
  const thread = keepRunning(deps)
  let waiting = 0
  const ready = async (): Promise<Running | null> => {
    waiting += 1
    return thread.ready().finally(() => (waiting -= 1))
  }
  return {
    async handle(request) {
      const body = await bodyOf(request)
      if (body !== null && !(body instanceof Uint8Array)) return body
      if (waiting + (thread.up()?.exchanges.many() ?? 0) >= requestsMax)
        return unavailable('Too much is asked of the pages at once. Try again in a moment.')
      const running = thread.up() ?? (await ready())
      if (running === null) return unavailable('The pages are starting again. Try again in a moment.')
      return running.exchanges.send(request, sentRequest(deps, request, body))
    },
    stop: thread.stop,
  }
}

type Kept = {
  /** null: it is not ready. */
  readonly up: () => Running | null
  /** Starts it where it is not started. null: it does not start, or rests because it died, or is stopped. */
  readonly ready: () => Promise<Running | null>
  readonly stop: () => Promise<void>
}

function keepRunning(deps: ControlThreadDeps): Kept {
  const { clock, log } = deps
  let newest: Running | null = null
  let up: Running | null = null
  let starting: Promise<void> | null = null
  let restsUntil = -Infinity
  const end = (which: Running, reason: string): void => {
    which.exchanges.end()
    void which.worker.terminate()
    if (newest !== which) return
    newest = null
    log.error({ event: 'control-thread-died', reason })
    if (up === which) rest()
  }
  const rest = (): void => {
    up = null
    restsUntil = Math.max(restsUntil, clock.monotonic() + restMs)
  }
  const isStopped = (): boolean => restsUntil === Infinity
  const start = async (): Promise<void> => {
    for (let times = 0; times < startsMax && !isStopped(); times += 1) {
      const started = startWorker(deps, (reason) => end(started, reason))
      newest = started
      if (await started.isReady) return void (up = started)
    }
    rest()
  }
  return {
    up: () => up,
    async ready() {
      if (starting === null && clock.monotonic() < restsUntil) return null
      await (starting ??= start().finally(() => (starting = null)))
      return up
    },
    async stop() {
      restsUntil = Infinity
      const last = newest
      newest = up = null
      last?.exchanges.end()
      await last?.worker.terminate()
    },
  }
}

const unavailable = (message: string): HttpAnswer => {
  const answer = problemAnswer(503, message)
  answer.headers['retry-after'] = String(restMs / 1_000)
  return answer
}

const isBodiless = ({ method }: HttpRequest): boolean => method === 'GET' || method === 'HEAD'

/** The whole body; an answer where there is none to be had. */
async function bodyOf(request: HttpRequest): Promise<Uint8Array | HttpAnswer | null> {
  if (isBodiless(request)) return null
  try {
    const bytes = await request.bytes(bodyBytesMax)
    return bytes.length === 0 ? null : bytes
  } catch (error) {
    if (error instanceof BodyError) return bodyTroubleAnswer(error)
    throw error
  }
}

function sentRequest(deps: ControlThreadDeps, request: HttpRequest, body: Uint8Array | null): SentRequest {
  const headers = [...request.headers.entries()].filter(([name]) => name !== addressHeader)
  return {
    method: request.method,
    url: deps.originOf(request) + request.target,
    headers: [...headers, [addressHeader, deps.addressOf(request)]],
    body,
  }
}

function startWorker(deps: ControlThreadDeps, died: (reason: string) => void): Running {
  const { clock, headMsMax = headMsMaxDefault } = deps
  const worker = new Worker(deps.worker ?? new URL('./control-worker.ts', import.meta.url), {
    workerData: deps.settings,
  })
  worker.unref()
  const port = inBatches<ToControl, ToMain>(worker)
  const { promise: isReady, resolve: readyOr } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => over('it did not start in time'), startMsMax)
  const over = (reason: string): void => {
    clearTimeout(timer)
    died(reason)
    readyOr(false)
  }
  const exchanges = followExchanges(port, { clock, headMsMax, stuck: () => over('it answered nothing in time') })
  port.on('message', (message) => {
    if (message.kind === 'log') deps.log[message.level](message.event)
    else if (message.kind === 'ask')
      void replyTo(deps, message.ask).then((reply) => port.postMessage({ kind: 'reply', id: message.id, reply }))
    else if (message.kind !== 'ready') exchanges.hear(message)
    else {
      clearTimeout(timer)
      readyOr(true)
    }
  })
  worker.on('messageerror', () => over('a message could not be read'))
  worker.on('error', (error) => over(String(error)))
  worker.on('exit', (code) => over(`it exited with ${code}`))
  return { worker, exchanges, isReady }
}

async function replyTo(deps: ControlThreadDeps, ask: Ask): Promise<Reply> {
  try {
    switch (ask.what) {
      case 'admin':
        return { ok: true, value: await deps.admin(ask.call) }
      case 'ship':
        await deps.ship()
        return { ok: true, value: null }
      case 'rejections':
        return { ok: true, value: deps.takeRejections() }
    }
  } catch (error) {
    deps.log.error({ event: 'control-ask-failed', error })
    return { ok: false, message: String(error) }
  }
}
