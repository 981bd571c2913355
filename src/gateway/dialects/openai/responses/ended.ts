/** How a response that is made in the background ended, by its object: what it used is owed, whatever its end. */
import { valuesOf, wholeObject } from '../../../../lib/json-text.ts'
import type { JobEnd } from '../../../../money/reservations.ts'
import { outputTokensOf } from '../../../../money/usage.ts'
import type { Reading } from '../../../dialect.ts'
import { about, outputIn, readingOf } from './answer.ts'
import { listOf, textOf } from './items.ts'
import { pictureModelOf } from './tools.ts'

const utf8 = new TextDecoder()

/** What an ended response tells. `otherwise`: what becomes of it where that comes to nothing. `isAssumed`: it had tools of its upstream's. */
export type EndedResponse = {
  readonly reading: Reading
  readonly isAssumed: boolean
  readonly otherwise: Extract<JobEnd, { readonly state: 'void' }>
}

/** null while it goes on. Throws for what is no response. */
export function readResponseEnd(object: Uint8Array): EndedResponse | EndedResponse['otherwise'] | null {
  const text = utf8.decode(object)
  const members = wholeObject(text)
  const response = valuesOf(text, members, [...about, 'tools'])
  if (response['object'] !== 'response') throw new Error('what was asked for is no response')
  const status = textOf(response['status'])
  if (status !== '' && !ends.has(status)) return null
  const tools = listOf(response['tools'])
  const reading = readingOf({ ...response, output: outputIn(text, members) }, pictureModelOf(tools))
  if (status === '' && reading.usage === null) return null
  const otherwise = { state: 'void', why: whyOf(status) } as const
  if (!isWhole(status) && (reading.usage === null || (status === 'failed' && outputTokensOf(reading.usage) === 0)))
    return otherwise
  return { reading, isAssumed: tools.some(({ type }) => type !== 'function' && type !== 'custom'), otherwise }
}

/** Words that nobody has told us of are those of a response that goes on: its end is awaited, and then it is given up. */
const ends: ReadonlySet<string> = new Set(['completed', 'incomplete', 'failed', 'cancelled', 'canceled', 'expired'])

/** Its client is given what it says, so that it owes that, whether or not its usage is told. */
const isWhole = (status: string): boolean => status === 'completed' || status === 'incomplete'

const whyOf = (status: string): 'failed' | 'cancelled' =>
  status === 'cancelled' || status === 'canceled' ? 'cancelled' : 'failed'
