import type { Turns } from '../turns.ts'
import type { Arrivals } from './arrivals.ts'
import type { HttpAnswer, HttpHandler, HttpRequest } from './contract.ts'
import type { Guest, RefusedFor } from './guest.ts'
import type { HeldMemory } from './held-memory.ts'
import type { ReadingAway } from './reading-away.ts'

/** What all connections of a server share. */
export type Host = {
  readonly handle: HttpHandler
  /** Milliseconds that never go back, as of the last second. */
  readonly now: () => number
  /** For the `date` header. */
  readonly date: () => string
  readonly isStopping: () => boolean
  /** The answer in fewer bytes; null where it is given as it is. */
  readonly compress: (request: HttpRequest | null, answer: HttpAnswer) => Promise<HttpAnswer> | null
  /** Whether it has been stopping for so long that bodies which are still coming are given up. */
  readonly givesUpBodies: () => boolean
  readonly failed: (error: unknown) => void
  /** A connection is no more. */
  readonly gone: (guest: Guest) => void
  /** A connection from an address was turned away. */
  readonly refused: (why: RefusedFor, address: string) => void
  /** For requests that were sent ahead: a few in each turn of the event loop. */
  readonly turns: Turns
  /** For what nobody wants. */
  readonly readingAway: ReadingAway
  readonly held: HeldMemory
  /** For connections that are new. */
  readonly arrivals: Arrivals
}
