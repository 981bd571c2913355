/** Work that is under way is done once for all who ask for the same meanwhile. */
export type SharedWork<T> = {
  /** What `work` gives: that of whoever asked first under this key, and waits still. */
  readonly share: (key: string, work: () => Promise<T>) => Promise<T>
  /** Whoever asks from now on joins nothing that began before. */
  readonly part: () => void
}

export function createSharedWork<T>(): SharedWork<T> {
  const underWay = new Map<string, Promise<T>>()
  return {
    share(key, work) {
      const known = underWay.get(key)
      if (known) return known
      const begun = work().finally(() => underWay.get(key) === begun && underWay.delete(key))
      underWay.set(key, begun)
      return begun
    },
    part: () => underWay.clear(),
  }
}
