/**
 * Watches exchanges with upstreams: deadlines, drains and progress, by one timer for all of them, so
 * that a chunk costs no more than writing down when it came.
 */
import type { Clock } from '../lib/clock.ts'

export type Deadlines = {
  /** Until the upstream's status and headers: long reasoning and 4K images take minutes. */
  readonly firstByteMs: number
  /** Between two pieces of an answer. */
  readonly idleMs: number
  readonly totalMs: number
  /** From when the client left, for an answer that is drained for its usage. */
  readonly drainMs: number
}

/** Why we cut an exchange off. */
export type Cut = 'first-byte' | 'idle' | 'total' | 'drain' | 'client-left'

export type Watch = {
  readonly begin: () => Exchange
  /** Lets an exchange be drained after its client left, if there is room for one more; tells whether there is. */
  readonly drain: (exchange: Exchange) => boolean
  readonly active: () => number
  readonly stop: () => void
}

const sweepMs = 250
const progressMs = 2_000

export function createWatch(deadlines: Deadlines, drainsMax: number, clock: Clock): Watch {
  const exchanges = new Set<Exchange>()
  const drains = (): number => [...exchanges].filter((exchange) => exchange.drainingSince !== null).length
  const timer = setInterval(() => {
    for (const exchange of exchanges) look(exchange, deadlines, clock.monotonic())
  }, sweepMs)
  return {
    begin() {
      const exchange = new Exchange(clock, () => exchanges.delete(exchange))
      exchanges.add(exchange)
      return exchange
    },
    drain(exchange) {
      if (drains() >= drainsMax) return false
      exchange.drainingSince = clock.monotonic()
      return true
    },
    active: () => exchanges.size,
    stop: () => clearInterval(timer),
  }
}

/** One exchange with an upstream, from the call until its answer is settled. */
export class Exchange {
  readonly startedAt: number
  /** When something last came from the upstream, monotonic ms. */
  heardAt: number
  reportedAt: number
  drainingSince: number | null = null
  isAnswered = false
  cutBy: Cut | null = null
  /** Called after every two seconds in which something came, while the answer streams. */
  onProgress: () => void = () => undefined
  readonly #controller = new AbortController()
  readonly #forget: () => void

  constructor(clock: Clock, forget: () => void) {
    this.startedAt = this.heardAt = this.reportedAt = clock.monotonic()
    this.#forget = forget
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Aborts the upstream call; the first reason stays. */
  cut(why: Cut): void {
    this.cutBy ??= why
    this.#controller.abort(new Error(`cut off: ${why}`))
  }

  /** The upstream's status and headers have come. */
  answered(now: number): void {
    this.isAnswered = true
    this.heardAt = now
  }

  end(): void {
    this.#forget()
  }
}

function look(exchange: Exchange, deadlines: Deadlines, now: number): void {
  const why = overdue(exchange, deadlines, now)
  if (why) exchange.cut(why)
  else if (exchange.isAnswered && exchange.heardAt > exchange.reportedAt && now - exchange.reportedAt >= progressMs) {
    exchange.reportedAt = now
    report(exchange)
  }
}

/** A note that cannot be taken must not stop the timer that watches everybody. */
function report(exchange: Exchange): void {
  try {
    exchange.onProgress()
  } catch {
    exchange.reportedAt = Number.POSITIVE_INFINITY
  }
}

function overdue(exchange: Exchange, deadlines: Deadlines, now: number): Cut | null {
  if (exchange.drainingSince !== null && now - exchange.drainingSince > deadlines.drainMs) return 'drain'
  if (!exchange.isAnswered && now - exchange.startedAt > deadlines.firstByteMs) return 'first-byte'
  if (exchange.isAnswered && now - exchange.heardAt > deadlines.idleMs) return 'idle'
  return now - exchange.startedAt > deadlines.totalMs ? 'total' : null
}
