/** Bodies that are pulled piece by piece, so that whoever is slow holds back whoever is fast, and nothing is held whole. */

export type Piece =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: undefined }

export type Source = {
  /** In bytes; null where nobody knows yet. A source that gives another number of bytes than it says breaks whatever it is sent over. */
  readonly length: number | null
  /** The next piece. Not before the one before it has come. Rejects where there will be no more, and why. */
  readonly read: () => Promise<Piece>
  /** Nothing more is wanted. */
  readonly cancel: () => Promise<void>
  /** The same bytes from their beginning, as often as is asked; absent where they are gone once they were read. */
  readonly open?: () => Source
}

/** Can be read as often as is asked. */
export type Rereadable = Omit<Source, 'length' | 'open'> & { readonly length: number; readonly open: () => Rereadable }

/** The source of bytes that are at hand. */
export function sourceOf(bytes: Uint8Array): Rereadable {
  let rest: Uint8Array | null = bytes.length > 0 ? bytes : null
  return {
    length: bytes.length,
    read() {
      const piece: Piece = rest ? { done: false, value: rest } : { done: true }
      rest = null
      return Promise.resolve(piece)
    },
    cancel() {
      rest = null
      return Promise.resolve()
    },
    open: () => sourceOf(bytes),
  }
}

/** Several, one behind the other. */
export function joinedSources(sources: readonly Rereadable[]): Rereadable {
  let waiting = [...sources]
  return {
    length: sources.reduce((sum, { length }) => sum + length, 0),
    async read() {
      for (;;) {
        const first = waiting[0]
        if (!first) return { done: true }
        const piece = await first.read()
        if (!piece.done) return piece
        waiting.shift()
      }
    },
    async cancel() {
      const left = waiting
      waiting = []
      await Promise.all(left.map((source) => source.cancel()))
    },
    open: () => joinedSources(sources.map((source) => source.open())),
  }
}

/** As the web has it: pulled as it is read, and cancelled with it. */
export const streamOf = (source: Source): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  )
