import type { GatewayDeps } from './deps.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'
import type { Relayed } from './relay.ts'

/** Headers of an upstream that mean something to its SDKs and nothing about our account there. */
const passed = [
  'content-type',
  'openai-version',
  'openai-processing-ms',
  'x-gemini-service-tier',
  'server-timing',
] as const

/** The headers of an answer: the upstream's that are the client's business, and ours. */
export function responseHeaders(
  { admitted, deployment, upstream }: Relayed,
  deps: GatewayDeps,
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-request-id': admitted.requestId,
    'x-mart-region': deployment.region,
    ...rateLimitHeaders(deps.limits.standings(admitted.key)),
  }
  if (deployment.simulated) headers['x-mart-sandbox'] = 'true'
  for (const name of passed) {
    const value = upstream.headers.get(name)
    if (value !== null) headers[name] = value
  }
  return headers
}
