/** How long the first thread of a process, which is its event loop, has run so far, and how long it was ready to and had no core (Linux, Documentation/scheduler/sched-stats.rst). */
import { readFileSync } from 'node:fs'

export type ThreadTime = { readonly ranMs: number; readonly queuedMs: number }

/** `pid`: or `self`. null where the system does not tell. */
export function readTime(pid: string): ThreadTime | null {
  try {
    const [ran, queued] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return { ranMs: Number(ran) / 1e6, queuedMs: Number(queued) / 1e6 }
  } catch {
    return null
  }
}
