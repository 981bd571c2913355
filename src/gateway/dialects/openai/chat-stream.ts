/**
 * A streamed chat completion. We always ask for the usage chunk; a client that did not ask gets the
 * bytes that it would have got without it: no usage chunk, and no `"usage":null` in the others.
 */
import { membersOf } from '../../../lib/json-text.ts'
import { createRecordSplitter, dataOf } from '../../../lib/sse.ts'
import type { Reading, StreamReader, StreamWays, Written } from '../../dialect.ts'
import { createOutput } from '../output.ts'
import { messageText } from './message-text.ts'
import { toldBy, type Told } from './told.ts'
import { servedTier, usageOf } from './usage.ts'

type Chunk = Told & { readonly id?: unknown }

const noBytes = new Uint8Array(0)

/** Follows a stream; `passUsage` when the client itself asked for usage. */
export function followChat(
  passUsage: boolean,
  { hasAnnotationChunks }: Pick<StreamWays, 'hasAnnotationChunks'>,
): StreamReader {
  const passesAll = passUsage && !hasAnnotationChunks
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  const splitter = createRecordSplitter()
  const output = createOutput(deltaWritten)
  let told: Told | null = null
  let state: 'open' | 'complete' | 'failed' = 'open'

  /** Reads one record; gives what of it is for the client, empty for nothing. */
  const read = (record: string): string => {
    if (record.startsWith('data: [DONE]') || record.startsWith('data:[DONE]')) {
      state = 'complete'
      return record
    }
    if (record.startsWith('data: {"error"')) state = 'failed'
    output.add(record)
    if (hasAnnotationChunks && isAnnotation(record)) return ''
    if (!record.includes('"usage"')) return record
    if (hasUsage(record)) told = toldBy(chunkOf(record), told)
    return passUsage ? record : withoutUsage(record)
  }

  return {
    take(bytes) {
      const kept = splitter.push(decoder.decode(bytes, { stream: true })).map(read)
      return passesAll ? bytes : encoder.encode(kept.join(''))
    },
    rest: () => (passesAll ? noBytes : encoder.encode(splitter.rest())),
    isFinal: () => state === 'complete',
    state: () => (state === 'open' && told !== null ? 'complete' : state),
    reading: (): Reading => ({
      ...usageOf(told?.usage),
      servedModel: typeof told?.model === 'string' ? told.model : null,
      tier: servedTier(told?.service_tier),
      vendorUsage: told?.usage ?? null,
      output: output.written,
    }),
  }
}

/** Whether any `usage` of a record is more than the `null` that most chunks have. */
const hasUsage = (record: string): boolean => {
  const at = record.indexOf('"usage"')
  return !record.startsWith('"usage":null', at) || record.includes('"usage"', at + 1)
}

function chunkOf(record: string): Chunk {
  try {
    return (JSON.parse(dataOf(record)) ?? {}) as Chunk
  } catch {
    // An upstream that sends what is not JSON sends no usage with it.
    return {}
  }
}

/**
 * Azure's chunks about its content filter: an empty id and nothing said. They are no part of OpenAI's
 * dialect, and SDKs and their users trip over a chunk without a choice or a choice without a delta.
 */
function isAnnotation(record: string): boolean {
  if (!/"id": ?""/.test(record)) return false
  const { id, choices, usage } = chunkOf(record)
  if (id !== '' || usage) return false
  const saying = (choice: { delta?: unknown; finish_reason?: unknown } | null): boolean =>
    messageText(choice?.delta) !== '' || Boolean(choice?.finish_reason)
  return !(Array.isArray(choices) && choices.some(saying))
}

function withoutUsage(record: string): string {
  const usual = record.replace(',"usage":null', '')
  if (!usual.includes('"usage"')) return usual
  const { choices, usage } = chunkOf(record)
  if (usage && Array.isArray(choices) && choices.length === 0) return ''
  const member = membersOf(record).findLast(({ key }) => key === 'usage')
  if (!member) return record
  const before = record.slice(0, member.keyStart)
  const after = record.slice(member.end)
  return /,\s*$/.test(before) ? before.replace(/,\s*$/, '') + after : before + after.replace(/^\s*,\s*/, '')
}

function deltaWritten(record: string): Written {
  const { choices } = JSON.parse(dataOf(record)) as { choices?: ({ delta?: unknown } | null)[] }
  return { text: (choices ?? []).map((choice) => messageText(choice?.delta)).join(''), other: {} }
}
