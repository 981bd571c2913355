/** When a vendor says that trying again can help, in ms from now; null when it does not, or says nonsense. */
import type { ResponseHeaders } from '../lib/http-client/contract.ts'
import { durationMs } from './rate-standing.ts'

const dayMs = 86_400_000

/** At most a day; null for what is no time at all. */
export const boundedMs = (ms: number): number | null =>
  Number.isFinite(ms) && ms >= 0 ? Math.min(dayMs, Math.ceil(ms)) : null

const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text)

/** `retry-after-ms`, Azure's and more exact, beats `retry-after`: seconds or an HTTP date (RFC 9110 §10.2.3). `now` is epoch ms. */
export function retryAfterMs(headers: ResponseHeaders, now: number): number | null {
  const ms = headers.get('retry-after-ms') ?? ''
  if (isNumber(ms)) return boundedMs(Number(ms))
  const text = headers.get('retry-after') ?? ''
  if (isNumber(text)) return boundedMs(Number(text) * 1_000)
  // Whatever else a lenient parser takes for a date is none.
  const at = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} .*GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : boundedMs(Math.max(0, at - now))
}

/** What errors say in words: Azure's "Please retry after 12 seconds", its gateways' "Try again in 38 seconds", OpenAI's "Please try again in 6m0s". */
export function retryAfterInWords(message: string): number | null {
  const [, amount, milli] =
    /\b(?:retry after|try again in) (\d{1,9}(?:\.\d+)?) ?(milli)?seconds?\b/i.exec(message) ?? []
  if (amount !== undefined) return boundedMs(Number(amount) * (milli === undefined ? 1_000 : 1))
  const [, duration = null] = /\btry again in ((?:\d{1,9}(?:\.\d+)?(?:ms|s|m|h|d))+)(?!\w)/i.exec(message) ?? []
  return durationMs(duration)
}

/** Google's daily quotas begin anew at midnight, Pacific time: https://ai.google.dev/gemini-api/docs/rate-limits */
export function msUntilPacificMidnight(now: number): number {
  const clock = new Date(now).toLocaleTimeString('en-GB', { timeZone: 'America/Los_Angeles', hourCycle: 'h23' })
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number)
  return dayMs - ((hours * 60 + minutes) * 60 + seconds) * 1_000
}
