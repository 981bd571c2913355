/**
 * Letting a request in by its head, before its body is read: within its key's requests, and with room for the body
 * where that is large. Whoever has no credit, or has used up a limit, costs nobody a body.
 */
import { zeroNano } from '../lib/amounts.ts'
import type { Room } from '../lib/byte-budget.ts'
import type { AnswerHeaders, HttpRequest } from '../lib/http-server/contract.ts'
import type { Leaving, Rejection, Ticket } from '../limits/limits.ts'
import { memoryBytesMax, SpoolFullError, type Kept } from '../lib/spool.ts'
import type { KeyRow } from '../store/store.ts'
import { bodyRoom, noRoom, smallBytesMax } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import { GatewayError } from './errors.ts'
import { formRuleOf, passesOn } from './form-body.ts'
import { mayRepeat } from './may-repeat.ts'
import { billingUnavailable, emptyCredit } from './no-money.ts'
import type { BodyRule, FormRule } from './operation.ts'
import { setRateLimits } from './rate-limit-headers.ts'

/** A request's place, until it leaves: within its key's limits, and in memory. */
export type Place = Ticket & {
  /** For its body; null for a small one. */
  readonly room: Room | null
  /** Where a form is kept; null for any other body. */
  readonly kept: Kept | null
}

/** Gives a request its place; waits only where credit must be asked for. Throws, or rejects with, what keeps it out. */
export function enter(request: HttpRequest, key: KeyRow, body: BodyRule, deps: GatewayDeps): Place | Promise<Place> {
  const ticket = deps.limits.enter(key)
  if (!('leave' in ticket)) throw rateLimited(ticket, key, deps)
  const form = formRuleOf(request, body)
  const bytes = form ? windowBytes : bodyRoom(request, body.bytesMax)
  if (!form && bytes <= smallBytesMax) return new Entered(ticket, null, null)
  const entering = { ticket, key, request }
  return form && !passesOn(request, form)
    ? enterForm(entering, lengthsOf(request, form), deps)
    : enterLarge(entering, bytes, deps)
}

type Entering = { readonly ticket: Ticket; readonly key: KeyRow; readonly request: HttpRequest }

class Entered implements Place {
  readonly #ticket: Ticket
  readonly room: Room | null
  readonly kept: Kept | null

  constructor(ticket: Ticket, room: Room | null, kept: Kept | null) {
    this.#ticket = ticket
    this.room = room
    this.kept = kept
  }

  takeTokens(guess: number): Rejection | null {
    return this.#ticket.takeTokens(guess)
  }

  leave(actual: Leaving): void {
    this.kept?.free()
    this.room?.free()
    this.#ticket.leave(actual)
  }
}

/** Of a form that passes as it comes, this waits here at the most, on both of its sides. */
const windowBytes = 1024 * 1024

async function enterLarge({ ticket, key, request }: Entering, bytes: number, deps: GatewayDeps): Promise<Place> {
  try {
    // The answer to what was paid is owed, whatever is left.
    if (!deps.prices.hasFree && !mayRepeat(request, key, deps)) await assertCredit(key, deps)
    const room = deps.bodies.take(key.organizationId, bytes)
    if (typeof room === 'string') throw noRoom(room)
    return new Entered(ticket, room, null)
  } catch (error) {
    leaveUnserved(ticket)
    throw error
  }
}

/** A form's first MiB are kept in memory, and larger ones in the spool. One that is refused for its length is not kept. */
async function enterForm(
  entering: Entering,
  { inMemory, kept: length }: ReturnType<typeof lengthsOf>,
  deps: GatewayDeps,
): Promise<Place> {
  const place = await enterLarge(entering, inMemory, deps)
  const { ticket, key } = entering
  try {
    return new Entered(ticket, place.room, deps.spool.keep(key.organizationId, length))
  } catch (error) {
    leaveUnserved(place)
    throw error instanceof SpoolFullError ? noRoom(error.full) : error
  }
}

function lengthsOf({ length }: HttpRequest, { formBytesMax }: FormRule) {
  const kept = length !== null && length > formBytesMax ? 0 : length
  return { inMemory: Math.min(kept ?? memoryBytesMax, memoryBytesMax), kept }
}

/** A request that never came to be admitted gives back what it holds. */
export const leaveUnserved = (place: Pick<Ticket, 'leave'> | null): void =>
  place?.leave({ tokens: 0, chargeNano: zeroNano })

async function assertCredit({ organizationId, mode }: KeyRow, { credit }: GatewayDeps): Promise<void> {
  const standing = await credit.standing(organizationId, mode).catch((cause: unknown) => {
    throw billingUnavailable('the store cannot be reached', cause)
  })
  if (standing.availableNano <= 0n) throw emptyCredit(standing, mode)
}

/** The refusal of a request that does not fit its key's limits now: which, how far used, and when to come back. */
export function rateLimited(rejection: Rejection, key: KeyRow, deps: Pick<GatewayDeps, 'limits'>): GatewayError {
  const { limit, used, allowed, retryAfterMs } = rejection
  const headers: AnswerHeaders = {}
  setRateLimits(headers, deps.limits.standings(key))
  const named = limit === 'concurrency' ? `${allowed} requests at once` : `${allowed} ${limit} per minute`
  return new GatewayError(
    'rate_limited',
    `Rate limit reached for this key: ${named}, used ${used}. Try again in ${Math.ceil(retryAfterMs / 1000)} s, or ask for a higher limit.`,
    {
      limit,
      retryAfterMs,
      headers,
      facts: { limit_name: limit, used: String(used), allowed: String(allowed), reset_ms: String(retryAfterMs) },
    },
  )
}
