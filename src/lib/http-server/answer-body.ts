/** The bodies of answers as they are sent. */
import type { Source } from '../source.ts'
import type { Ending } from './answer-head.ts'
import { problemAnswer, type HttpAnswer, type Streamed } from './contract.ts'

export const none = new Uint8Array(0)

/** Whether a body is pulled, instead of being at hand. */
export const isStreamed = (body: HttpAnswer['body']): body is Streamed =>
  typeof body === 'object' && body !== null && !(body instanceof Uint8Array)

/** An answer that nobody takes. */
export function drop(answer: HttpAnswer | undefined): void {
  if (answer && isStreamed(answer.body)) answer.body.cancel().catch(() => undefined)
  answer?.released?.()
}

/** null for what streams. */
export function bytesOf(body: HttpAnswer['body']): Uint8Array | null {
  if (isStreamed(body)) return null
  return typeof body === 'string' ? Buffer.from(body) : (body ?? none)
}

/** `bytes`: null for what streams. */
export function lengthOf({ status, body }: HttpAnswer, bytes: Uint8Array | null, isCurrent: boolean): Ending['length'] {
  if (status === 204 || status === 304) return null
  const stated = bytes ?? (body instanceof ReadableStream ? null : (body as Source))
  return stated?.length ?? (isCurrent ? 'chunked' : 'until-closed')
}

export const ourMistake = (): HttpAnswer => problemAnswer(500, 'Something went wrong on our side.')
