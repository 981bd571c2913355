/**
 * A streamed Gemini answer, as server-sent events or as one JSON array. Bytes pass untouched, unless an array comes where events were asked for.
 * Usage in the chunks is a running total: the latest figure of each kind is the answer's.
 */
import type { ResponseHeaders } from '../../../lib/http-client/contract.ts'
import { createElementSplitter, elementOf } from '../../../lib/json-stream.ts'
import { elementsOf, memberValues, membersOf, valuesOf, wholeObject } from '../../../lib/json-text.ts'
import { createRecordSplitter, fieldsOf, utf8Of, type Fields } from '../../../lib/sse.ts'
import { errorInAnswer, type ErrorInAnswer } from '../../../upstreams/refusals/error-in-answer.ts'
import type { Framing, Reading, StreamReader, StreamState, StreamWays } from '../../dialect.ts'
import { createOutput } from '../output.ts'
import { createChoices, mayBeOfAnother, mentions, passRecords, readOdd } from '../record-stream.ts'
import { createGrounding } from './grounding.ts'
import { answerWritten } from './parts.ts'
import { mayHavePictures, picturesIn } from './pictures.ts'
import { isComplete, servedTier, usageOf, usageWith, withPieces } from './usage.ts'

/** `areEvents`: events were asked for; an upstream that overlooks `alt=sse` has its elements told as such. */
export function followGenerate(
  { framing, recordBytesMax }: Pick<StreamWays, 'framing' | 'recordBytesMax'>,
  headers: ResponseHeaders,
  areEvents = false,
): StreamReader {
  const { createSplitter, fields, isEnd } = framings[framing]
  const given = areEvents && framing === 'array' ? asEvent : (record: string): string => record
  const jsonOf = (record: string): string => fields(record).data ?? ''
  const output = createOutput((record) => answerWritten(jsonOf(record)))
  const told = createTold(headers)
  const candidates = createChoices(1)
  let isOver = false
  /** How many ends had been said when usage was last told. */
  let endsCounted = -1
  let isBlocked = false
  let images = 0
  let error: ErrorInAnswer | null = null

  const hasBegun = (): boolean => isBlocked || candidates.haveBegun()
  const state = (): StreamState => {
    if (error || (isOver && !hasBegun())) return 'failed'
    // Behind an array a line may still end, so it is its connection that is waited for.
    if (isOver) return framing === 'sse' ? 'over' : 'whole'
    if (!hasBegun()) return 'silent'
    if (!isBlocked && !candidates.haveEnded()) return 'open'
    // What was told before the end is a running total, which the last one may still exceed.
    return endsCounted === candidates.ends() && told.isComplete() ? 'whole' : 'finished'
  }

  /** Takes in what a record says beyond some text of the first candidate; tells whether it is for the client. */
  const takeIn = (record: string): boolean => {
    const said = fields(record)
    const { data, event } = said
    isOver ||= isEnd(record, data)
    if (isOver) return true
    const { ends, beside, isJson } = takeApart(data)
    if (!isJson && event !== 'error' && framing === 'sse') {
      const odd = readOdd(record, said)
      error = odd.error
      return odd.passes
    }
    error = errorInAnswer(beside ?? data, ends.length > 0, event)
    if (error) return false
    isBlocked ||= isReason((beside as Blockable)?.promptFeedback?.blockReason)
    for (const { index, hasEnded } of ends) candidates.note(index, hasEnded)
    return true
  }

  const read = (record: string): string => {
    if (error || (isOver && record.trim() !== '')) return ''
    const isPassed = (candidates.haveBegun() && isOrdinary(record)) || takeIn(record)
    if (!isPassed || state() === 'failed') return ''
    if (record.includes('"usageMetadata"') && told.add(jsonOf(record))) endsCounted = candidates.ends()
    if (record.includes('"groundingMetadata"')) told.addGrounding(jsonOf(record))
    if (mayHavePictures(record)) images += picturesOrNone(jsonOf(record))
    output.add(record)
    return given(record)
  }

  return {
    ...passRecords(createSplitter(recordBytesMax), read, jsonOf),
    state,
    hasBegun,
    ends: candidates.ends,
    error: () => error,
    reading: (): Reading => ({ ...told.reading(), output: output.written, images }),
  }
}

