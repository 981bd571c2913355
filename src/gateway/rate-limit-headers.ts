import type { AnswerHeaders } from '../lib/http-server/contract.ts'
import type { Standings } from '../limits/limits.ts'

/** Sets the `x-ratelimit-*` headers of the limits that a key has, as OpenAI writes them. */
export function setRateLimits(headers: AnswerHeaders, { requests, tokens }: Standings): void {
  if (requests) {
    headers['x-ratelimit-limit-requests'] = String(requests.limit)
    headers['x-ratelimit-remaining-requests'] = String(requests.remaining)
    headers['x-ratelimit-reset-requests'] = duration(requests.resetMs)
  }
  if (tokens) {
    headers['x-ratelimit-limit-tokens'] = String(tokens.limit)
    headers['x-ratelimit-remaining-tokens'] = String(tokens.remaining)
    headers['x-ratelimit-reset-tokens'] = duration(tokens.resetMs)
  }
}

/** Go's way of writing a duration: `120ms`, `6s`, `1m30s`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${ms}ms`
  const seconds = Math.ceil(ms / 1_000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
