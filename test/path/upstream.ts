/** An upstream that is a function: what it is sent, and what it answers. */
import type { HttpClient, HttpRequest, HttpResponse } from '../../src/lib/http-client/contract.ts'
import type { Piece } from '../../src/lib/source.ts'

/** Nothing comes any more. */
export const silence = Symbol('silence')

export type SentCall = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Why it was cut off; null while it was not. */
  abortedBy: Error | null
}

export type Answer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Its body, in these pieces; an error breaks it off, and `silence` lasts until the call is cut off. */
  readonly pieces?: readonly (string | Uint8Array | Error | typeof silence)[]
  /** As `content-length` says. */
  readonly length?: number
}
/** What becomes of a call: an answer, none until it is cut off, or an error. */
export type Answerer = (call: SentCall, at: number) => Answer | typeof silence | Error

export function createUpstream(answerer: Answerer) {
  const sent: SentCall[] = []
  const send = (request: HttpRequest) => {
    const { method, url, headers, body } = request
    const call: SentCall = {
      method,
      url,
      headers,
      body: body instanceof Uint8Array ? new TextDecoder().decode(body) : '',
      abortedBy: null,
    }
    let cut: (reason: Error) => void = () => undefined
    const aborted = new Promise<never>((_, reject) => (cut = reject))
    aborted.catch(() => undefined)
    sent.push(call)
    const answer = answerer(call, sent.length - 1)
    const response =
      answer === silence
        ? aborted
        : answer instanceof Error
          ? Promise.reject<HttpResponse>(answer)
          : Promise.resolve(responseOf(answer, aborted))
    response.catch(() => undefined)
    return {
      response,
      abort(reason: Error) {
        call.abortedBy ??= reason
        cut(reason)
      },
    }
  }
  const http: HttpClient = { send, close: () => undefined, connections: () => 0 }
  return { http, sent }
}

function responseOf(
  { status = 200, headers = {}, pieces = [], length }: Answer,
  aborted: Promise<never>,
): HttpResponse {
  const left = [...pieces]
  const read = (): Promise<Piece> => {
    const next = left.shift()
    if (next === undefined) return Promise.resolve({ done: true })
    if (next === silence) return aborted
    if (next instanceof Error) return Promise.reject(next)
    return Promise.resolve({ done: false, value: typeof next === 'string' ? new TextEncoder().encode(next) : next })
  }
  return {
    status,
    headers: { get: (name) => headers[name] ?? null },
    length: length ?? null,
    read,
    async bytes() {
      const all: Uint8Array[] = []
      for (let piece = await read(); !piece.done; piece = await read()) all.push(piece.value)
      return Buffer.concat(all)
    },
    cancel: () => Promise.resolve(),
  }
}
