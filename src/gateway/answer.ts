/** Plain answers: read whole, metered, settled, and only then given to the client, byte for byte. */
import { formatUsd } from '../lib/amounts.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import type { Answered } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { estimateUsage } from './estimate.ts'
import { headersOf } from './response-headers.ts'
import type { Outcome } from './settle.ts'

export type Plain = Exclude<Answered, { kind: 'stream' }>

/** How a call ended whose answer is not streamed, the upstream's refusals of streamed calls included. */
export function outcomeOf(relayed: Plain, deps: GatewayDeps): Outcome {
  const { admitted, request, intent, upstream, attempts } = relayed
  if (relayed.kind === 'refused')
    return { intent, ending: 'upstream-refused', status: relayed.status, reading: null, estimate: null, attempts }
  const { reading } = relayed
  const ending = request.hasLeft ? 'client-left' : 'completed'
  const estimate = estimateUsage(admitted.call.asked, reading, deps)
  return { intent, ending, status: upstream.status, reading, estimate, attempts }
}

/** The answer for the client, once it is settled. */
export function answer(relayed: Plain, chargeNano: string, deps: GatewayDeps): HttpAnswer {
  // The client's own fault is told in the upstream's words, less what they tell of our account.
  const body = relayed.kind === 'refused' ? relayed.refusal.body : relayed.bytes
  const headers = headersOf(relayed, deps)
  headers['x-mart-charge-usd'] = formatUsd(BigInt(chargeNano))
  const status = relayed.kind === 'refused' ? relayed.status : relayed.upstream.status
  return { status, headers, body }
}
