/**
 * A plain response, read where we bill on it. A picture in it is megabytes of base64 that nobody here looks at, so what
 * stands around the output is read first, and the output only where it is needed.
 */
import { valuesOf, wholeObject, type Member } from '../../../../lib/json-text.ts'
import { errorInAnswer, type ErrorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import type { Reading, Written } from '../../../dialect.ts'
import { ReportedError } from '../../../trouble.ts'
import { servedTier } from '../usage.ts'
import { itemText, listOf, type Fields } from './items.ts'
import { madeBy } from './made.ts'
import { picturesMadeIn, picturesTokens, responseUsageOf } from './usage.ts'

const utf8 = new TextDecoder()

/** The members of a response that we look at, but for its output. */
export const about = [
  'usage',
  'tool_usage',
  'error',
  'model',
  'service_tier',
  'status',
  'id',
  'object',
  'store',
  'created_at',
  'conversation',
  'previous_response_id',
  'background',
]

/**
 * Reads the usage of an answer with an `output`; throws when it has none, and a `ReportedError` when it failed.
 * `pictureModel`: that of its tool. `isBackground`: whether it was asked for as one that goes on.
 */
export function readResponse(answer: Uint8Array, pictureModel: string, isBackground: boolean): Reading {
  const text = utf8.decode(answer)
  const members = wholeObject(text)
  const told = valuesOf(text, members, about)
  const error = failureIn(told)
  if (error) throw new ReportedError(error)
  const output = outputIn(text, members)
  if (output === null) throw new Error('a response has output')
  return !isBackground && unfinished.has(told['status'])
    ? readUnfinished({ ...told, output }, pictureModel)
    : readingOf({ ...told, output }, pictureModel)
}

const unfinished: ReadonlySet<unknown> = new Set(['queued', 'in_progress'])

/**
 * The answer to a request that waited for its end and says that it goes on. It is all that its client is given, so it
 * owes what it says, and not a running total; nothing can be asked of it by its id. Throws where it says nothing yet.
 */
function readUnfinished(told: Fields, pictureModel: string): Reading {
  const reading = readingOf({ ...told, usage: null, tool_usage: null, background: null }, pictureModel)
  const { text, other } = reading.output()
  if (text === '' && Object.keys(other).length === 0) throw new Error('a response that is waited for has ended')
  return { ...reading, vendorUsage: vendorUsageOf(told) }
}

/** What a response, whole or at the end of a stream, tells of itself. */
export const readingOf = (told: Fields, pictureModel: string): Reading => ({
  ...responseUsageOf(told, pictureModel),
  servedModel: typeof told['model'] === 'string' ? told['model'] : null,
  tier: servedTier(told['service_tier']),
  vendorUsage: vendorUsageOf(told),
  output: () => writtenIn(listOf(told['output']), pictureModel),
  images: picturesMadeIn(listOf(told['output'])),
  ...(isEnded(told) && { made: madeBy(told) }),
})

/** While it is not, nothing can be asked of it by its id, unless it is made in the background. What was compacted has no status. */
const isEnded = ({ object, status, background }: Fields): boolean =>
  object === 'response.compaction' ||
  (object === 'response' && (status === 'completed' || status === 'incomplete' || background === true))

/** As it was sent, with that of the tools beside it where there were any. */
const vendorUsageOf = ({ usage, tool_usage: tools }: Fields): unknown =>
  tools === undefined || tools === null ? (usage ?? null) : { ...(usage as object | null), tool_usage: tools }

/** The error of a response that failed. */
export function failureIn(response: Fields): ErrorInAnswer | null {
  const error = errorInAnswer(response, true)
  return error ?? (response['status'] === 'failed' ? errorInAnswer({ error: unsaid }, true) : null)
}
const unsaid = { code: 'server_error', message: 'The response failed.' }

/** The output of a response; null where it is no list. */
export function outputIn(text: string, members: readonly Member[]): unknown {
  const member = members.findLast(({ key }) => key === 'output')
  if (member === undefined || text[member.start] !== '[') return null
  return JSON.parse(text.slice(member.start, member.end))
}

/** What items of an output come to where nobody counts them. */
export const writtenIn = (items: readonly Fields[], pictureModel: string): Written => {
  const pictures = items.filter(({ result }) => typeof result === 'string' && result !== '')
  return {
    text: items.map(itemText).join(''),
    other: pictures.length === 0 ? {} : { toolImageOutput: picturesTokens(pictures, pictureModel) },
  }
}
