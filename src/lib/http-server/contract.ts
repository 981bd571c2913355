/** What a handler of requests sees and gives. */
import { newRequestId } from '../ids.ts'
import type { Source } from '../source.ts'

export type HttpRequest = {
  readonly method: string
  /** Path and query as they were sent, beginning with `/`. */
  readonly target: string
  /** The host that was asked for, and its port, as they were sent; empty where HTTP/1.0 does not say. */
  readonly host: string
  /** The IP address that the connection is from, which may be a proxy's; IPv4 as such. */
  readonly peer: string
  /** Names in lower case; several of one name are joined by `, `. */
  readonly headers: RequestHeaders
  /** How long the body is, in bytes; null where its sender does not say. */
  readonly length: number | null
  /**
   * The whole body, at once where all of it has come. Rejects or throws with a `BodyError`, for one longer than
   * `bytesMax` without reading it. While it comes, `hasRoom` is asked whether so many bytes of it may be kept. Once.
   */
  readonly bytes: (bytesMax: number, hasRoom?: (bytes: number) => boolean) => Uint8Array | Promise<Uint8Array>
  /**
   * The body as it comes, instead of `bytes`: what is not read holds its sender back, and 256 KiB and one read of it wait
   * here at the most. Throws a `BodyError` for one that is longer than `bytesMax`, or reading it rejects with one. Once.
   */
  readonly source: (bytesMax: number) => Source
  /** Whether the client closed its connection before the whole answer was given. */
  readonly hasLeft: boolean
  /** `listener` is told when it does, or at once when it has. */
  readonly onLeave: (listener: () => void) => void
}

export type RequestHeaders = {
  readonly get: (name: string) => string | null
  readonly entries: () => Iterable<readonly [name: string, value: string]>
}

export type HttpAnswer = {
  readonly status: number
  /** Names in lower case; several values are several lines. `date`, the length and what concerns the connection are added. */
  readonly headers: AnswerHeaders
  /**
   * A stream or a source is pulled as fast as the client takes it, and cancelled when the client leaves. One that errs, or
   * has less than it says, breaks the connection, behind all that it gave; of one that has more, the rest is not sent. null
   * to a HEAD: its length is not known; of a source, it is.
   */
  readonly body: Uint8Array | string | Streamed | null
  /** Told once nothing of the body is kept any more: the client has taken all of it, or is gone. */
  readonly released?: () => void
  /**
   * How long the client may take nothing of it from now on, ms, because others wait for what is kept; null: as long as of
   * any answer. Asked each second. A client that takes nothing for longer is cut off.
   */
  readonly patienceMs?: () => number | null
}
export type Streamed = ReadableStream<Uint8Array> | Source
export type AnswerHeaders = Record<string, string | readonly string[]>

export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

/** Why there is no body: it is larger than is wanted, there is no room for it, the client left, it came too slowly, it is no HTTP, or the server stops. */
export type BodyTrouble = 'too-large' | 'no-room' | 'left' | 'slow' | 'malformed' | 'stopping'

export class BodyError extends Error {
  readonly trouble: BodyTrouble
  /** How long the client says that it is; null when it does not say. */
  readonly bytes: number | null

  constructor(trouble: BodyTrouble, bytes: number | null = null) {
    super(`there is no request body: ${trouble}`)
    this.name = 'BodyError'
    this.trouble = trouble
    this.bytes = bytes
  }
}

const problemCodes: Readonly<Record<number, string>> = {
  404: 'not_found',
  408: 'request_timeout',
  413: 'body_too_large',
  421: 'misdirected_request',
  429: 'rate_limited',
  500: 'internal',
  503: 'overloaded',
}
/** An answer in no dialect, for what never came to a handler. It has an id that people can quote, as every answer has. */
export function problemAnswer(status: number, message: string): HttpAnswer {
  const answer = jsonAnswer({ error: { code: problemCodes[status] ?? 'bad_request', message } }, status)
  answer.headers['x-request-id'] = newRequestId()
  return answer
}

export const jsonAnswer = (value: unknown, status = 200): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

/** A page, and the content security policy that it is shown under. It tells what one client asked for, so nobody keeps it. */
export const htmlAnswer = (html: string, policy: string): HttpAnswer => ({
  status: 200,
  headers: {
    'content-type': 'text/html; charset=UTF-8',
    'content-security-policy': policy,
    'cache-control': 'no-store',
  },
  body: html,
})
