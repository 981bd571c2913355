/** What the streams of both dialects have in common: whole records pass on, and choices say when they end. */
import type { ModelKind } from '../../catalog/catalog.ts'
import { OutlineReader } from '../../lib/json-outline.ts'
import { ExcessError } from '../../lib/json-count.ts'
import { TooLongError, type RecordSplitter } from '../../lib/record-buffer.ts'
import { bytesOf, isComment, latin1Of, type Fields } from '../../lib/sse.ts'
import { errorInText, type ErrorInAnswer } from '../../upstreams/refusals/error-in-answer.ts'

/** Whose answer it is: the model's, and of the one that it may ask as a tool. */
type Answering = {
  readonly model: { readonly kind: ModelKind } | null
  readonly toolModel: { readonly kind: ModelKind } | null
}
const makesPictures = ({ model, toolModel }: Answering): boolean =>
  model?.kind === 'image' || toolModel?.kind === 'image'

/** Of text a record is a few hundred bytes; a picture is a record of its own, and one of 4K has 25 MB. */
export const recordBytesMax = (call: Answering): number => (makesPictures(call) ? 64 : 16) * 1024 * 1024

/** Beyond this an upstream's answer, streamed or not, is taken for broken: four 4K images are about 100 MB. */
const answerBytesMax = 256 * 1024 * 1024

/** Of one that is read whole, so that all of it is in memory at once: text is a few MB at the most, and vectors in digits 150. */
export const wholeBytesMax = (call: Answering): number =>
  makesPictures(call) || call.model?.kind === 'embeddings' ? answerBytesMax : 64 * 1024 * 1024

/** Reads a record and gives what of it is for the client. */
type Read = (record: string) => string

/**
 * Takes and gives the bytes of a stream in whole records, because the beginning of one does not tell whether it is an
 * error. The very bytes that came are given where they are whole records, and `read` changes nothing in them.
 * `dataOf`: the JSON in a record, empty for none. `take` throws a `TooLongError`.
 */
export function passRecords(splitter: RecordSplitter, read: Read, dataOf: (record: string) => string) {
  let length = 0
  return {
    take(bytes: Uint8Array): Uint8Array {
      length += bytes.length
      if (length > answerBytesMax) throw new TooLongError('the answer', answerBytesMax)
      let isSame = splitter.isBetween()
      let kept = ''
      for (const record of splitter.push(latin1Of(bytes))) {
        if (record.length > smallRecordBytes) refuseExcess(record)
        const passed = read(record)
        if (passed !== record) isSame = false
        kept += passed
      }
      return isSame && splitter.isBetween() ? bytes : bytesOf(kept)
    },
    close(): Uint8Array {
      const rest = splitter.rest()
      return isReadable(dataOf(rest)) ? bytesOf(read(rest)) : noBytes
    },
  }
}

const noBytes = new Uint8Array(0)

/** What a record of this length may name is read in a moment. */
const smallRecordBytes = 64 * 1024

/** A record is read at once, so it must not name very many things, as it would where an upstream has gone mad. Throws a `TooLongError`. */
function refuseExcess(record: string): void {
  try {
    new OutlineReader(bytesOf(record), true).step(record.length)
  } catch (error) {
    if (!(error instanceof ExcessError)) throw error
    throw new TooLongError('a record', error.most, error.excess)
  }
}

/** Whether the data of a record is all there: a record that broke off in the middle says nothing. */
function isReadable(data: string): boolean {
  try {
    return data.trim() === '' || data.startsWith('[DONE]') || JSON.parse(data) !== undefined
  } catch {
    return false
  }
}

/**
 * What a record is whose data is none, or no JSON. Comments pass. Over anything else SDKs trip (openai/openai-python#2721,
 * mnfst/llm-gateway#2053), or it is an upstream's words about an error, beside all framing (Google's: maximhq/bifrost#5262).
 * JSON that broke off in its middle (Wei-Shaw/sub2api#1471) ends the answer.
 */
export function readOdd(
  record: string,
  { data, stray }: Fields,
): { readonly passes: boolean; readonly error: ErrorInAnswer | null } {
  if (data === null) return { passes: isComment(record), error: stray === '' ? null : errorInText(stray) }
  return { passes: false, error: /^\s*[{[]/.test(data) ? brokenRecord : null }
}

const brokenRecord: ErrorInAnswer = {
  status: 502,
  body: new TextEncoder().encode('{"error":{"message":"a record is not whole"}}'),
}

/** Which of an answer's choices (Gemini: candidates) have said why they end. */
export type Choices = {
  /** `says`: whether it says anything beyond whose turn it is. */
  readonly note: (index: number, hasEnded: boolean, says?: boolean) => void
  readonly haveBegun: () => boolean
  readonly haveEnded: () => boolean
  /** How often one has said that it ends: some servers say so with every record. */
  readonly ends: () => number
}

/** No vendor gives as many; without a limit, an upstream that numbers on and on would fill the memory. */
const choicesSeenMax = 4_096

/** `asked`: how many there will be at least. */
export function createChoices(asked: number): Choices {
  const seen = new Set<number>()
  const ended = new Set<number>()
  let ends = 0
  let haveSaid = false
  return {
    note(index, hasEnded, says = true) {
      if (seen.size < choicesSeenMax) seen.add(index)
      haveSaid ||= says || hasEnded
      if (!hasEnded) return
      if (ended.size < choicesSeenMax) ended.add(index)
      ends += 1
    },
    haveBegun: () => haveSaid,
    haveEnded: () => ended.size > 0 && ended.size >= Math.max(asked, seen.size),
    ends: () => ends,
  }
}

const nullMember = /\s*:\s*null\b/y

/** Whether a record says anything but `null` by this name, given in its quotes. It may say it in a nested object, or mean it as a value. */
export function mentions(record: string, name: string): boolean {
  for (let at = record.indexOf(name); at !== -1; at = record.indexOf(name, at + 1)) {
    const end = at + name.length
    if (record.startsWith(':null', end)) continue
    nullMember.lastIndex = end
    if (!nullMember.test(record)) return true
  }
  return false
}

/** Whether a record may be of another choice than the first. */
export const mayBeOfAnother = (record: string): boolean =>
  !record.includes('"index":0') && record.includes('"index"') && !record.includes('"index": 0')
