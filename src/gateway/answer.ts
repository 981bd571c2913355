/** Plain answers: read whole, metered, settled, and only then given to the client, byte for byte. */
import { formatUsd } from '../lib/amounts.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { okStatus, type Answered } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import { end } from './end.ts'
import { estimateUsage } from './estimate.ts'
import { keepPlain } from './keep-answer.ts'
import { keepResources, madeIn } from './keep-resources.ts'
import { headersOf } from './response-headers.ts'
import type { Outcome } from './settle.ts'

export type Plain = Exclude<Answered, { kind: 'stream' | 'bytes' }>

/** Ends a call whose answer is not streamed, and gives the answer for the client. */
export async function answer(relayed: Plain, deps: GatewayDeps): Promise<HttpAnswer> {
  try {
    const { deployment } = relayed.candidate
    if (relayed.kind === 'plain' && (relayed.reading.made || relayed.reading.become))
      await keepResources(relayed.reading, relayed.admitted, deployment, deps)
    // An id that is given again must be one that is known.
    if (relayed.kind === 'plain' && relayed.admitted.idempotency)
      await keepPlain(relayed, headersOf(relayed, deps), deps)
    const settlement = await end(relayed.admitted, deployment, outcomeOf(relayed, deps), deps)
    return answerOf(relayed, settlement?.chargeNano ?? null, deps)
  } catch (error) {
    if (relayed.kind === 'plain') relayed.room?.free()
    throw error
  } finally {
    relayed.exchange.end()
  }
}

/** How it ended, the upstream's refusals of streamed calls included. */
function outcomeOf(relayed: Plain, deps: GatewayDeps): Outcome {
  const { admitted, request, intent, attempts } = relayed
  if (relayed.kind === 'refused')
    return { intent, ending: 'upstream-refused', status: relayed.status, reading: null, estimate: null, attempts }
  const { reading } = relayed
  const ending = request.hasLeft ? 'client-left' : 'completed'
  const estimate = admitted.paid && estimateUsage(admitted.paid, reading, deps)
  const made = reading.made && madeIn(reading, relayed.candidate.deployment)
  return { intent, ending, status: okStatus, reading, estimate, attempts, ...(made && { made }) }
}

function answerOf(relayed: Plain, chargeNano: string | null, deps: GatewayDeps): HttpAnswer {
  const headers = headersOf(relayed, deps)
  const { paid } = relayed.admitted
  if (chargeNano !== null) headers['x-mart-charge-usd'] = formatUsd(chargeNano)
  else if (paid) headers['x-mart-reserved-usd'] = formatUsd(paid.hold.amountNano)
  // The client's own fault is told in the upstream's words, less what they tell of our account.
  if (relayed.kind === 'refused') {
    const { status, refusal } = relayed
    // SDKs try again on a conflict, and one that is told stays.
    if (status === conflict) headers['x-should-retry'] = 'false'
    return { status, headers, body: refusal.body }
  }
  const answer = { status: okStatus, headers, body: relayed.bytes }
  return relayed.room ? { ...answer, released: relayed.room.free, patienceMs: relayed.room.patienceMs } : answer
}

const conflict = 409
