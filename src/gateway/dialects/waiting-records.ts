/** Records as they came, which are read only when there are many of them or somebody asks: a stream that ends well pays almost nothing for them. */
export type WaitingRecords = {
  readonly add: (record: string) => void
  /** Reads those that wait. */
  readonly fold: () => void
}

const waitingCharsMax = 64 * 1024

/** `read` is given each record once, in order, and never throws. */
export function createWaitingRecords(read: (records: readonly string[]) => void): WaitingRecords {
  let waiting: string[] = []
  let waitingChars = 0
  const fold = (): void => {
    const records = waiting
    waiting = []
    waitingChars = 0
    read(records)
  }
  return {
    add(record) {
      waiting.push(record)
      waitingChars += record.length
      if (waitingChars > waitingCharsMax) fold()
    },
    fold,
  }
}
