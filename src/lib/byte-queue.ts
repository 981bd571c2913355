import type { ByteLimits } from './byte-budget.ts'

/**
 * Memory for what cannot be refused any more, in bytes: who finds no room waits for it. Each of those who share it has a
 * share, and whoever stays within theirs never waits for one other alone, whatever that one holds. So that all who wait
 * do not wait for each other, one of them at a time goes on beyond the limits, to its end; it is not counted in them.
 */
export type ByteQueue = {
  /** Room for nothing yet. */
  readonly enter: (owner: string) => QueuedRoom
  /** Held now, by the one beyond the limits too. */
  readonly heldBytes: () => number
}

export type QueuedRoom = {
  /** Makes sure of so many bytes in all; a promise where that must be waited for. */
  readonly grow: (bytes: number) => Promise<void> | null
  /** Gives all of it back. Whoever waits with it waits no longer, and gets nothing. */
  readonly free: () => void
  /** How long its reader may take nothing of it from now on, ms; null while nobody waits who could use it. */
  readonly patienceMs: () => number | null
}

export type QueueLimits = ByteLimits & { readonly patienceMs: number }

/** `bytes`: in all. */
type Wanted = { readonly room: Room; readonly bytes: number }
type Waiting = Wanted & { readonly goOn: () => void }
type Room = { readonly owner: string; bytes: number; isFreed: boolean }

/** `limits` is asked for each time, because configuration may change. */
export function createByteQueue(limits: () => QueueLimits): ByteQueue {
  const store = createStore(limits)
  /** Of each owner in order; who was served goes behind the other owners. */
  const lines = new Map<string, readonly Waiting[]>()

  /** The first that is given its room. Nobody passes by one for whom everybody together leaves too little. */
  const next = (): Waiting | null => {
    for (const [owner, [first, ...others]] of lines) {
      if (store.give(first!)) {
        lines.delete(owner)
        if (others.length > 0) lines.set(owner, others)
        return first!
      }
      if (store.obstacleTo(first!) === 'all-full') return null
    }
    return null
  }
  const serve = (): void => {
    for (let served = next(); served; served = next()) served.goOn()
  }
  const grow = (room: Room, bytes: number): Promise<void> | null => {
    if (bytes <= room.bytes || room.isFreed) return null
    if (store.isBeyond(room)) store.give({ room, bytes })
    if (bytes <= room.bytes) return null
    const { promise, resolve: goOn } = Promise.withResolvers<void>()
    lines.set(room.owner, [...(lines.get(room.owner) ?? []), { room, bytes, goOn }])
    serve()
    return bytes <= room.bytes ? null : promise
  }
  const free = (room: Room): void => {
    if (room.isFreed) return
    store.takeBack(room)
    room.isFreed = true
    const line = lines.get(room.owner) ?? []
    const others = line.filter((each) => each.room !== room)
    if (others.length > 0) lines.set(room.owner, others)
    else lines.delete(room.owner)
    for (const mine of line) if (mine.room === room) mine.goOn()
    serve()
  }
  const isWanted = (room: Room): boolean =>
    lines.size > 0 &&
    (store.isBeyond(room) ||
      lines.has(room.owner) ||
      [...lines.values()].some(([first]) => store.obstacleTo(first!) === 'all-full'))
  return {
    enter(owner) {
      const room: Room = { owner, bytes: 0, isFreed: false }
      return {
        grow: (bytes) => grow(room, bytes),
        free: () => free(room),
        patienceMs: () => (isWanted(room) ? limits().patienceMs : null),
      }
    },
    heldBytes: store.heldBytes,
  }
}

/** What is held, by whom. */
function createStore(limits: () => ByteLimits) {
  const heldBy = new Map<string, number>()
  let held = 0
  /** The one that goes on beyond the limits. */
  let beyond: Room | null = null

  const count = (owner: string, more: number): void => {
    const own = (heldBy.get(owner) ?? 0) + more
    if (own === 0) heldBy.delete(owner)
    else heldBy.set(owner, own)
    held += more
  }
  const obstacleTo = ({ room, bytes }: Wanted): 'own-full' | 'all-full' | null => {
    const { bytesMax, ownBytesMax } = limits()
    const more = bytes - room.bytes
    if (room === beyond || more <= 0) return null
    if ((heldBy.get(room.owner) ?? 0) + more > ownBytesMax) return 'own-full'
    return held + more > bytesMax ? 'all-full' : null
  }
  return {
    obstacleTo,
    isBeyond: (room: Room) => room === beyond,
    /** False, and nothing changes, where there is an obstacle and another is beyond the limits. */
    give(wanted: Wanted): boolean {
      const { room } = wanted
      const bytes = Math.max(wanted.bytes, room.bytes)
      if (obstacleTo(wanted)) {
        if (beyond) return false
        count(room.owner, -room.bytes)
        beyond = room
      } else if (room !== beyond) count(room.owner, bytes - room.bytes)
      room.bytes = bytes
      return true
    },
    takeBack(room: Room): void {
      if (room === beyond) beyond = null
      else count(room.owner, -room.bytes)
      room.bytes = 0
    },
    heldBytes: () => held + (beyond?.bytes ?? 0),
  }
}
