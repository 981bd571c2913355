/**
 * What nobody wants is read away, so that its sender gets to read the answer: off one connection in a millisecond, which is
 * half a gigabyte a second. Fifty that send as fast as they can bring 25 MB in one turn of the event loop otherwise, 40 ms
 * of it, and a whole core is busy with them.
 */
export type ReadingAway = {
  /** Goes on with it when its turn comes, once however often it is asked to. */
  readonly add: (goOn: () => void) => void
}

const pauseMs = 1

export function createReadingAway(): ReadingAway {
  const waiting = new Set<() => void>()
  let isUnderWay = false
  const next = (): void => {
    const [goOn] = waiting
    isUnderWay = goOn !== undefined
    if (!goOn) return
    waiting.delete(goOn)
    setTimeout(next, pauseMs)
    goOn()
  }
  return {
    add(goOn) {
      waiting.add(goOn)
      if (!isUnderWay) setTimeout(next, pauseMs)
      isUnderWay = true
    },
  }
}
