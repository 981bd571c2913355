/** Who is turned away before anything is served: counted, and told in the log without filling it. */
import type { Level } from '../lib/log-text.ts'

export type Refusals = {
  readonly refused: (why: string, address: string) => void
  /** How often so far, by the reason. */
  readonly counts: () => Iterable<readonly [why: string, count: number]>
  /** Tells what was not told yet. */
  readonly flush: () => void
}

type Tell = (level: Level, event: Readonly<Record<string, unknown>> & { readonly event: string }) => void

/** One line for each reason and so many ms, with how many there were and one of their addresses. */
export const quietMs = 10_000

/** `tell` writes a line to the log; `addresses`: whether it may name them. */
export function createRefusals(tell: Tell, addresses: boolean): Refusals {
  const reasons = new Map<string, { total: number; untold: number; address: string; timer: Timer | null }>()

  function told(why: string): void {
    const reason = reasons.get(why)!
    reason.timer = null
    if (reason.untold === 0) return
    const { untold: count, address } = reason
    reason.untold = 0
    // Only of this can an operator say that the machine is too small.
    const level = why === 'full' ? 'error' : 'info'
    tell(level, { event: 'refused', why, count, ...(addresses && address !== '' && { address }) })
    reason.timer = setTimeout(() => told(why), quietMs)
    reason.timer.unref()
  }

  return {
    refused(why, address) {
      const reason = reasons.get(why) ?? { total: 0, untold: 0, address, timer: null }
      reasons.set(why, reason)
      reason.total += 1
      reason.untold += 1
      reason.address = address
      if (reason.timer === null) told(why)
    },
    counts: () => [...reasons].map(([why, { total }]) => [why, total] as const),
    flush() {
      for (const [why, { timer }] of reasons) {
        if (timer) clearTimeout(timer)
        told(why)
      }
    },
  }
}

type Timer = ReturnType<typeof setTimeout>
