/** Plain answers: read whole, metered, settled, and only then given to the client, byte for byte. */
import { formatUsd } from '../lib/amounts.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading } from './dialect.ts'
import { GatewayError } from './errors.ts'
import { estimateUsage } from './estimate.ts'
import { attemptOf, failureOf, isClientFault, refusalOf, retryMs, UpstreamError, type Relayed } from './relay.ts'
import { responseHeaders } from './response-headers.ts'
import { settle } from './settle.ts'

/** Beyond this an upstream's answer is taken for broken: four 4K images are about 100 MB. */
const answerBytesMax = 256 * 1024 * 1024

/** Finishes a call whose answer is not streamed, the upstream's refusals of streamed calls included. */
export async function answer(relayed: Relayed, deps: GatewayDeps): Promise<Response> {
  const { admitted, deployment, upstream, exchange } = relayed
  try {
    const bytes = await readWhole(relayed)
    if (upstream.status !== 200) return await refuse(relayed, bytes, deps)
    const reading = read(relayed, bytes)
    const estimate = await estimateUsage(admitted.call.asked, reading, deps)
    const settlement = await settle(
      admitted,
      deployment,
      {
        ending: relayed.hasLeft() ? 'client-left' : 'completed',
        status: 200,
        reading,
        estimate,
        attempts: [relayed.attempt],
      },
      deps,
    )
    const headers = responseHeaders(relayed, deps)
    headers['x-mart-charge-usd'] = formatUsd(BigInt(settlement.chargeNano))
    return new Response(bytes, { headers })
  } finally {
    exchange.end()
  }
}

async function readWhole(relayed: Relayed): Promise<Uint8Array> {
  const { upstream, exchange } = relayed
  try {
    if (Number(upstream.headers.get('content-length') ?? 0) > answerBytesMax)
      throw new Error('the answer is larger than any answer can be')
    return await upstream.bytes()
  } catch (error) {
    throw new UpstreamError(failureOf(exchange, error), broken(relayed, 'the answer broke off'))
  }
}

function read(relayed: Relayed, bytes: Uint8Array): Reading {
  try {
    return relayed.admitted.call.asked.readAnswer(bytes, relayed.upstream.headers)
  } catch (cause) {
    throw new UpstreamError(
      new GatewayError(
        'upstream_failed',
        'The model gave an answer that cannot be read. Nothing is owed; you may try again.',
        { retryAfterMs: retryMs, cause },
      ),
      broken(relayed, 'the answer could not be read'),
    )
  }
}

const broken = (relayed: Relayed, error: string) =>
  attemptOf(relayed.deployment, relayed.upstream.status, error, relayed.attempt.firstByteMs)

/** The client's own fault is told in the upstream's words; anything else is our failure, not the client's. */
async function refuse(relayed: Relayed, bytes: Uint8Array, deps: GatewayDeps): Promise<Response> {
  const { upstream } = relayed
  if (!isClientFault(upstream.status)) throw new UpstreamError(refusalOf(upstream), relayed.attempt)
  await settle(
    relayed.admitted,
    relayed.deployment,
    { ending: 'upstream-refused', status: upstream.status, reading: null, estimate: null, attempts: [relayed.attempt] },
    deps,
  )
  return new Response(bytes, {
    status: upstream.status,
    headers: { ...responseHeaders(relayed, deps), 'x-mart-charge-usd': formatUsd(0n) },
  })
}
