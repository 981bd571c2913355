/**
 * Memory for what cannot be refused any more, in bytes: who finds no room waits for it, in order. So that all who wait
 * do not wait for each other, one of them at a time goes on beyond the limit, to its end.
 */
export type ByteQueue = {
  /** Room for nothing yet. */
  readonly enter: () => QueuedRoom
  /** Held now. */
  readonly heldBytes: () => number
}

export type QueuedRoom = {
  /** Makes sure of so many bytes in all; a promise where that must be waited for. */
  readonly grow: (bytes: number) => Promise<void> | null
  /** Gives all of it back. Whoever waits with it waits no longer, and gets nothing. */
  readonly free: () => void
}

/** `bytes`: in all. */
type Waiting = { readonly room: Room; readonly bytes: number; readonly goOn: () => void }
type Room = { bytes: number; isFreed: boolean }

/** `bytesMax` is asked for each time, because configuration may change. */
export function createByteQueue(bytesMax: () => number): ByteQueue {
  let waiting: Waiting[] = []
  let held = 0
  /** The one that goes on beyond the limit. */
  let beyond: Room | null = null

  /** False where it must wait. */
  const give = (room: Room, bytes: number): boolean => {
    const more = Math.max(0, bytes - room.bytes)
    if (room !== beyond && held + more > bytesMax()) {
      if (beyond) return false
      beyond = room
    }
    room.bytes += more
    held += more
    return true
  }
  const serve = (): void => {
    while (waiting.length > 0 && give(waiting[0]!.room, waiting[0]!.bytes)) waiting.shift()!.goOn()
  }
  const leave = (room: Room): void => {
    if (room.isFreed) return
    held -= room.bytes
    room.bytes = 0
    room.isFreed = true
    if (beyond === room) beyond = null
    for (const mine of waiting.filter((each) => each.room === room)) mine.goOn()
    waiting = waiting.filter((each) => each.room !== room)
    serve()
  }
  return {
    enter() {
      const room: Room = { bytes: 0, isFreed: false }
      return {
        grow(bytes) {
          if (bytes <= room.bytes || room.isFreed) return null
          // Whoever came later must not pass by those who wait.
          if ((waiting.length === 0 || room === beyond) && give(room, bytes)) return null
          return new Promise((goOn) => waiting.push({ room, bytes, goOn }))
        },
        free: () => leave(room),
      }
    },
    heldBytes: () => held,
  }
}
