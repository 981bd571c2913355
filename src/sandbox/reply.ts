/** What an endpoint wants to answer, as a value. `deliver` puts it on the wire, well or badly. */
import type { Served } from './count.ts'
import type { Usage } from './usage.ts'

/** One record of a stream, and all that has been served once it is sent. */
export type Part = { readonly wire: string; readonly sent: Usage }

/** A file, or a part of one, as it is read. */
export type Slices = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** What will be counted once delivery has ended; null for what costs nothing. */
export type Generation = Omit<Served, 'sequence' | 'clientRequestId' | 'at' | 'complete' | 'sent'>

export type Headers = Readonly<Record<string, string>>

export type Reply =
  | {
      readonly kind: 'plain'
      readonly status: number
      readonly headers: Headers
      readonly body: string
      readonly generation: Generation | null
    }
  | {
      readonly kind: 'stream'
      readonly headers: Headers
      readonly parts: Iterable<Part>
      readonly generation: Generation
    }
  | {
      readonly kind: 'bytes'
      readonly status: number
      /** With the `content-length` of what is sent. */
      readonly headers: Headers
      readonly slices: Slices
      readonly generation: null
    }
  | {
      /** A stream of what is being made meanwhile, and counted when it is made, whether anybody listens or not. */
      readonly kind: 'live'
      readonly headers: Headers
      readonly parts: AsyncIterable<Part>
      readonly generation: null
    }

/** A JSON body that costs nothing: a refusal, a list, a count. */
export const freeJson = (body: unknown, status = 200, headers: Headers = {}): Reply => ({
  kind: 'plain',
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
  generation: null,
})

/** A JSON body that was generated. */
export const generatedJson = (body: object, generation: Generation): Reply => ({
  kind: 'plain',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  generation,
})

const eventHeaders: Headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

/** Server-sent events that are generated as they are sent. */
export const generatedEvents = (parts: Iterable<Part>, generation: Generation): Reply => ({
  kind: 'stream',
  headers: eventHeaders,
  parts,
  generation,
})

/** Server-sent events of what is made meanwhile. */
export const liveEvents = (parts: AsyncIterable<Part>): Reply => ({
  kind: 'live',
  headers: eventHeaders,
  parts,
  generation: null,
})
