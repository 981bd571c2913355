/**
 * Gathers lines and writes them together, one write at a time. Where the reader is slower than we are,
 * lines beyond a bound are dropped and their count is written as soon as there is room again.
 */
import { LineBuffer } from './line-buffer.ts'

export type LineWriter = {
  /** Takes a line, without its line feed. Returns at once. */
  readonly add: (line: string) => void
  /** As `add`, for a line that is not one of many: it is on its way at once, unless others are. */
  readonly addNow: (line: string) => void
  /** Writes what is kept; resolves when all of it is gone, or after `msMax`. */
  readonly flush: (msMax: number) => Promise<void>
}

/** Calls back when the bytes are gone; they stay as they are until then, and the next come only then. */
export type Write = (bytes: Uint8Array, written: () => void) => void

/** Long enough to gather a burst, short enough to look at. */
const gatherMs = 50
/** About 10,000 requests. As much again may be on its way. */
const keptBytesMax = 8 * 1024 * 1024
const roomBytes = 512 * 1024

/** `droppedLine` makes the line that tells how many were dropped. */
export function createLineWriter(write: Write, droppedLine: (count: number) => string): LineWriter {
  let kept = new LineBuffer(roomBytes)
  let sent = new LineBuffer(roomBytes)
  let dropped = 0
  let isWriting = false
  let timer: ReturnType<typeof setTimeout> | null = null
  let idle: (() => void)[] = []

  function send(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (isWriting) return
    if (dropped > 0) kept.add(droppedLine(dropped))
    dropped = 0
    if (kept.bytes === 0) return becomeIdle()
    ;[kept, sent] = [sent, kept]
    isWriting = true
    write(sent.take(), () => {
      isWriting = false
      if (idle.length > 0) send()
      else if (kept.bytes > 0 || dropped > 0) timer ??= setTimeout(send, gatherMs)
    })
  }

  function becomeIdle(): void {
    for (const resolve of idle) resolve()
    idle = []
  }

  function keep(line: string): void {
    if (kept.bytes + line.length > keptBytesMax) dropped += 1
    else kept.add(line)
  }

  return {
    add(line) {
      keep(line)
      if (!isWriting) timer ??= setTimeout(send, gatherMs)
    },
    addNow(line) {
      keep(line)
      send()
    },
    flush: (msMax) =>
      new Promise((resolve) => {
        const deadline = setTimeout(resolve, msMax)
        idle.push(() => {
          clearTimeout(deadline)
          resolve()
        })
        send()
      }),
  }
}
