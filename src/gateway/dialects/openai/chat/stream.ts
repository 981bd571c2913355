/**
 * A streamed chat completion. We always ask for the usage chunk; a client that did not ask gets the
 * bytes that it would have got without it: no usage chunk, and no `"usage":null` in the others.
 */
import { membersOf } from '../../../../lib/json-text.ts'
import { createRecordSplitter, dataOf, fieldsOf, latin1Of } from '../../../../lib/sse.ts'
import { errorInAnswer, type ErrorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import type { Counted, Reading, StreamReader, StreamState, StreamWays, Written } from '../../../dialect.ts'
import { createOutput } from '../../output.ts'
import { createChoices, mayBeOfAnother, mentions, passRecords, readOdd } from '../../record-stream.ts'
import { choicesOf, errorAmong, hasEnded, saysSomething } from './choices.ts'
import { choicesText, messageText } from './message-text.ts'
import { createRunningTotals, withoutOutput } from './running-totals.ts'
import { isComplete, toldBy, type Told } from './told.ts'
import { servedTier, usageOf } from '../usage.ts'

type Chunk = Told & { readonly id?: unknown; readonly type?: unknown }

/** Follows a stream of so many answers; `passUsage` when the client itself asked for usage. */
export function followChat(passUsage: boolean, ways: Omit<StreamWays, 'framing'>, answers = 1): StreamReader {
  const { hasAnnotationChunks, reportsStreamUsage, recordBytesMax } = ways
  const output = createOutput(chunkWritten)
  const choices = createChoices(answers)
  const totals = createRunningTotals()
  let told: Told | null = null
  /** How many ends had been said when usage was last told. */
  let endsCounted = -1
  let isOver = false
  let error: ErrorInAnswer | null = null

  const state = (): StreamState => {
    if (error || (isOver && !choices.haveBegun())) return 'failed'
    if (isOver) return 'over'
    if (!choices.haveBegun()) return 'silent'
    if (!choices.haveEnded()) return 'open'
    // What was told before the end is a running total, which the last one may still exceed.
    const isCounted = endsCounted === choices.ends() && isComplete(told?.usage)
    return isCounted || !reportsStreamUsage ? 'whole' : 'finished'
  }

  /** Takes in what a record says beyond some text of the first choice; tells whether it is for the client. */
  const takeIn = (record: string): boolean => {
    const fields = fieldsOf(record)
    const { data, event } = fields
    isOver = data?.trim() === '[DONE]'
    if (isOver) return true
    const chunk = chunkOf(data)
    const said = choicesOf(chunk?.choices)
    const odd = chunk === undefined && event !== 'error' ? readOdd(record, fields) : null
    error = odd ? odd.error : (errorInAnswer(chunk ?? data, said.length > 0, event) ?? errorAmong(said, chunk?.x_groq))
    if (odd || error) return odd?.passes === true
    const before = told?.usage
    if (chunk && record.includes('"usage"')) told = toldBy(chunk, told)
    for (const [position, choice] of said.entries())
      choices.note(typeof choice.index === 'number' ? choice.index : position, hasEnded(choice), saysSomething(choice))
    if (told?.usage === before) return !isPing(chunk, event)
    totals.note(told?.usage)
    endsCounted = choices.ends()
    return true
  }

  /** Reads one record; gives what of it is for the client, empty for nothing. */
  const read = (record: string): string => {
    if (isOver || error) return ''
    const isPassed = (choices.haveBegun() && isOrdinary(record)) || takeIn(record)
    if (!isPassed || state() === 'failed') return ''
    output.add(record)
    if (hasAnnotationChunks && isAnnotation(record)) return ''
    return passUsage || !record.includes('"usage"') ? record : withoutUsage(record)
  }

  return {
    ...passRecords(createRecordSplitter(recordBytesMax), read, dataOf),
    state,
    hasBegun: choices.haveBegun,
    ends: choices.ends,
    error: () => error,
    reading: (): Reading => ({
      ...countedIn(told?.usage, answers > 1 || totals.areTotals()),
      servedModel: typeof told?.model === 'string' ? told.model : null,
      tier: servedTier(told?.service_tier),
      vendorUsage: told?.usage ?? null,
      output: output.written,
    }),
  }
}

/** Of several choices each may have running totals of its own. */
const countedIn = (usage: unknown, areTotals: boolean): Counted =>
  areTotals ? usageOf(usage) : { ...usageOf(withoutOutput(usage)), mismatch: true }

/** Nearly all records are some text of the first choice, and are not parsed. */
const isOrdinary = (record: string): boolean =>
  record.includes('"choices"') &&
  !mentions(record, '"finish_reason"') &&
  !mentions(record, '"usage"') &&
  !mentions(record, '"error"') &&
  !mayBeOfAnother(record)

/** A chunk; null where it says nothing, undefined for what is no JSON. */
function chunkOf(data: string | null): Chunk | null | undefined {
  try {
    return data === null ? undefined : (JSON.parse(data) as Chunk | null)
  } catch {
    return undefined
  }
}

/** A heartbeat as Anthropic's streams have it, and some proxies of them. Whoever reads OpenAI's looks for its choices. */
const isPing = (chunk: Chunk | null | undefined, event: string): boolean =>
  chunk?.choices === undefined && (event === 'ping' || chunk?.type === 'ping')

/**
 * Azure's chunks about its content filter: an empty id and nothing said. They are no part of OpenAI's
 * dialect, and SDKs and their users trip over a chunk without a choice or a choice without a delta.
 */
function isAnnotation(record: string): boolean {
  if (!/"id": ?""/.test(record)) return false
  const { id, choices, usage } = chunkOf(dataOf(record)) ?? {}
  if (id !== '' || usage) return false
  const saying = (choice: { delta?: unknown; finish_reason?: unknown } | null): boolean =>
    messageText(choice?.delta) !== '' || Boolean(choice?.finish_reason)
  return !(Array.isArray(choices) && choices.some(saying))
}

function withoutUsage(record: string): string {
  const usual = record.replace(',"usage":null', '')
  if (!usual.includes('"usage"')) return usual
  const data = dataOf(record)
  const chunk = chunkOf(data)
  if (chunk?.usage && !(Array.isArray(chunk.choices) && chunk.choices.length > 0)) return ''
  if (!data.includes('\n')) return withoutMember(record, 'usage')
  // Over several lines it is no text that can be cut: it is written anew.
  const lines = withoutMember(data, 'usage').split('\n')
  return latin1Of(new TextEncoder().encode(`${lines.map((line) => `data: ${line}`).join('\n')}\n\n`))
}

function withoutMember(text: string, name: string): string {
  const member = membersOf(text).findLast(({ key }) => key === name)
  if (!member) return text
  const before = text.slice(0, member.keyStart)
  const after = text.slice(member.end)
  return /,\s*$/.test(before) ? before.replace(/,\s*$/, '') + after : before + after.replace(/^\s*,\s*/, '')
}

function chunkWritten(record: string): Written {
  const data = dataOf(record)
  return { text: data === '' ? '' : choicesText((JSON.parse(data) as Told).choices), other: {} }
}
