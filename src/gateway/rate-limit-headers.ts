import type { Standing } from '../lib/gcra.ts'
import type { Standings } from '../limits/limits.ts'

/** The `x-ratelimit-*` headers of the limits that a key has, as OpenAI writes them. */
export function rateLimitHeaders({ requests, tokens }: Standings): Record<string, string> {
  return { ...(requests && headersOf('requests', requests)), ...(tokens && headersOf('tokens', tokens)) }
}

const headersOf = (unit: string, { limit, remaining, resetMs }: Standing): Record<string, string> => ({
  [`x-ratelimit-limit-${unit}`]: String(limit),
  [`x-ratelimit-remaining-${unit}`]: String(remaining),
  [`x-ratelimit-reset-${unit}`]: duration(resetMs),
})

/** Go's way of writing a duration: `120ms`, `6s`, `1m30s`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${ms}ms`
  const seconds = Math.ceil(ms / 1_000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
