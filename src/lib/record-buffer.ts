/** Cuts a stream that comes in pieces into records. */
export type RecordSplitter = {
  /** The records completed by this piece, with whatever separates them: together with the rest they are the stream. */
  readonly push: (piece: string) => string[]
  /** Whether nothing has come since the last complete record. */
  readonly isBetween: () => boolean
  /** What has come since the last complete record, once. */
  readonly rest: () => string
}

/** Without a limit, an upstream that never ends a record, or its answer, would fill the memory, and one that says very much in one take all time. */
export class TooLongError extends Error {
  /** `most`: what is allowed, of bytes unless something else is named. */
  constructor(what: 'a record' | 'the answer', most: number, of?: string) {
    super(of === undefined ? `${what} is longer than ${most} bytes` : `${what} has more than ${most} ${of}`)
    this.name = 'TooLongError'
  }
}

/** What has come of a record so far, at most `charsMax`; its pieces are put together once. */
export class RecordBuffer {
  readonly #charsMax: number
  #parts: string[] = []
  #chars = 0

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  get isEmpty(): boolean {
    return this.#chars === 0
  }

  /** Throws a `TooLongError`. */
  add(part: string): void {
    if (part === '') return
    this.#chars += part.length
    if (this.#chars > this.#charsMax) {
      this.#parts = []
      throw new TooLongError('a record', this.#charsMax)
    }
    this.#parts.push(part)
  }

  /** The whole record, which ends with this part. */
  take(last: string): string {
    if (this.#chars === 0) return last
    this.add(last)
    const record = this.#parts.join('')
    this.#parts = []
    this.#chars = 0
    return record
  }
}
