/** Answers that are files: whole, or the range that was asked for (RFC 9110 §14), with their length. */
import type { Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import type { Headers, Reply, Slices } from '../reply.ts'

export type Content = {
  readonly type: string
  readonly filename: string
  readonly length: number
  /** The bytes from `from` up to, but not with, `to`. */
  readonly read: (from: number, to: number) => Slices
}

/** The content as an answer; refuses with 416 a range that begins behind its end. */
export function contentReply({ headers }: Exchange, { type, filename, length, read }: Content): Reply {
  // It has no validators, so that what is asked for if it is still the same is given whole.
  const range = headers['if-range'] === undefined ? rangeOf(headers.range, length) : null
  const [from, to] = range ?? [0, length]
  return {
    kind: 'bytes',
    status: range ? 206 : 200,
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${filename.replaceAll(/[^\w.-]/g, '_')}"`,
      'content-length': String(to - from),
      'accept-ranges': 'bytes',
      ...(range && ({ 'content-range': `bytes ${from}-${to - 1}/${length}` } satisfies Headers)),
    },
    slices: read(from, to),
    generation: null,
  }
}

/** Content that is in memory. */
export const contentOf = (bytes: Uint8Array, about: Pick<Content, 'type' | 'filename'>): Content => ({
  ...about,
  length: bytes.length,
  read: (from, to) => slicesOf(bytes.subarray(from, to)),
})

const sliceBytes = 64 * 1024

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}

type Range = readonly [from: number, to: number]

/** Null for the whole: without a range, with several, or with one that is none. */
function rangeOf(header: string | undefined, length: number): Range | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return null
  const from = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? length : Math.min(length, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < from) return null
  if (from >= length) throw new Refusal(416, 'The requested range cannot be satisfied.', { code: null })
  return [from, to]
}
