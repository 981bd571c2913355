/** Work that goes on after its answer has gone: queued, then in progress, then over, unless it is cancelled first. */

export type Job = {
  readonly phase: () => 'queued' | 'in_progress' | 'over' | 'cancelled'
  /** Epoch milliseconds at which it was over or was cancelled; null before. */
  readonly endedAt: () => number | null
  /** Ends it now; false when it had ended already. */
  readonly cancel: () => boolean
  /** Resolves once this share of its time has passed, at 1 when it is over; with false when it was cancelled before. */
  readonly reached: (share: number) => Promise<boolean>
}

export type Jobs = {
  /** Starts one that takes `durationMs`, or for ever; null when too many are under way. `onEnd` is called once, as it ends. */
  readonly start: (durationMs: number, onEnd: (isCancelled: boolean) => void) => Job | null
}

/** What never ends begins all the same. */
const beginMsMax = 10_000

/** The share of its time for which a job is queued. */
export const queuedShare = 0.2

/** At most `jobsMax` at a time. Timers do not keep the process alive. */
export function createJobs(jobsMax = 10_000): Jobs {
  let underWay = 0
  return {
    start(durationMs, onEnd) {
      if (underWay >= jobsMax) return null
      underWay += 1
      return startJob(durationMs, (isCancelled) => {
        underWay -= 1
        onEnd(isCancelled)
      })
    },
  }
}

function startJob(durationMs: number, onEnd: (isCancelled: boolean) => void): Job {
  const startedAt = Date.now()
  const ended = Promise.withResolvers<void>()
  let phase: ReturnType<Job['phase']> = 'queued'
  let endedAt: number | null = null
  const end = (how: 'over' | 'cancelled'): void => {
    phase = how
    endedAt = Date.now()
    clearTimeout(toBegin)
    clearTimeout(toEnd)
    onEnd(how === 'cancelled')
    ended.resolve()
  }
  const toBegin = setTimeout(() => (phase = 'in_progress'), Math.min(durationMs, beginMsMax) * queuedShare).unref()
  const toEnd = Number.isFinite(durationMs) ? setTimeout(() => end('over'), durationMs).unref() : undefined
  const hasEnded = (): boolean => phase === 'over' || phase === 'cancelled'
  return {
    phase: () => phase,
    endedAt: () => endedAt,
    cancel() {
      if (hasEnded()) return false
      end('cancelled')
      return true
    },
    async reached(share) {
      const leftMs = startedAt + share * durationMs - Date.now()
      if (share >= 1) await ended.promise
      else if (leftMs > 0) await Promise.race([passed(leftMs), ended.promise])
      return phase !== 'cancelled'
    },
  }
}

/** Never, for what is too far away to be waited for. */
const passed = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    if (Number.isFinite(milliseconds)) setTimeout(resolve, milliseconds).unref()
  })
