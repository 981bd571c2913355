/** What a caller of HTTP sees, whichever way its calls go out. */
import type { Source } from '../source.ts'

export type HttpClient = {
  /** Sends a request. Throws a `TypeError`, having sent nothing, for a URL or a header that cannot be one. */
  readonly send: (request: HttpRequest) => HttpCall
  /** Closes what is idle; what is under way goes on to its end and is closed then. */
  readonly close: () => void
  /** Connections there are, those included that are still being made. */
  readonly connections: () => number
}

export type HttpRequest = {
  readonly method: Method
  /** `http:` or `https:`. */
  readonly url: string
  /** Names in lower case; `host` and how the body is framed are added. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * What is pulled is so from when there is a connection until it has been sent, is not wanted any more (cancelled), or
   * breaks the call. It is sent once, over a connection that is made for it.
   */
  readonly body: Uint8Array | Source
  /** Until there is a connection, TLS included. */
  readonly connectMs: number
  /** Whether it may be sent once more when a kept connection turns out to be closed before anything came back. Never is what was pulled. */
  readonly isRepeatable: boolean
}
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

export type HttpCall = {
  /**
   * Resolves with status and headers, the body still on its way, and that of the request perhaps too: it is sent on until
   * an answer says that it was not taken (300 and above), or has ended. Rejects with an `UnreachableError` (a `NoRoomError`
   * where it is ours) when nothing was sent, with the reason given to `abort`, or with what broke the connection.
   */
  readonly response: Promise<HttpResponse>
  /** Ends the call wherever it is, its body included; without effect once all of it has come. */
  readonly abort: (reason: Error) => void
}

/** What is read of an answer's headers; several of one name are joined by `, `. Names in lower case. */
export type ResponseHeaders = { readonly get: (name: string) => string | null }

/** An answer, and the source of its body. `length`: null where it is not known before the end. */
export type HttpResponse = Omit<Source, 'open'> & {
  readonly status: number
  readonly headers: ResponseHeaders
  /** The whole body, at once where all of it has come; rejects when it is longer than `bytesMax`. */
  readonly bytes: (bytesMax: number, heard?: Heard) => Uint8Array | Promise<Uint8Array>
}

/** Told of every piece that comes, with how many bytes have come in all. Where it gives a promise, nothing more is read until that is kept. */
export type Heard = (bytes: number) => Promise<void> | null

/** No connection could be made, so nothing was sent. */
export class UnreachableError extends Error {
  constructor(reason: string) {
    super(`no connection: ${reason}`)
    this.name = 'UnreachableError'
  }
}

/** No connection could be made, because this process has as many as it may: nobody else's fault. */
export class NoRoomError extends UnreachableError {
  constructor() {
    super('this process has as many connections as it may')
    this.name = 'NoRoomError'
  }
}
