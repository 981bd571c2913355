/**
 * What this process has lately seen of a deployment: calls in flight, how fast it answers, whether it
 * fails, and what is left of our account's limits there. Passive: real calls are the probes.
 *
 * A breaker opens after a few failures in a row, for a second at first and twice as long each time it
 * opens again; then one call at a time is let through until one succeeds.
 */
import { newGcra, take, waitMs, type Gcra } from '../lib/gcra.ts'
import type { Deployment, Fault, RateStanding } from './deployment.ts'
import { createLastHour, type LastHour } from './last-hour.ts'

/** A failure to connect is told apart from a failure afterwards: only then nothing can have been done. */
export type Trouble = Fault | 'connect'

/** What went wrong last, with the status that said so, if one did; `at` in monotonic ms. */
export type LastFault = { readonly trouble: Trouble; readonly status: number | null; readonly at: number }

export type HealthState = 'healthy' | 'resting' | 'open' | 'half-open' | 'drained'

const failuresMax = 5
const openMsMin = 1_000
const openMsMax = 60_000
/** For troubles that only an operator can end: trying often would be noise. */
const askOperatorMs = 60_000
const restMsDefault = 5_000
const restMsMax = 3_600_000
/** The newest answer's part in the average. */
const latencyShare = 0.2
/** Before anything is known, a deployment counts as fast, so that it is tried. */
export const latencyMsUnknown = 1

export class Health {
  inFlight = 0
  /** Average time to the first byte, ms, newer answers counting more. */
  latencyMs = latencyMsUnknown
  /** When something last came from it, monotonic ms. */
  heardAt = Number.NEGATIVE_INFINITY
  isDrained = false
  /** What came of calls, also of those that keep no others away. */
  readonly lastHour: LastHour = createLastHour()
  /** Why it rests or is open; null when nothing has gone wrong that its state would come from. */
  lastFault: LastFault | null = null
  #failures = 0
  #openMs = 0
  #openUntil = Number.NEGATIVE_INFINITY
  #isProbing = false
  #restsUntil = Number.NEGATIVE_INFINITY
  #restsFor: Trouble = 'rate'
  readonly #requests: Gcra = newGcra()
  readonly #tokens: Gcra = newGcra()

  /** Whether a call of about so many input tokens may go there now. */
  isUsable(deployment: Deployment, tokens: number, now: number): boolean {
    if (this.isDrained || now < this.#openUntil || now < this.#restsUntil) return false
    return !(this.#openMs > 0 && this.#isProbing) && this.#isBelowCeiling(deployment, tokens, now)
  }

  #isBelowCeiling({ rpm, tpm }: Deployment, tokens: number, now: number): boolean {
    return (
      (rpm === null || waitMs(this.#requests, rpm, 1, now) === 0) &&
      // What is larger than the ceiling by itself goes when nothing else has gone for a minute.
      (tpm === null || waitMs(this.#tokens, tpm, Math.min(tokens, tpm), now) === 0)
    )
  }

  /** Why no call may go there now; null when one may, or an operator keeps them away. */
  keptAwayBy(deployment: Deployment, tokens: number, now: number): Trouble | null {
    if (this.isDrained || this.isUsable(deployment, tokens, now)) return null
    if (now < this.#restsUntil) return this.#restsFor
    return this.#openMs > 0 ? 'upstream' : 'rate'
  }

  /** Whether only the breaker keeps calls away: a last resort where nothing else is left. */
  isLastResort(deployment: Deployment, tokens: number, now: number): boolean {
    const isKept = this.isDrained || now < this.#restsUntil || this.#isProbing
    return !isKept && this.#isBelowCeiling(deployment, tokens, now)
  }

  /** ms until its rest or its open breaker is over; 0 when neither holds it. */
  restMs(now: number): number {
    return Math.max(0, this.#restsUntil - now, this.#openUntil - now)
  }

  /** A call goes out. Ends by `ended`, whatever becomes of it. */
  begin({ rpm, tpm }: Deployment, tokens: number, now: number): void {
    this.inFlight += 1
    if (this.#openMs > 0) this.#isProbing = true
    if (rpm !== null) take(this.#requests, rpm, 1, now)
    if (tpm !== null) take(this.#tokens, tpm, Math.min(tokens, tpm), now)
  }

  ended(): void {
    this.inFlight -= 1
    this.#isProbing = false
  }

  /** It answered as it should, or refused what was the client's own mistake. */
  succeeded(firstByteMs: number, now: number): void {
    this.heardAt = now
    if (now >= this.#restsUntil) this.lastFault = null
    this.latencyMs += (firstByteMs - this.latencyMs) * latencyShare
    this.#failures = 0
    this.#openMs = 0
  }

  failed(trouble: Trouble, retryAfterMs: number | null, now: number, status: number | null = null): void {
    const restedUntil = this.#restsUntil
    this.#keepAway(trouble, retryAfterMs, now)
    // Calls from before a rest that is longer are not why it rests.
    const isWhy = now >= restedUntil || this.#restsUntil > restedUntil
    if (isWhy && !isPassing(trouble)) this.lastFault = { trouble, status, at: now }
  }

  #keepAway(trouble: Trouble, retryAfterMs: number | null, now: number): void {
    switch (trouble) {
      case 'rate':
        this.#rest(retryAfterMs ?? restMsDefault, now, trouble)
        return
      case 'quota':
      case 'credential':
      case 'missing':
        this.#rest(retryAfterMs ?? askOperatorMs, now, trouble)
        return
      case 'client':
      case 'policy':
      case 'conflict':
        return
      case 'connect':
      case 'timeout':
      case 'upstream':
        if (retryAfterMs !== null) this.#rest(Math.min(retryAfterMs, openMsMax), now, trouble)
        this.#failures += 1
        if (this.#failures >= failuresMax || this.#openMs > 0) this.#open(now)
    }
  }

  /** Keeps calls away while the vendor's own figures say that they would be refused. */
  learn({ requestsLeft, requestsResetMs, tokensLeft, tokensResetMs }: RateStanding, now: number): void {
    const restedUntil = this.#restsUntil
    if (requestsLeft === 0) this.#rest(requestsResetMs ?? 0, now, 'rate')
    if (tokensLeft === 0) this.#rest(tokensResetMs ?? 0, now, 'rate')
    if (this.#restsUntil > restedUntil) this.lastFault = { trouble: 'rate', status: null, at: now }
  }

  /** Forgets what kept calls away: an operator has looked after it. */
  forgive(): void {
    this.lastFault = null
    this.#failures = 0
    this.#openMs = 0
    this.#openUntil = this.#restsUntil = Number.NEGATIVE_INFINITY
  }

  state(now: number): HealthState {
    if (this.isDrained) return 'drained'
    if (now < this.#restsUntil) return 'resting'
    if (now < this.#openUntil) return 'open'
    return this.#openMs > 0 ? 'half-open' : 'healthy'
  }

  #rest(ms: number, now: number, why: Trouble): void {
    const until = now + Math.min(ms, restMsMax)
    if (until <= this.#restsUntil) return
    this.#restsUntil = until
    this.#restsFor = why
  }

  #open(now: number): void {
    // Calls that were on their way when it opened say nothing new.
    if (now < this.#openUntil) return
    this.#openMs = Math.min(Math.max(openMsMin, this.#openMs * 2), openMsMax)
    this.#openUntil = now + this.#openMs
  }
}

/** What says nothing of the deployment. */
const isPassing = (trouble: Trouble): boolean => trouble === 'client' || trouble === 'policy' || trouble === 'conflict'
