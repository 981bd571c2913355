/**
 * A stream of a response: its events pass untouched, and the last of them has the usage. Nearly all are a few letters
 * of text, told by the name of the event alone and not parsed.
 */
import { memberValues } from '../../../../lib/json-text.ts'
import { createRecordSplitter, dataOf, fieldsOf } from '../../../../lib/sse.ts'
import { errorInAnswer, type ErrorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import type { Reading, StreamReader, StreamState, StreamWays } from '../../../dialect.ts'
import { isMembers } from '../../merge-usage.ts'
import { mentions, passRecords, readOdd } from '../../record-stream.ts'
import { failureIn, readingOf } from './answer.ts'
import type { Fields } from './items.ts'
import { createGivenItems } from './given-items.ts'
import { lastWordsOf } from './last-words.ts'

/** Follows a stream of one response. `pictureModel`: that of its tool. */
export function followResponse(
  pictureModel: string,
  { recordBytesMax }: Pick<StreamWays, 'recordBytesMax'>,
): StreamReader {
  const given = createGivenItems(pictureModel)
  /** The response as the last event told that tells of all of it. */
  let response: Fields = {}
  let sequence = -1
  let hasBegun = false
  let isOver = false
  let isBroken = false
  let error: ErrorInAnswer | null = null

  const state = (): StreamState => {
    if (error || isBroken) return 'failed'
    if (isOver) return 'over'
    return hasBegun ? 'open' : 'silent'
  }

  /** Tells whether it is for the client. */
  const takeIn = (record: string): boolean => {
    const fields = fieldsOf(record)
    const { data, event: name } = fields
    // Its own end is the last event; behind that nothing is read.
    isBroken = data?.trim() === '[DONE]'
    if (isBroken) return false
    const event = data === null ? null : eventOf(data)
    const type = typeof event?.['type'] === 'string' ? event['type'] : name
    const odd = event === null && name !== 'error' ? readOdd(record, fields) : null
    error = odd ? odd.error : failureOf(event ?? data, type, name)
    if (error || !event) return odd?.passes === true
    if (typeof event['sequence_number'] === 'number') sequence = event['sequence_number']
    if (isMembers(event['response'])) response = event['response']
    isOver = ends.has(type)
    hasBegun ||= isOver || !quiet.has(type)
    return true
  }

  /** Reads one record; gives what of it is for the client, empty for nothing. */
  const read = (record: string): string => {
    if (isOver || isBroken || error) return ''
    if (hasBegun && isOrdinary(record)) {
      given.add(record)
      return record
    }
    if (!takeIn(record) || state() === 'failed') return ''
    given.add(record)
    return record
  }

  return {
    ...passRecords(createRecordSplitter(recordBytesMax), read, dataOf),
    state,
    hasBegun: () => hasBegun,
    ends: () => (isOver ? 1 : 0),
    error: () => error,
    lastWords: (record) => lastWordsOf(dataOf(record), response, Math.max(sequence, given.sequence()) + 1),
    reading: (): Reading => {
      const reading = readingOf(
        isOver ? response : { ...response, usage: null, tool_usage: null, output: [] },
        pictureModel,
      )
      if (isOver && hasOutput(response)) return reading
      return { ...reading, output: given.written, images: given.pictures() }
    },
  }
}

const hasOutput = ({ output }: Fields): boolean => Array.isArray(output) && output.length > 0

/** The end of a response; one that failed has said so by then. */
const ends = new Set(['response.completed', 'response.incomplete'])
/** They say nothing of the answer yet, so that what fails behind them can still be asked of another. */
const quiet = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
  'keepalive',
])

/** `error`, whatever stands in it; a response that failed; or whatever else reports an error. */
function failureOf(event: unknown, type: string, name: string): ErrorInAnswer | null {
  if (!isMembers(event)) return errorInAnswer(event, false, name)
  if (type === 'response.failed') return failureIn({ ...(event['response'] as Fields | null), status: 'failed' })
  if (ends.has(type)) return failureIn((event['response'] as Fields | null) ?? {})
  return errorInAnswer(event, type.startsWith('response.'), type === 'error' ? 'error' : name)
}

const deltaEnd = '.delta\n'
/** A few letters of something, in an event that is named so. */
const isOrdinary = (record: string): boolean =>
  record.startsWith('event: response.') &&
  record.startsWith(deltaEnd, record.indexOf('\n') + 1 - deltaEnd.length) &&
  !mentions(record, '"error"')

/** An event of this length is, or has, a picture. */
const smallChars = 256 * 1024
const named = ['type', 'sequence_number', 'response', 'error', 'errors', 'code', 'message', 'param']

/** The members of an event, of a large one those that matter; null for what is no event. */
function eventOf(data: string): Fields | null {
  try {
    const event: unknown = data.length > smallChars ? memberValues(data, named) : JSON.parse(data)
    return isMembers(event) ? event : null
  } catch {
    return null
  }
}
