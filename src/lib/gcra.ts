/**
 * The generic cell rate algorithm: a rate limit that is one number, the theoretical arrival time.
 * A full minute's allowance may come at once; after that it refills evenly, with no window edge to game.
 */
const windowMs = 60_000

/** When the next unit would arrive on schedule, in monotonic milliseconds. */
export type Gcra = { arrivalAt: number; perMinute: number }

export const newGcra = (): Gcra => ({ arrivalAt: 0, perMinute: 0 })

/** The standing of a limit: what is left now, and in how many ms it is whole again. */
export type Standing = { readonly limit: number; readonly remaining: number; readonly resetMs: number }

/** What is used, in ms of the allowance; a changed limit keeps the count of what was used, not the share. */
function usedMs(gcra: Gcra, perMinute: number, now: number): number {
  if (gcra.perMinute !== perMinute) {
    gcra.arrivalAt = now + (Math.max(0, gcra.arrivalAt - now) * gcra.perMinute) / perMinute
    gcra.perMinute = perMinute
  }
  return Math.max(0, gcra.arrivalAt - now)
}

/** Milliseconds until `cost` units fit; 0 when they do. More than the whole allowance counts as the whole. */
export function waitMs(gcra: Gcra, perMinute: number, cost: number, now: number): number {
  const costMs = (Math.min(cost, perMinute) * windowMs) / perMinute
  return Math.max(0, Math.ceil(usedMs(gcra, perMinute, now) + costMs - windowMs - roundingMs))
}

/** Takes `cost` units; negative gives back what was taken too much. */
export function take(gcra: Gcra, perMinute: number, cost: number, now: number): void {
  gcra.arrivalAt = now + usedMs(gcra, perMinute, now) + (cost * windowMs) / perMinute
}

export function standing(gcra: Gcra, perMinute: number, now: number): Standing {
  const used = usedMs(gcra, perMinute, now)
  const remaining = Math.min(perMinute, Math.max(0, Math.floor(perMinute * (1 - (used - roundingMs) / windowMs))))
  return { limit: perMinute, remaining, resetMs: Math.ceil(Math.max(0, used - roundingMs)) }
}

/** Thousands of additions of a fraction drift by far less than this; it keeps a hair from hiding a unit that is there. */
const roundingMs = 1e-3
