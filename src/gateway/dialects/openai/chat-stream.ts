/**
 * A streamed chat completion. We always ask for the usage chunk; a client that did not ask gets the
 * bytes that it would have got without it: no usage chunk, and no `"usage":null` in the others.
 */
import { membersOf } from '../../../lib/json-text.ts'
import { createRecordSplitter, dataOf } from '../../../lib/sse.ts'
import type { Reading, StreamReader, StreamWays } from '../../dialect.ts'
import { createOutputText } from '../output-text.ts'
import { servedTier, usageOf } from './usage.ts'

type Chunk = {
  readonly model?: unknown
  readonly service_tier?: unknown
  readonly usage?: unknown
  readonly choices?: unknown
  readonly id?: unknown
}

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
  const output = createOutputText(deltaText)
  let last: Chunk | null = null
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
    if (!record.includes('"usage":null')) last = chunkOf(record) ?? last
    return passUsage ? record : withoutUsage(record)
  }

  return {
    take(bytes) {
      const kept = splitter.push(decoder.decode(bytes, { stream: true })).map(read)
      return passesAll ? bytes : encoder.encode(kept.join(''))
    },
    rest: () => (passesAll ? noBytes : encoder.encode(splitter.rest())),
    isFinal: () => state === 'complete',
    state: () => (state === 'open' && last !== null ? 'complete' : state),
    reading: (): Reading => ({
      ...usageOf(last?.usage),
      servedModel: typeof last?.model === 'string' ? last.model : null,
      tier: servedTier(last?.service_tier),
      vendorUsage: last?.usage ?? null,
      outputText: output.text,
    }),
  }
}

/** A chunk with usage that counts; null when it has none. */
function chunkOf(record: string): Chunk | null {
  const chunk = chunkOfAny(record)
  return chunk.usage ? chunk : null
}

function chunkOfAny(record: string): Chunk {
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
  const { id, choices, usage } = chunkOfAny(record)
  if (id !== '' || usage) return false
  const saying = (choice: { delta?: unknown; finish_reason?: unknown } | null): boolean =>
    messageText(choice?.delta) !== '' || Boolean(choice?.finish_reason)
  return !(Array.isArray(choices) && choices.some(saying))
}

function withoutUsage(record: string): string {
  const usual = record.replace(',"usage":null', '')
  if (!usual.includes('"usage"')) return usual
  const chunk = chunkOf(record)
  if (chunk && Array.isArray(chunk.choices) && chunk.choices.length === 0) return ''
  const member = membersOf(record).findLast(({ key }) => key === 'usage')
  if (!member) return record
  const before = record.slice(0, member.keyStart)
  const after = record.slice(member.end)
  return /,\s*$/.test(before) ? before.replace(/,\s*$/, '') + after : before + after.replace(/^\s*,\s*/, '')
}

type Delta = {
  content?: unknown
  refusal?: unknown
  reasoning_content?: unknown
  tool_calls?: { function?: { name?: unknown; arguments?: unknown } }[]
}

function deltaText(record: string): string {
  const { choices } = JSON.parse(dataOf(record)) as { choices?: { delta?: Delta }[] }
  return (choices ?? []).map(({ delta }) => messageText(delta)).join('')
}

/** Every text of a message or a delta that a model has written. */
export function messageText(message: unknown): string {
  const { content, refusal, reasoning_content: reasoning, tool_calls: calls } = (message ?? {}) as Delta
  const called = (calls ?? []).flatMap((call) => [call.function?.name, call.function?.arguments])
  const parts = Array.isArray(content) ? (content as { text?: unknown }[]).map((part) => part?.text) : [content]
  return [...parts, refusal, reasoning, ...called].filter((text) => typeof text === 'string').join('')
}
