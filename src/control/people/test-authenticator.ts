/** For tests: an authenticator app. */
import { createHmac } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000

/** The code of a `otpauth://` URI at a moment, as RFC 6238 has it. */
export function codeAt(uri: string, at: number): string {
  const secret = new URL(uri).searchParams.get('secret')!
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / stepMs)))
  const digest = createHmac('sha1', key).update(step).digest()
  const value = digest.readUInt32BE(digest.at(-1)! & 15) & 0x7fff_ffff
  return String(value % 1_000_000).padStart(6, '0')
}
