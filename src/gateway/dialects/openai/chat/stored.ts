/** Completions that were made with `store: true`: known by their ids from then on. */
import type { AnswerReader, Made, Reading, RecordsReader, StreamReader, WholeReader } from '../../../dialect.ts'
import { latin1Of } from '../../../../lib/sse.ts'
import { createdMs } from '../created.ts'
import { labelsOf } from './kept.ts'

/** OpenAI keeps them for thirty days: its guide "Your data". */
const keptMs = 30 * 24 * 60 * 60 * 1_000

/** Reads as `reader` does, and what it makes as well. `metadata`: the client's, by which lists are narrowed. */
export function storing(reader: WholeReader | RecordsReader, metadata: unknown): AnswerReader {
  const read: WholeReader['read'] = (answer, headers) => {
    const { id, created } = JSON.parse(new TextDecoder().decode(answer)) as Readonly<Record<string, unknown>>
    return withMade(reader.read(answer, headers), { id, created }, metadata)
  }
  if (reader.kind === 'whole') return { ...reader, read }
  return { ...reader, read, follow: (headers, ways) => followStored(reader.follow(headers, ways), metadata) }
}

/** Its first chunk says what a stream is called. */
const headCharsMax = 16 * 1024

function followStored(follow: StreamReader, metadata: unknown): StreamReader {
  let head = ''
  return {
    ...follow,
    take(bytes) {
      const given = follow.take(bytes)
      if (head.length < headCharsMax) head += latin1Of(given)
      return given
    },
    reading: () =>
      withMade(follow.reading(), { id: idIn.exec(head)?.[1], created: Number(createdIn.exec(head)?.[1]) }, metadata),
  }
}
const idIn = /"id"\s*:\s*"([\w.-]+)"/
const createdIn = /"created"\s*:\s*(\d+)/

type Called = { readonly id: unknown; readonly created: unknown }

function withMade(reading: Reading, { id, created }: Called, metadata: unknown): Reading {
  if (typeof id !== 'string' || id === '') return reading
  const createdAt = createdMs(created)
  const made: Made = {
    kind: 'chat.completion',
    id,
    parent: null,
    labels: labelsOf(metadata),
    object: null,
    createdAt,
    expiresAt: createdAt + keptMs,
  }
  return { ...reading, made: [made] }
}
