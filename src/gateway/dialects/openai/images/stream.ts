/**
 * A stream of pictures: partial ones on the way, where they were asked for, and an event for each that is complete, with
 * its usage. An event is megabytes long, so that only what stands around its picture is read.
 */
import { memberValues } from '../../../../lib/json-text.ts'
import { createRecordSplitter, dataOf, fieldsOf } from '../../../../lib/sse.ts'
import { addUsage, type Usage } from '../../../../money/usage.ts'
import { errorInAnswer, type ErrorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import type { Counted, Reading, StreamReader, StreamState } from '../../../dialect.ts'
import { passRecords, readOdd } from '../../record-stream.ts'
import { pictureOf, tokensOf, type Wish } from './answer.ts'
import { partialTokens, type Picture } from './image-tokens.ts'
import { imageUsageOf } from './usage.ts'

/** Follows a stream of so many pictures. */
export function followImages(wish: Wish, answers: number, recordBytesMax: number): StreamReader {
  const completed: Picture[] = []
  const usages: unknown[] = []
  let partials = 0
  let model: string | null = null
  let isOver = false
  let error: ErrorInAnswer | null = null

  const hasBegun = (): boolean => partials + completed.length > 0
  const state = (): StreamState => {
    if (error || (isOver && !hasBegun())) return 'failed'
    if (isOver) return 'over'
    if (!hasBegun()) return 'silent'
    if (completed.length < answers) return 'open'
    return usages.length > 0 ? 'whole' : 'finished'
  }

  /** Tells whether it is for the client. */
  const takeIn = (record: string): boolean => {
    const fields = fieldsOf(record)
    const { data, event } = fields
    isOver = data?.trim() === '[DONE]'
    if (isOver) return true
    const told = data === null ? null : eventOf(data)
    const kind = kindOf(told, event)
    const odd = told === null && event !== 'error' ? readOdd(record, fields) : null
    error = odd ? odd.error : errorInAnswer(told ?? data, kind !== null, event)
    if (error || !told) return odd?.passes === true
    note(told, kind)
    return true
  }

  const note = (told: Event, kind: ReturnType<typeof kindOf>): void => {
    if (typeof told['model'] === 'string') model = told['model']
    if (kind === 'partial_image') partials += 1
    if (kind !== 'completed' || !hasPicture(told)) return
    completed.push(pictureOf(told, wish))
    if (told['usage']) usages.push(told['usage'])
  }

  /** Reads one record; gives what of it is for the client, empty for nothing. */
  const read = (record: string): string => {
    if (isOver || error) return ''
    return takeIn(record) && state() !== 'failed' ? record : ''
  }

  return {
    ...passRecords(createRecordSplitter(recordBytesMax), read, dataOf),
    state,
    hasBegun,
    ends: () => completed.length,
    error: () => error,
    reading: (): Reading => ({
      ...counted(usages),
      servedModel: model,
      tier: null,
      vendorUsage: usages.length > 1 ? usages : (usages[0] ?? null),
      output: () => ({ text: '', other: { imageOutput: tokensOf(completed, wish) + partials * partialTokens } }),
      images: completed.length,
    }),
  }
}

type Event = Readonly<Record<string, unknown>>

/** An event of this length is an error or says nothing, and is read as it is. */
const smallChars = 64 * 1024
const named = ['type', 'usage', 'quality', 'size', 'model', 'error', 'errors']

/** The members of an event, of a large one those that matter; null for what is no event. */
function eventOf(data: string): Event | null {
  try {
    if (data.length > smallChars) return memberValues(data, named)
    const event: unknown = JSON.parse(data)
    return typeof event === 'object' && event !== null ? (event as Event) : null
  } catch {
    return null
  }
}

/** Whether there is one: of a large event the picture is not among what is read, and a small one may have none. */
const hasPicture = ({ b64_json: data = true, url }: Event): boolean => Boolean(data) || Boolean(url)

/** What an event is, by its data or by its name: those of edits are called alike. */
function kindOf(told: Event | null, event: string): 'partial_image' | 'completed' | null {
  const type = typeof told?.['type'] === 'string' ? told['type'] : event
  if (type.endsWith('.partial_image')) return 'partial_image'
  return type.endsWith('.completed') ? 'completed' : null
}

/** Each picture has its own usage, and together they are that of the answer. */
function counted(usages: readonly unknown[]): Counted {
  const each = usages.map(imageUsageOf)
  const told = each.flatMap(({ usage }) => (usage === null ? [] : [usage]))
  return {
    usage: told.length === 0 ? null : told.reduce<Usage>(addUsage, {}),
    mismatch: each.some(({ mismatch }) => mismatch),
    hasUnknown: each.some(({ hasUnknown }) => hasUnknown),
  }
}
