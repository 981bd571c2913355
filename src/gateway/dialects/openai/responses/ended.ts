/** How a response that is made in the background ended, by its object: what it used is owed, whatever its end. */
import { valuesOf, wholeObject } from '../../../../lib/json-text.ts'
import type { JobEnd } from '../../../../money/reservations.ts'
import { outputTokensOf } from '../../../../money/usage.ts'
import { servedTier } from '../usage.ts'
import { about, outputIn, vendorUsageOf } from './answer.ts'
import { listOf, textOf } from './items.ts'
import { pictureModelOf } from './tools.ts'
import { responseUsageOf } from './usage.ts'

const utf8 = new TextDecoder()

/** null while it goes on. Throws for what is no response. */
export function readResponseEnd(object: Uint8Array): JobEnd | null {
  const text = utf8.decode(object)
  const members = wholeObject(text)
  const response = valuesOf(text, members, [...about, 'tools'])
  if (response['object'] !== 'response') throw new Error('what was asked for is no response')
  const status = textOf(response['status'])
  if (status !== '' && !ends.has(status)) return null
  const { usage } = responseUsageOf(
    { ...response, output: outputIn(text, members) },
    pictureModelOf(listOf(response['tools'])),
  )
  if (status === '' && usage === null) return null
  if (usage === null || (status === 'failed' && outputTokensOf(usage) === 0))
    return { state: 'void', why: whyOf(status) }
  return {
    state: 'done',
    usage,
    tier: servedTier(response['service_tier']),
    servedModel: textOf(response['model']) || null,
    vendorUsage: vendorUsageOf(response),
  }
}

/** Words that nobody has told us of are those of a response that goes on: its end is awaited, and then it is given up. */
const ends: ReadonlySet<string> = new Set(['completed', 'incomplete', 'failed', 'cancelled', 'canceled', 'expired'])

/** One that says that it is complete, and not what it used, cannot be charged for. */
const whyOf = (status: string): 'failed' | 'cancelled' =>
  status === 'cancelled' || status === 'canceled' ? 'cancelled' : 'failed'
