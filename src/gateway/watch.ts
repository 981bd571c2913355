/**
 * Watches exchanges with upstreams: deadlines, drains and progress, by one timer for all of them, so
 * that a chunk costs no more than writing down when it came.
 */
import type { Clock } from '../lib/clock.ts'
import type { HttpCall } from '../lib/http-client/contract.ts'
import { noPlace, Roster } from '../lib/roster.ts'

/** Durations in ms. */
export type Deadlines = {
  /** Until there is a connection. */
  readonly connectMs: number
  /** Until the upstream's status and headers: long reasoning and 4K images take minutes. */
  readonly firstByteMs: number
  /** While we wait for the next piece of an answer; a client that reads slowly is given its time. */
  readonly idleMs: number
  /** Of silence in a stream, before its client gets a heartbeat. */
  readonly heartbeatMs: number
  /** For a request with all its attempts. */
  readonly totalMs: number
}

/** Why we cut an exchange off; `lingering`: behind an answer that was complete. */
export type Cut = 'first-byte' | 'idle' | 'total' | 'drain' | 'client-left' | 'lingering'

export type Watch = {
  /** `since`: when the request began, monotonic ms; its total deadline runs from there. */
  readonly begin: (deadlines: Deadlines, since: number) => Exchange
  /** Lets an exchange be drained after its client left, if there is room for one more; tells whether there is. */
  readonly drain: (exchange: Exchange) => boolean
  readonly active: () => number
  readonly draining: () => number
  readonly stop: () => void
}

const sweepMs = 250
/** A sweep that comes so much later than it should finds what came meanwhile unread: this process stood still, and nobody else did. */
const standstillMs = 1_000
const progressMs = 2_000

/** How many answers may be drained at once, and how long each, from when its client left. */
export type DrainBounds = { readonly concurrentMax: number; readonly msMax: number }

/** `bounds` is asked for each time, because configuration may change. */
export function createWatch(bounds: () => DrainBounds, clock: Clock): Watch {
  const exchanges = new Roster<Exchange>()
  const draining = (): number => exchanges.members().filter((exchange) => exchange.drainingSince !== null).length
  let sweptAt = clock.monotonic()
  let hasWaited = false
  const timer = setInterval(() => {
    const now = clock.monotonic()
    // Once: where every sweep is late, deadlines hold all the same.
    hasWaited = !hasWaited && now - sweptAt > sweepMs + standstillMs
    sweptAt = now
    if (hasWaited) return
    for (const exchange of exchanges.members()) look(exchange, bounds().msMax, now)
  }, sweepMs)
  return {
    begin(deadlines, since) {
      return new Exchange({ deadlines, since, now: clock.monotonic() }, exchanges)
    },
    drain(exchange) {
      if (draining() >= bounds().concurrentMax) return false
      exchange.drainingSince = clock.monotonic()
      return true
    },
    active: () => exchanges.size,
    draining,
    stop: () => clearInterval(timer),
  }
}

const nothing = (): void => undefined

/** One exchange with an upstream, from the call until its answer is settled. */
export class Exchange {
  readonly startedAt: number
  /** Called while nothing comes, as often as the deadlines say. */
  onQuiet: () => void = nothing
  #heartbeatAt = Number.NEGATIVE_INFINITY
  readonly #deadlines: Deadlines
  readonly #since: number
  /** Since when the next piece is waited for, monotonic ms; null while the client is to take the last one. */
  waitingSince: number | null
  /** When something last came from the upstream, monotonic ms. */
  heardAt: number
  reportedAt: number
  drainingSince: number | null = null
  #leaveAt = Number.POSITIVE_INFINITY
  #endsHeard = 0
  /** When something of the request was last sent, monotonic ms. */
  #sentAt: number
  isAnswered = false
  cutBy: Cut | null = null
  /** Called after every two seconds in which something came, while the answer streams. */
  onProgress: () => void = nothing
  #call: HttpCall | null = null
  /** Among the exchanges under way. */
  place = noPlace
  readonly #underWay: Roster<Exchange>

  constructor(
    begun: { readonly deadlines: Deadlines; readonly since: number; readonly now: number },
    underWay: Roster<Exchange>,
  ) {
    this.#deadlines = begun.deadlines
    this.#since = begun.since
    this.#sentAt = this.startedAt = this.heardAt = this.reportedAt = this.waitingSince = begun.now
    this.#underWay = underWay
    underWay.add(this)
  }

  /** The call goes out; it is aborted with the exchange. */
  carriedBy(call: HttpCall): void {
    this.#call = call
    if (this.cutBy !== null) call.abort(cutOff(this.cutBy))
  }

  /** Aborts the upstream call; the first reason stays. */
  cut(why: Cut): void {
    this.cutBy ??= why
    this.#call?.abort(cutOff(why))
  }

  /** A piece of the request goes out, and the answer can be waited for from now on at the earliest. */
  sent(now: number): void {
    this.#sentAt = now
  }

  /** The upstream's status and headers have come. */
  answered(now: number): void {
    this.isAnswered = true
    this.heard(now)
  }

  /** A piece of the answer has come, and the next one is waited for. */
  heard(now: number): void {
    this.heardAt = this.waitingSince = now
  }

  /** All that is needed of the answer has come: its upstream has `ms` from the last of its `ends` on to close by itself. */
  linger(ends: number, ms: number, now: number): void {
    const leaveAt = now + ms
    this.#leaveAt = ends === this.#endsHeard ? Math.min(this.#leaveAt, leaveAt) : leaveAt
    this.#endsHeard = ends
  }

  /** Whether so long nothing has come that the client should hear something from us; once for each time that it should. */
  isQuiet(now: number): boolean {
    if (this.waitingSince === null || !this.isAnswered) return false
    if (now - Math.max(this.waitingSince, this.#heartbeatAt) < this.#deadlines.heartbeatMs) return false
    this.#heartbeatAt = now
    return true
  }

  /** Which deadline has passed; null when none has. */
  overdue(now: number, drainMs: number): Cut | null {
    const { firstByteMs, idleMs, totalMs } = this.#deadlines
    if (this.waitingSince !== null && now > this.#leaveAt) return 'lingering'
    if (this.drainingSince !== null && now - this.drainingSince > drainMs) return 'drain'
    if (!this.isAnswered && now - this.#sentAt > firstByteMs) return 'first-byte'
    if (this.isAnswered && this.waitingSince !== null && now - this.waitingSince > idleMs) return 'idle'
    return now - this.#since > totalMs ? 'total' : null
  }

  end(): void {
    this.#underWay.remove(this)
  }

  /** Ends it, and the upstream call with it if that goes on. */
  drop(): void {
    this.#call?.abort(new Error('not wanted any more'))
    this.end()
  }
}

const cutOff = (why: Cut): Error => new Error(`cut off: ${why}`)

function look(exchange: Exchange, drainMs: number, now: number): void {
  const why = exchange.overdue(now, drainMs)
  if (why) return exchange.cut(why)
  if (exchange.isQuiet(now)) harmlessly(exchange.onQuiet)
  if (exchange.isAnswered && exchange.heardAt > exchange.reportedAt && now - exchange.reportedAt >= progressMs) {
    exchange.reportedAt = now
    harmlessly(exchange.onProgress)
  }
}

/** What cannot be done for one exchange must not stop the timer that watches everybody. */
function harmlessly(task: () => void): void {
  try {
    task()
  } catch {
    // A stream that has ended takes no heartbeat, and a journal that cannot be written no note: both are told elsewhere.
  }
}
