/** A duration as it is kept and shown, to the hundredth of a millisecond. */
export const roundedMs = (ms: number): number => Math.round(ms * 100) / 100

/** Time, handed in so that tests can hold it still. */
export type Clock = {
  /** Epoch milliseconds: for what people read and for calendar periods. */
  readonly now: () => number
  /** Milliseconds from an arbitrary start, never going back: for durations and deadlines. */
  readonly monotonic: () => number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
