const lineEnd = 10
/** A UTF-16 unit is at most three bytes of UTF-8. */
const bytesPerUnitMax = 3

/**
 * Lines gathered as bytes in memory that stays. Kept as texts until they are written, thousands of them would outlive
 * the request that made each, and what outlives its request is dear to collect.
 */
export class LineBuffer {
  readonly #roomBytes: number
  readonly #start: number
  #room: Buffer
  #used: number

  /** `roomBytes`: for what comes at once as a rule; more is taken, and not kept. `start`: bytes left free in front. */
  constructor(roomBytes: number, start = 0) {
    this.#roomBytes = roomBytes
    this.#room = Buffer.allocUnsafe(roomBytes)
    this.#start = start
    this.#used = start
  }

  /** Of the lines gathered. */
  get bytes(): number {
    return this.#used - this.#start
  }

  /** Adds a line and its end. */
  add(line: string): void {
    const needed = this.#used + line.length * bytesPerUnitMax + 1
    if (needed > this.#room.length)
      this.#room = Buffer.concat([this.#room.subarray(0, this.#used)], Math.max(needed, this.#room.length * 2))
    this.#used += this.#room.write(line, this.#used)
    this.#room[this.#used] = lineEnd
    this.#used += 1
  }

  /** What was gathered, and the free bytes in front, good until the next line is added. */
  take(): Buffer {
    const taken = this.#room.subarray(0, this.#used)
    this.#used = this.#start
    if (this.#room.length > this.#roomBytes) this.#room = Buffer.allocUnsafe(this.#roomBytes)
    return taken
  }
}
