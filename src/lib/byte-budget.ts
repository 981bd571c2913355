/**
 * Memory that requests may hold at once, in bytes: in all, and for each of those who share it, so that one who holds
 * much leaves room for the others. What does not fit is refused at once; nothing waits here.
 */
export type ByteBudget = {
  /** Room for so many bytes, or whose share is full: one's own, or everybody's. */
  readonly take: (owner: string, bytes: number) => Room | 'own-full' | 'all-full'
  /** Held now. */
  readonly heldBytes: () => number
}

export type Room = {
  /** Makes it larger or smaller; false, and nothing changes, where there is no room for more. */
  readonly resize: (bytes: number) => boolean
  /** Gives it back, once and for all. */
  readonly free: () => void
}

export type ByteLimits = {
  readonly bytesMax: number
  /** Of one owner. */
  readonly ownBytesMax: number
}

/** `limits` is asked for each time, because configuration may change. */
export function createByteBudget(limits: () => ByteLimits): ByteBudget {
  const heldBy = new Map<string, number>()
  let held = 0

  const refusal = (owner: string, more: number): 'own-full' | 'all-full' | null => {
    const { bytesMax, ownBytesMax } = limits()
    if ((heldBy.get(owner) ?? 0) + more > ownBytesMax) return 'own-full'
    return held + more > bytesMax ? 'all-full' : null
  }
  const change = (owner: string, more: number): void => {
    const own = (heldBy.get(owner) ?? 0) + more
    if (own === 0) heldBy.delete(owner)
    else heldBy.set(owner, own)
    held += more
  }
  return {
    take(owner, bytes) {
      const refused = refusal(owner, bytes)
      if (refused) return refused
      change(owner, bytes)
      let mine = bytes
      let isFreed = false
      const resize = (wanted: number): boolean => {
        if (isFreed || (wanted > mine && refusal(owner, wanted - mine) !== null)) return false
        change(owner, wanted - mine)
        mine = wanted
        return true
      }
      return {
        resize,
        free() {
          resize(0)
          isFreed = true
        },
      }
    },
    heldBytes: () => held,
  }
}
