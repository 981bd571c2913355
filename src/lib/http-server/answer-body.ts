/** The bodies of answers as they are sent. */
import type { Ending } from './answer-head.ts'
import { problemAnswer, type HttpAnswer } from './contract.ts'

/** A body that streams. */
export type Source = {
  readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  readonly cancel: () => Promise<void>
}

export const none = new Uint8Array(0)
export const lastChunk = Buffer.from('0\r\n\r\n')

/** A piece of a body, as a chunk. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  const size = `${bytes.length.toString(16)}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 2)
  chunk.write(size, 'latin1')
  chunk.set(bytes, size.length)
  chunk.write('\r\n', size.length + bytes.length, 'latin1')
  return chunk
}

/** An answer that nobody takes. */
export function drop(answer: HttpAnswer | undefined): void {
  if (answer?.body instanceof ReadableStream) answer.body.cancel().catch(() => undefined)
  answer?.released?.()
}

/** null for a stream. */
export function bytesOf(body: HttpAnswer['body']): Uint8Array | null {
  if (body instanceof ReadableStream) return null
  return typeof body === 'string' ? Buffer.from(body) : (body ?? none)
}

/** `bytes`: null for a stream. */
export function lengthOf(status: number, bytes: Uint8Array | null, isCurrent: boolean): Ending['length'] {
  if (status === 204 || status === 304) return null
  return bytes?.length ?? (isCurrent ? 'chunked' : 'until-closed')
}

export const ourMistake = (): HttpAnswer => problemAnswer(500, 'Something went wrong on our side.')
