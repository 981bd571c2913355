/** Plain answers: read whole, metered, settled, and only then given to the client, byte for byte. */
import { formatUsd } from '../lib/amounts.ts'
import type { GatewayDeps } from './deps.ts'
import { estimateUsage } from './estimate.ts'
import type { Relayed } from './relay.ts'
import { responseHeaders, withHeaders } from './response-headers.ts'
import { settle, type Outcome } from './settle.ts'

export type Plain = Exclude<Relayed, { kind: 'stream' }>
type Served = Extract<Relayed, { kind: 'plain' }>
type Refused = Extract<Relayed, { kind: 'refused' }>

/** Finishes a call whose answer is not streamed, the upstream's refusals of streamed calls included. */
export async function answer(relayed: Plain, deps: GatewayDeps): Promise<Response> {
  try {
    const { admitted, candidate } = relayed
    const outcome = relayed.kind === 'refused' ? refused(relayed) : await served(relayed, deps)
    const { chargeNano } = await settle(admitted, candidate.deployment, outcome, deps)
    const headers = responseHeaders(relayed, deps)
    headers['x-mart-charge-usd'] = formatUsd(BigInt(chargeNano))
    // The client's own fault is told in the upstream's words, less what they tell of our account.
    const body = relayed.kind === 'refused' ? relayed.refusal.body : relayed.bytes
    return withHeaders(new Response(body, { status: outcome.status }), headers)
  } finally {
    relayed.exchange.end()
  }
}

async function served({ admitted, reading, attempts, hasLeft }: Served, deps: GatewayDeps): Promise<Outcome> {
  const estimate = await estimateUsage(admitted.call.asked, reading, deps)
  return { ending: hasLeft() ? 'client-left' : 'completed', status: 200, reading, estimate, attempts }
}

const refused = ({ upstream: { status }, attempts }: Refused): Outcome => ({
  ending: 'upstream-refused',
  status,
  reading: null,
  estimate: null,
  attempts,
})
