/** A response asked of an upstream without responses: a chat completion goes there, and what comes back is told as a response. */
import { wholeText, type Strings } from '../../../../../lib/json-skeleton.ts'
import { newHexId } from '../../../../../lib/ids.ts'
import type { JsonBody, Reading, Wire } from '../../../../dialect.ts'
import { readCompletion } from '../../chat/completions.ts'
import type { Told } from '../../chat/told.ts'
import type { Creation } from '../creation.ts'
import { responseAsStream } from '../events.ts'
import type { Fields } from '../items.ts'
import { chatBody } from './request.ts'
import { createResponseWriter } from './response.ts'
import { followAsChat } from './stream.ts'

/** `limitName`: what the upstream calls a limit of output. */
export function wireAsChat(creation: Creation, body: JsonBody, limitName: string): Wire {
  // Upstreams number their answers from one, or not at all.
  const seed = newHexId()
  const asked = settingsOf(body)
  const retold = (answer: Uint8Array): Uint8Array => encode(responseOf(answer, asked, seed))
  return {
    path: () => '/chat/completions',
    body: (change) => chatBody(creation, body, change, limitName),
    answer: creation.stream
      ? {
          kind: 'records',
          framing: 'sse',
          follow: (_headers, ways) => followAsChat(asked, seed, ways),
          read,
          asStream: (answer) => responseAsStream(retold(answer)),
        }
      : { kind: 'whole', read, retold },
  }
}

const utf8 = new TextDecoder()
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const completionIn = (answer: Uint8Array): Told => JSON.parse(utf8.decode(answer)) as Told
const read = (answer: Uint8Array): Reading => readCompletion(completionIn(answer))

function responseOf(answer: Uint8Array, asked: Fields, seed: string): Fields {
  const completion = completionIn(answer)
  const writer = createResponseWriter(asked, seed)
  writer.add(completion)
  writer.end(readCompletion(completion).usage)
  return writer.response()
}

/** What of a request a response repeats, whole: of a large body's long strings only the beginning was read. */
function settingsOf({ json, strings }: Pick<JsonBody, 'json'> & { readonly strings: Strings }): Fields {
  const { input: _, ...settings } = json
  return JSON.parse(wholeText(JSON.stringify(settings), strings)) as Fields
}
