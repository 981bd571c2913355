/**
 * How much of large bodies passes in one turn of the event loop, wherever it comes from. The runtime reads half a megabyte
 * off every socket that has it, and up to ten times where few have, so that twenty uploads brought 20 MB in a turn: 60 ms,
 * with what was done with them, in which nobody else was served.
 *
 * A thread has one event loop, so it has one count.
 */

/** When so much has passed, all others wait for a turn that has room for as much as each brought last. */
export const turnBytesMax = 1024 * 1024

/** A connection that may bring much. */
export type Sender = {
  readonly isClosed: boolean
  /** Nothing more may come of it, from now on. */
  readonly hold: () => void
  readonly release: () => void
}

let passed = 0
let isCounting = false
/** In the order in which they go on; false for one that no longer wants to. */
const line: { readonly bytes: number; readonly goOn: () => boolean }[] = []
/** Those that may bring more in this turn, with the bytes that each brought last; whoever brought something last is last. */
const open = new Map<Sender, number>()

/** Counts what a connection has brought. It is held where others wait, and with it all that have brought much before where its turn has had enough. */
export function brought(sender: Sender, bytes: number): void {
  count(bytes)
  open.delete(sender)
  if (passed >= turnBytesMax) {
    for (const [other, bytesNext] of open) queue(other, bytesNext)
    open.clear()
    queue(sender, bytes)
  } else if (line.length > 0) queue(sender, bytes)
  else open.set(sender, bytes)
}

function queue(sender: Sender, bytes: number): void {
  sender.hold()
  const goOn = (): boolean => {
    if (sender.isClosed) return false
    open.set(sender, bytes)
    sender.release()
    return true
  }
  line.push({ bytes, goOn })
}

/** It brings nothing more, or nothing much. */
export const broughtAll = (sender: Sender): void => void open.delete(sender)

/** Counts bytes that are about to be fetched. Null where this turn has room for them, else to be waited for. */
export function waitForTurn(bytes: number): Promise<void> | null {
  if (passed + bytes <= turnBytesMax && line.length === 0) {
    count(bytes)
    return null
  }
  count(0)
  return new Promise((resolve) => {
    const goOn = (): boolean => {
      count(bytes)
      resolve()
      return true
    }
    line.push({ bytes, goOn })
  })
}

function count(bytes: number): void {
  passed += bytes
  if (!isCounting) setImmediate(beginTurn)
  isCounting = true
}

function beginTurn(): void {
  passed = 0
  isCounting = false
  let granted = 0
  // What is larger than a turn has one for itself.
  while (line.length > 0 && (granted === 0 || granted + line[0]!.bytes <= turnBytesMax)) {
    const { bytes, goOn } = line.shift()!
    if (goOn()) granted += bytes
  }
  if (line.length > 0) count(0)
}
