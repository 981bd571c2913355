/** What is wished for of a new video, read of JSON and of a form by the same rules, and what it can cost. */
import type { Demand, Reference } from '../../../dialect.ts'
import { invalid } from '../../../errors.ts'
import { optional, wrongType } from '../fields.ts'
import { unknownFile } from '../unknown.ts'
import { secondsOf, videoUsage } from './video-object.ts'

export type VideoWish = {
  readonly model: string
  readonly seconds: number
  readonly size: string
  readonly references: readonly Reference[]
}

type Fields = Readonly<Record<string, unknown>>

/** OpenAI's where nothing is said (npm openai 7.57.0, VideoCreateParams). */
const defaults = { model: 'sora-2', seconds: 4, size: '720x1280' }

export const billedKeys: ReadonlySet<string> = new Set(['model', 'seconds', 'size'])

const isText = (value: unknown): value is string => typeof value === 'string'

/** Problems are told in this order. Throws `invalid_request`. */
export function wishIn(fields: Fields): VideoWish {
  return {
    model: optional(fields['model'], 'model', isText, 'a string') || defaults.model,
    seconds: secondsIn(fields) ?? defaults.seconds,
    size: optional(fields['size'], 'size', isText, 'a string') ?? defaults.size,
    references: referencesIn(fields['input_reference']),
  }
}

/** How long it is to be; null where it does not say. What upstreams might read as a number of their own is refused; which numbers there are is theirs to say. */
export function secondsIn({ seconds }: Fields): number | null {
  if (seconds === undefined || seconds === null) return null
  const read = secondsOf(seconds)
  if (read !== null) return read
  if (typeof seconds !== 'string' && typeof seconds !== 'number') throw wrongType('seconds', 'a string', seconds)
  throw invalid(
    'seconds',
    `Invalid value: '${String(seconds).slice(0, 80)}'. Supported values are: '4', '8', and '12'.`,
    'invalid_value',
  )
}

function referencesIn(reference: unknown): readonly Reference[] {
  if (typeof reference !== 'object' || reference === null || !('file_id' in reference)) return []
  const { file_id: id } = reference
  return typeof id === 'string'
    ? [{ kind: 'file', id, field: 'input_reference.file_id', unknown: unknownFile(id, 'input_reference.file_id') }]
    : []
}

/** So many seconds of a size, and nothing else: what is made of a prompt is not counted by it. */
export const demandOf = (size: string, seconds: number): Demand => ({
  input: { max: 0, isAssumed: false, guess: 0 },
  output: null,
  judged: null,
  pieces: videoUsage(size, seconds),
  tiers: ['standard'],
  prompt: () => ({ text: '', other: {} }),
})
