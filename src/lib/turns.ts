/**
 * Work that may wait for a moment, a little in each turn of the event loop: what one connection brings in one go, such
 * as ten thousand pipelined requests or half a megabyte of small chunks, must not keep all others waiting.
 */
export type Turns = {
  /** Does it soon, behind what waits already. */
  readonly add: (task: () => void) => void
}

/** What waits may take this long of a turn, ms. Whoever comes new waits for one turn. */
const turnMsMax = 2

/** `now`: milliseconds that never go back. `failed` is told what a task throws. */
export function createTurns(now: () => number, failed: (error: unknown) => void): Turns {
  let waiting: (() => void)[] = []
  let isUnderWay = false
  /** When this turn's time is up; null before its first task. Tasks that come one by one, each from the one before, share it. */
  let until: number | null = null

  const isOver = (): boolean => {
    if (until !== null) return now() >= until
    until = now() + turnMsMax
    setImmediate(() => {
      until = null
    })
    return false
  }
  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const round = waiting
      waiting = []
      for (const task of round) {
        if (isOver()) await nextTurn()
        attempt(task, failed)
        // What it set going counts as well, as far as it has come.
        await Promise.resolve()
      }
    }
    isUnderWay = false
  }
  return {
    add(task) {
      waiting.push(task)
      if (isUnderWay) return
      isUnderWay = true
      // Not at once: whoever adds it may be in the middle of something.
      queueMicrotask(() => void work())
    },
  }
}

/** One that fails keeps no other from its turn. */
function attempt(task: () => void, failed: (error: unknown) => void): void {
  try {
    task()
  } catch (error) {
    failed(error)
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
