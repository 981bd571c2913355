/** Sending a body as it is pulled, whichever way it goes. */
import type { Framing } from './message-reader.ts'

/** Where pieces come from. */
export type Pulled = {
  readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  readonly cancel: () => Promise<void>
}

/** Where they go. */
export type Outlet = {
  /** Nothing more is taken. */
  readonly isShut: boolean
  /** Sends bytes, which must not change any more; a promise where the other side must take them before more is sent. */
  readonly pass: (bytes: Uint8Array) => Promise<void> | null
}

/** A body has another length than was said of it. */
export class LengthError extends Error {
  /** It is longer: all that was said has been sent, and no more. */
  readonly isLonger: boolean

  constructor(isLonger: boolean) {
    super(`a body is ${isLonger ? 'longer' : 'shorter'} than was said of it`)
    this.name = 'LengthError'
    this.isLonger = isLonger
  }
}

/** Sends all that there is, as fast as it is taken, and ends early where the outlet is shut. Rejects with what reading it does, or with a `LengthError`. */
export async function sendBody(source: Pulled, framing: Framing, outlet: Outlet): Promise<void> {
  let left = typeof framing === 'number' ? framing : Number.POSITIVE_INFINITY
  for (;;) {
    const { done, value } = await source.read()
    if (outlet.isShut) return
    if (done || !value) break
    if (value.length === 0) continue
    if (value.length > left) {
      void outlet.pass(value.subarray(0, left))
      throw new LengthError(true)
    }
    left -= value.length
    const taken = outlet.pass(framing === 'chunked' ? chunkOf(value) : value)
    if (taken) await taken
  }
  if (framing === 'chunked') void outlet.pass(lastChunk)
  else if (typeof framing === 'number' && left > 0) throw new LengthError(false)
}

const lastChunk = Buffer.from('0\r\n\r\n')

/** A piece of a body, as a chunk. */
function chunkOf(bytes: Uint8Array): Uint8Array {
  const size = `${bytes.length.toString(16)}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 2)
  chunk.write(size, 'latin1')
  chunk.set(bytes, size.length)
  chunk.write('\r\n', size.length + bytes.length, 'latin1')
  return chunk
}
