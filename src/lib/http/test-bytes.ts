/** For tests: bytes that tell when some are lost, doubled or out of order. */
import { createHash } from 'node:crypto'

export const hashOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** Bytes that are different everywhere. */
export function pattern(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at, 2_654_435_761)
  return Buffer.from(words.buffer, 0, length)
}
