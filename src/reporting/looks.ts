/**
 * Looking through a time a piece at a time, where nobody knows how much is in it: a look that took long makes the next one
 * shorter, and a quick one makes it longer. So a filter that hardly anything meets is searched for as quickly as one look
 * would, and nobody else waits for more than a piece.
 */
import type { Clock } from '../lib/clock.ts'
import { nextTurn } from './turns.ts'

/** Epoch ms: [from, to). */
type Span = { readonly from: number; readonly to: number }
export type LooksAsked = Span & {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Whoever asked has left. */
  readonly signal?: AbortSignal | undefined
}

const firstMs = 3_600_000
const leastMs = 60_000
const mostMs = 86_400_000
/** How long a look is to take, ms. */
const aimMs = 10

/** Spans that meet, newest first, each with a turn of its own. Throws where whoever asked has left. */
export async function* looksBack({ from, to, clock, signal }: LooksAsked): AsyncGenerator<Span, undefined> {
  let lengthMs = firstMs
  for (let end = to; end > from;) {
    signal?.throwIfAborted()
    const span = { from: Math.max(from, end - lengthMs), to: end }
    const startedAt = clock.monotonic()
    yield span
    const tookMs = clock.monotonic() - startedAt
    if (tookMs > aimMs) lengthMs = Math.max(leastMs, lengthMs / 4)
    else if (tookMs < aimMs / 2) lengthMs = Math.min(mostMs, lengthMs * 2)
    end = span.from
    await nextTurn()
  }
  return undefined
}
