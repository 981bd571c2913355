/** The system's clock may be set while jobs are open: by hours where it was wrong, by days where somebody erred. */
import type { Clock } from '../lib/clock.ts'
import { jobMsMax } from '../money/reservations.ts'

export type SteadyClock = {
  /** Epoch ms, as the system has it, but never going back while this process runs: what is due stays due. */
  readonly now: () => number
  /** Whether a time is over: by the system's clock, and by how long this process has run since it looked at that, which nobody can set. */
  readonly isOver: (at: number) => boolean
}

export function createSteadyClock({ now, monotonic }: Clock): SteadyClock {
  const [startedAt, startedTick] = [now(), monotonic()]
  let [latest, latestTick] = [startedAt, startedTick]
  return {
    now() {
      const tick = monotonic()
      latest = Math.max(now(), Math.floor(latest + tick - latestTick))
      latestTick = tick
      return latest
    },
    isOver(at) {
      const ranMs = monotonic() - startedTick
      // Where it was set right behind the start, no job is waited for longer than any other.
      return now() >= at && (startedAt + ranMs >= at || ranMs >= jobMsMax)
    },
  }
}
