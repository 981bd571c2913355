/** The last second that a date can have. */
const secondsMax = 8_640_000_000_000

/** When an upstream says that it made something, in epoch ms: now where it says no time, or one that is none. */
export const createdMs = (seconds: unknown): number =>
  Number.isSafeInteger(seconds) && Number(seconds) >= 0 && Number(seconds) < secondsMax
    ? Number(seconds) * 1_000
    : Date.now()
