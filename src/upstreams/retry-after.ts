/** When a vendor says that trying again can help, in ms from now; null when it does not, or says nonsense. */
const dayMs = 86_400_000
const bounded = (ms: number): number | null => (Number.isFinite(ms) && ms >= 0 ? Math.min(dayMs, Math.ceil(ms)) : null)

/** `retry-after-ms` beats `retry-after`, which is seconds or an HTTP date (RFC 9110 §10.2.3). */
export function retryAfterMs(headers: Headers, now = Date.now()): number | null {
  const ms = headers.get('retry-after-ms')
  if (ms !== null && /^\d+(\.\d+)?$/.test(ms)) return bounded(Number(ms))
  const text = headers.get('retry-after')
  if (text === null || text === '') return null
  if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text) * 1_000)
  // Anything else that is not a date would be read as one by a lenient parser.
  const at = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : bounded(Math.max(0, at - now))
}

/** Azure says it in words as well: "Please retry after 12 seconds." */
export function retryAfterInWords(message: string): number | null {
  const [, seconds] = /retry after (\d{1,6}) (?:milli)?seconds?/i.exec(message) ?? []
  return seconds === undefined ? null : bounded(Number(seconds) * (/milliseconds/i.test(message) ? 1 : 1_000))
}
