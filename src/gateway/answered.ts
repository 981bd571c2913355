/** What passes between the steps of an attempt: the turn, the call on its way, and what came of it. */
import type { QueuedRoom } from '../lib/byte-queue.ts'
import type { HttpResponse } from '../lib/http-client/contract.ts'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { Intent } from '../money/journal.ts'
import type { Attempt } from '../store/store.ts'
import type { Refusal } from '../upstreams/deployment.ts'
import type { Candidate } from '../upstreams/fleet.ts'
import type { Admitted } from './admit.ts'
import type { Framing, Reading, StreamReader, Wire } from './dialect.ts'
import type { Exchange } from './watch.ts'

/** A candidate's turn: the call that is to go to it. */
export type Turn = {
  readonly request: HttpRequest
  readonly admitted: Admitted
  readonly candidate: Candidate
  /** Attempts at others before. */
  readonly failed: readonly Attempt[]
}

/** A call on its way there; without an intent where it is free. */
export type Trying = Turn & { readonly wire: Wire; readonly intent: Intent | null; readonly exchange: Exchange }

export type Answered = Trying & {
  readonly upstream: HttpResponse
  /** All attempts, the one that gave the answer last. */
  readonly attempts: readonly Attempt[]
} & (Plain | Begun | Bytes | Refused)

/** `isEvents`: it was made a stream of events, which was asked for. `room`: held for its bytes where they are many, until nothing is kept of them. */
type Plain = {
  readonly kind: 'plain'
  readonly isEvents: boolean
  readonly bytes: Uint8Array
  readonly reading: Reading
  readonly room: QueuedRoom | null
}
/** A stream that has begun: what `follow` has taken and gave for the client, and what is still to be read. */
export type Begun = {
  readonly kind: 'stream'
  readonly framing: Framing
  readonly follow: StreamReader
  readonly given: Uint8Array
  readonly source: Source
}
/** Bytes that pass as they come, whatever they are; `upstream` is their source. `status`: what they are of the whole, as HTTP says it. */
type Bytes = { readonly kind: 'bytes'; readonly status: number }
/** `status`: what the refusal comes to, which an error within an answer says by itself. */
type Refused = { readonly kind: 'refused'; readonly status: number; readonly refusal: Refusal }

/** An answer goes out as the vendors' own do, whichever success its upstream called it. */
export const okStatus = 200

export type Source = Pick<HttpResponse, 'read' | 'cancel'>
