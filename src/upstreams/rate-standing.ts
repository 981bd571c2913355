import type { ResponseHeaders } from '../lib/http-client/contract.ts'
import type { RateStanding } from './deployment.ts'

/**
 * OpenAI's rate limit headers (https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers):
 * what is left for our account, and when it is whole again, as a duration of Go's. Azure has the same ones
 * and writes some of them in plain seconds.
 */
export function openaiStanding(headers: ResponseHeaders): RateStanding | null {
  const left = (unit: string): number | null => countOf(headers.get(`x-ratelimit-remaining-${unit}`))
  const [requestsLeft, tokensLeft] = [left('requests'), left('tokens')]
  if (requestsLeft === null && tokensLeft === null) return null
  return {
    requestsLeft,
    tokensLeft,
    requestsResetMs: durationMs(headers.get('x-ratelimit-reset-requests')),
    tokensResetMs: durationMs(headers.get('x-ratelimit-reset-tokens')),
  }
}

const countOf = (text: string | null): number | null => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null)

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const dayMs = 86_400_000

/** `120ms`, `1s`, `6m0s`, `1h2m3.5s`, or plain seconds, as ms; at most a day; null for anything else. */
export function durationMs(text: string | null): number | null {
  if (text === null) return null
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.min(dayMs, Math.ceil(Number(text) * 1_000))
  if (!/^(\d{1,9}(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return null
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)
  const total = [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * unitsMs[unit!]!, 0)
  return Math.min(dayMs, Math.ceil(total))
}