/** What the records so far tell of usage, of the model that served, and of searches. */
function createTold(headers: ResponseHeaders) {
  const grounding = createGrounding()
  let vendorUsage: unknown = null
  let servedModel: string | null = null
  return {
    /** Tells whether there was any usage in it. */
    add(json: string): boolean {
      const { usageMetadata, modelVersion } = besidesOf(json)
      const before = vendorUsage
      vendorUsage = usageWith(before, usageMetadata) ?? null
      if (typeof modelVersion === 'string') servedModel = modelVersion
      return vendorUsage !== before
    },
    addGrounding: grounding.add,
    isComplete: (): boolean => isComplete(vendorUsage),
    reading(): Omit<Reading, 'output'> {
      const counted = usageOf(vendorUsage)
      const usage = withPieces(counted.usage, grounding.usage(vendorUsage))
      return { ...counted, usage, servedModel, tier: servedTier(headers, vendorUsage), vendorUsage }
    },
  }
}

/** A record that is no JSON has none. */
function picturesOrNone(json: string): number {
  try {
    return picturesIn(json)
  } catch {
    return 0
  }
}

/** An element as an event; JSON has line ends between its tokens alone. */
function asEvent(record: string): string {
  const element = elementOf(record)
  return element === '' ? '' : `data: ${element.replaceAll(/[\r\n]+/g, '')}\r\n\r\n`
}

type Blockable = { readonly promptFeedback?: { readonly blockReason?: unknown } | null } | null

const framings: Readonly<Record<Framing, FramingWays>> = {
  sse: {
    createSplitter: createRecordSplitter,
    fields: fieldsOf,
    // Google ends its streams without a word; servers that follow OpenAI as well say this.
    isEnd: (_record, data) => data?.trim() === '[DONE]',
  },
  array: {
    createSplitter: createElementSplitter,
    fields: (record) => ({ data: utf8Of(elementOf(record)) || null, event: '', stray: '' }),
    isEnd: (record, data) => data === null && record.endsWith(']'),
  },
}
type FramingWays = {
  readonly createSplitter: typeof createRecordSplitter
  readonly fields: (record: string) => Fields
  /** Whether a record is the stream's own end. */
  readonly isEnd: (record: string, data: string | null) => boolean
}

/** Nearly all records are some text of the first candidate, and are not parsed. */
const isOrdinary = (record: string): boolean =>
  record.includes('"candidates"') &&
  !mentions(record, '"finishReason"') &&
  !mentions(record, '"promptFeedback"') &&
  !mentions(record, '"error"') &&
  !mayBeOfAnother(record)

type TakenApart = {
  readonly ends: readonly { index: number; hasEnded: boolean }[]
  readonly beside: unknown
  readonly isJson: boolean
}

/** The candidates of a record, and what stands beside them; their content, which may be a picture, is skipped. */
function takeApart(json: string | null): TakenApart {
  if (json === null) return { ends: [], beside: null, isJson: false }
  let members: ReturnType<typeof wholeObject>
  try {
    members = wholeObject(json)
  } catch {
    const value = parsed(json)
    return { ends: [], beside: Array.isArray(value) ? value : null, isJson: value !== undefined }
  }
  const list = members.findLast(({ key }) => key === 'candidates')
  const starts = list && json[list.start] === '[' ? elementsOf(json, list.start) : []
  const ends = starts.map((start, position) => {
    const { index, finishReason } = valuesOf(json, membersOf(json, start), ['index', 'finishReason'])
    return { index: typeof index === 'number' ? index : position, hasEnded: isReason(finishReason) }
  })
  const others = members.map(({ key }) => key).filter((key) => key !== 'candidates')
  return { ends, beside: valuesOf(json, members, others), isJson: true }
}

/** The first value of either enumeration stands for none. */
const isReason = (reason: unknown): boolean =>
  Boolean(reason) && reason !== 'FINISH_REASON_UNSPECIFIED' && reason !== 'BLOCK_REASON_UNSPECIFIED'

/** What is no object may be a list with an error in it; undefined for what is no JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** What a record says of itself; nothing when it is not the JSON it should be. */
function besidesOf(json: string): Readonly<Record<string, unknown>> {
  try {
    // Parsing a short record takes less time than skipping through it; images are skipped.
    if (json.length < shortChars) return (JSON.parse(json) ?? {}) as Record<string, unknown>
    return memberValues(json, ['usageMetadata', 'modelVersion'])
  } catch {
    return {}
  }
}
const shortChars = 16 * 1024
