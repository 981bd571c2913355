/**
 * What the connections of a server keep that nobody has asked for yet: beginnings of heads, and requests sent ahead of
 * the one under way. While it is much, no connection may keep more than its share; so many that each keep a little
 * cannot take all memory, and one that keeps much takes nothing from those that keep nothing.
 */
export type HeldMemory = {
  /** Bytes of all connections. */
  readonly bytes: () => number
  readonly bytesMax: number
  /** A connection keeps so many bytes more, or fewer. */
  readonly change: (bytes: number) => void
  /** The most that one connection may keep now, in bytes. */
  readonly share: () => number
}

/** Every connection may keep this much, a whole small request, however many there are. */
const shareBytesMin = 4 * 1024

/** `connections`: how many there are. `bytesMax`: from when on shares are kept to. */
export function createHeldMemory(bytesMax: number, connections: () => number): HeldMemory {
  let held = 0
  return {
    bytes: () => held,
    bytesMax,
    change(bytes) {
      held += bytes
    },
    share: () =>
      held <= bytesMax ? Number.POSITIVE_INFINITY : Math.max(shareBytesMin, Math.floor(bytesMax / connections())),
  }
}
