/**
 * Trying deployments in turn, until one answers or trying on cannot help. Only before the first byte:
 * what a client has seen the beginning of is never begun again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '../store/store.ts'
import { choose, restMs, type Candidate, type Candidates, type Choice } from '../upstreams/fleet.ts'
import type { Trouble } from '../upstreams/health.ts'
import type { GatewayDeps } from './deps.ts'
import { GatewayError } from './errors.ts'
import { failureFor, retryMs, worstOf, type Blameless, type Failure } from './trouble.ts'

/** What became of one attempt. */
export type Tried<Answer> =
  | { readonly answer: Answer }
  | {
      readonly trouble: Trouble | Blameless
      readonly retryAfterMs: number | null
      readonly attempt: Attempt
      readonly failure: GatewayError
      /** Whether another deployment may be asked for the same: nothing can have been done that matters. */
      readonly isRepeatable: boolean
      /** Whether the same one may be asked once more, with a fresh access token. */
      readonly isRenewed: boolean
    }

export type Ask = Pick<Choice, 'affinity' | 'tokens'> & {
  readonly candidates: Candidates
  /** Monotonic ms after which no further attempt begins. */
  readonly until: number
  readonly attemptsMax: number
}

/** No deployment gave an answer; the attempts are for the receipt. */
export class UpstreamError extends Error {
  readonly failure: GatewayError
  readonly attempts: readonly Attempt[]

  constructor(failure: GatewayError, attempts: readonly Attempt[]) {
    super(failure.message, { cause: failure })
    this.name = 'UpstreamError'
    this.failure = failure
    this.attempts = attempts
  }
}

/** The first answer of any candidate. `once` tries one, and is told which attempts have failed before. Throws `UpstreamError`. */
export async function tryInTurn<Answer>(
  ask: Ask,
  once: (candidate: Candidate, failed: readonly Attempt[]) => Promise<Tried<Answer>>,
  deps: Pick<GatewayDeps, 'clock' | 'failover'>,
): Promise<Answer> {
  const { candidates, affinity, tokens } = ask
  const failed: Attempt[] = []
  const failures: Failure[] = []
  const tried: Candidate[] = []
  let renewed: Candidate | null = null
  for (;;) {
    const candidate: Candidate | null =
      renewed ?? choose(candidates, { affinity, tokens, tried, now: deps.clock.monotonic() })
    if (!candidate) throw new UpstreamError(lastWord(failures, tried, ask, deps.clock.monotonic()), failed)
    const result = await once(candidate, failed)
    if ('answer' in result) return result.answer
    const { trouble, failure, attempt } = result
    failed.push(attempt)
    if (trouble === 'client-left') throw new UpstreamError(failure, failed)
    failures.push({ trouble, failure })
    renewed = result.isRenewed && !tried.includes(candidate) ? candidate : null
    tried.push(candidate)
    const isOver = failed.length >= ask.attemptsMax || deps.clock.monotonic() >= ask.until
    if (isOver || !result.isRepeatable)
      throw new UpstreamError(lastWord(failures, tried, ask, deps.clock.monotonic()), failed)
    if (!renewed && tried.length < candidates.list.length) await sleep(Math.random() * deps.failover.jitterMs)
  }
}

/** What the client is told in the end: of all that failed, and of those that could not even be asked. One may ask for a long rest where another is free sooner. */
function lastWord(
  failures: readonly Failure[],
  tried: readonly Candidate[],
  { candidates, tokens }: Ask,
  now: number,
): GatewayError {
  const wait = Math.max(retryMs, Math.ceil(restMs(candidates, now)))
  const keptAway = candidates.list.flatMap((candidate): Failure[] => {
    const trouble = tried.includes(candidate) ? null : candidate.health.keptAwayBy(candidate.deployment, tokens, now)
    return trouble === null ? [] : [{ trouble, failure: failureFor(trouble, { retryAfterMs: wait, cause: unasked }) }]
  })
  // Where nobody was asked or rests, an operator has drained them all.
  const word = worstOf([...keptAway, ...failures]) ?? failureFor('upstream', { retryAfterMs: wait, cause: unasked })
  const { retryAfterMs = retryMs } = word.details
  if (candidates.list.length === 1 || retryAfterMs <= wait) return word
  return new GatewayError(word.code, word.message, { ...word.details, retryAfterMs: wait })
}

const unasked = 'a deployment rests, is drained, or is at its ceiling'
