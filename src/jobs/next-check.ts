/** The pause after the first check, in ms; each is half as long again as the one before, up to the longest. */
const pauseMs = 1_000
const growth = 1.5
const pauseMsMax = 30_000
/** A provider that wants to be asked later than this is asked by then. */
const wantedMsMax = 5 * 60_000

/** When to ask about a job again that was asked about `checks` times before, epoch ms: as its provider wants it, within bounds, or by the schedule. */
export function nextCheckAt(checks: number, wantedAt: number | null, now: number): number {
  if (wantedAt !== null) return Math.min(Math.max(wantedAt, now + pauseMs), now + wantedMsMax)
  return now + Math.min(pauseMsMax, Math.round(pauseMs * growth ** checks))
}
