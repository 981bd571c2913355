/** Plain answers: read whole, metered, settled, and only then given to the client, byte for byte. */
import { formatUsd } from '../lib/amounts.ts'
import type { GatewayDeps } from './deps.ts'
import { estimateUsage, isCounted } from './estimate.ts'
import type { Relayed } from './relay.ts'
import { responseHeaders } from './response-headers.ts'
import { settle } from './settle.ts'

export type Plain = Exclude<Relayed, { kind: 'stream' }>

/** Finishes a call whose answer is not streamed, the upstream's refusals of streamed calls included. */
export async function answer(relayed: Plain, deps: GatewayDeps): Promise<Response> {
  try {
    return relayed.kind === 'refused' ? await refuse(relayed, deps) : await give(relayed, deps)
  } finally {
    relayed.exchange.end()
  }
}

async function give(relayed: Extract<Relayed, { kind: 'plain' }>, deps: GatewayDeps): Promise<Response> {
  const { admitted, candidate, reading, attempts } = relayed
  const estimate = isCounted(reading) ? null : await estimateUsage(admitted.call.asked, reading, deps)
  const ending = relayed.hasLeft() ? 'client-left' : 'completed'
  const outcome = { ending, status: 200, reading, estimate, attempts } as const
  const settlement = await settle(admitted, candidate.deployment, outcome, deps)
  const headers = responseHeaders(relayed, deps)
  headers['x-mart-charge-usd'] = formatUsd(BigInt(settlement.chargeNano))
  return new Response(relayed.bytes, { headers })
}

/** The client's own fault is told in the upstream's words, less what they tell of our account. */
async function refuse(relayed: Extract<Relayed, { kind: 'refused' }>, deps: GatewayDeps): Promise<Response> {
  const { admitted, candidate, upstream, refusal, attempts } = relayed
  const { status } = upstream
  const outcome = { ending: 'upstream-refused', status, reading: null, estimate: null, attempts } as const
  await settle(admitted, candidate.deployment, outcome, deps)
  const headers = { ...responseHeaders(relayed, deps), 'x-mart-charge-usd': formatUsd(0n) }
  return new Response(refusal.body, { status, headers })
}
