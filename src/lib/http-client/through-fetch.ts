import type { HttpCall, HttpClient, HttpRequest, HttpResponse } from './contract.ts'
import { streamOf, type Piece } from '../source.ts'
import { statedLength } from './incoming.ts'

/**
 * The same by `fetch`, which knows how to leave through an HTTP proxy. It has no deadline for connecting, and
 * tells a call that was not sent only by its error's code. How many connections it has is not known.
 */
export const clientThroughFetch = (): HttpClient => ({ send, close: () => undefined, connections: () => 0 })

function send({ method, url, headers, body }: HttpRequest): HttpCall {
  const controller = new AbortController()
  const abort = (reason: Error): void => controller.abort(reason)
  const response = fetch(url, {
    method,
    headers,
    ...(body.length !== 0 && { body: body instanceof Uint8Array ? body : streamOf(body) }),
    signal: controller.signal,
    redirect: 'manual',
    decompress: false,
    // Bun gives up after 300 s by itself.
    timeout: false,
  } as RequestInit).then((answer) => responseOf(answer, abort))
  // Whoever no longer waits for the answer need not be told.
  response.catch(() => undefined)
  return { response, abort }
}

function responseOf({ status, headers, body }: Response, abort: (reason: Error) => void): HttpResponse {
  const reader = body?.getReader()
  const read = async (): Promise<Piece> => {
    const next = await reader?.read()
    return next?.value ? { done: false, value: next.value } : { done: true }
  }
  return {
    status,
    headers,
    length: statedLength(headers),
    read,
    async bytes(bytesMax, heard) {
      const pieces: Uint8Array[] = []
      let length = 0
      for (let piece = await read(); !piece.done; piece = await read()) {
        length += piece.value.length
        await heard?.(length)
        if (length > bytesMax) {
          abort(new Error('more was sent than is wanted'))
          throw new Error(`the answer is larger than ${bytesMax} bytes`)
        }
        pieces.push(piece.value)
      }
      return Buffer.concat(pieces)
    },
    cancel: async () => reader?.cancel(),
  }
}
