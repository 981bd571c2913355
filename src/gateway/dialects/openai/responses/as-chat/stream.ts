/** A chat's stream as that of a response. What it says, how it ends and what it used is read as of any chat. */
import { createRecordSplitter, dataOf, fieldsOf, latin1Of, bytesOf } from '../../../../../lib/sse.ts'
import type { StreamReader, StreamState, StreamWays } from '../../../../dialect.ts'
import { followChat } from '../../chat/stream.ts'
import type { Fields } from '../items.ts'
import { lastWordsOf } from '../last-words.ts'
import { createResponseWriter } from './response.ts'

/** Follows a chat of one answer; gives the events of a response for it. `asked`, `seed`: as of the writer. */
export function followAsChat(asked: Fields, seed: string, ways: Omit<StreamWays, 'framing'>): StreamReader {
  const chat = followChat(true, ways)
  const writer = createResponseWriter(asked, seed)
  const splitter = createRecordSplitter(ways.recordBytesMax)
  let isEnded = false

  const written = (records: readonly string[]): string => {
    let events = ''
    for (const record of records) events += eventsOf(record)
    if (isEnded || !ended.has(chat.state())) return events
    isEnded = true
    return events + asLatin1(writer.end(chat.reading().usage))
  }
  const eventsOf = (record: string): string => {
    const { data } = fieldsOf(record)
    // A comment keeps a connection alive.
    if (data === null) return record.startsWith(':') ? record : ''
    return isEnded ? '' : asLatin1(writer.add(chunkOf(data)))
  }
  return {
    take: (bytes) => bytesOf(written(splitter.push(latin1Of(chat.take(bytes))))),
    close() {
      const rest = latin1Of(chat.close())
      const records = [...splitter.push(rest), splitter.rest()].filter((record) => record !== '')
      const events = written(records)
      if (isEnded || chat.state() !== 'finished') return bytesOf(events)
      isEnded = true
      return bytesOf(events + asLatin1(writer.end(chat.reading().usage)))
    },
    state: () => (isEnded ? 'over' : chat.state()),
    hasBegun: chat.hasBegun,
    ends: chat.ends,
    error: chat.error,
    lastWords: (record) => lastWordsOf(dataOf(record), writer.response(), writer.next()),
    reading: chat.reading,
  }
}

/** Nothing that a response tells follows. */
const ended: ReadonlySet<StreamState> = new Set(['whole', 'over'])

const asLatin1 = (text: string): string => latin1Of(new TextEncoder().encode(text))

function chunkOf(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}
