import { brought, broughtAll, type Sender } from '../byte-turns.ts'
import { noteBytes } from '../note-bytes.ts'
import type { Turns } from '../turns.ts'
import type { ReadingAway } from './reading-away.ts'

/** Why nothing more is read off a connection for a while; several may hold at once. */
export const heldBackFor = { body: 1, ahead: 2, turn: 4, others: 8, share: 16, arrival: 32 } as const
type Reason = (typeof heldBackFor)[keyof typeof heldBackFor]

type Socket = { readonly pause: () => void; readonly resume: () => void }
type Shared = { readonly turns: Turns; readonly readingAway: ReadingAway }
type Reader = {
  /** Whether what comes may be in very many small pieces, each of which takes its time. */
  readonly mayBeCrumbs: boolean
  readonly takeNow: (bytes: Buffer) => void
}

/**
 * What comes in on a connection: held back while there is a reason to, and read a little in each turn where it may be
 * crumbs. Half a megabyte of chunks of one byte takes 40 ms, and each of many connections may bring as much at once.
 */
export class Inflow implements Sender {
  readonly #socket: Socket
  readonly #turns: Turns
  readonly #readingAway: ReadingAway
  readonly #reader: Reader
  /** 0 when it is not held back. */
  #reasons = 0
  /** Waits for its turn; nothing more comes while there is any. */
  #unread: Buffer | null = null
  #isClosed = false
  /** What came last was much. */
  #isMuch = false

  constructor(socket: Socket, { turns, readingAway }: Shared, reader: Reader) {
    this.#socket = socket
    this.#turns = turns
    this.#readingAway = readingAway
    this.#reader = reader
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  take(bytes: Buffer): void {
    if (bytes.length > sliceBytes || this.#isMuch) this.#count(bytes.length)
    // To be held back may still be on its way to the socket.
    if (this.#unread) this.#unread = Buffer.concat([this.#unread, bytes])
    else if (bytes.length <= sliceBytes || !this.#reader.mayBeCrumbs) this.#reader.takeNow(bytes)
    else {
      this.#unread = bytes
      this.holdBack(heldBackFor.turn)
      // Not at once: fifty connections that bring as much in one turn would be 200 ms of it.
      this.#turns.add(this.#readOn)
    }
  }

  #count(bytes: number): void {
    this.#isMuch = bytes > sliceBytes
    if (!this.#isMuch) return broughtAll(this)
    noteBytes(bytes)
    brought(this, bytes)
  }

  /** So many come at once that what this one brings must wait for its turn. */
  hold(): void {
    this.holdBack(heldBackFor.share)
  }

  release(): void {
    this.letCome(heldBackFor.share)
  }

  readonly #readOn = (): void => {
    const unread = this.#unread
    if (!unread) return
    const end = this.#reader.mayBeCrumbs ? sliceBytes : unread.length
    this.#unread = end < unread.length ? unread.subarray(end) : null
    this.#reader.takeNow(unread.subarray(0, end))
    if (this.#unread) this.#turns.add(this.#readOn)
    else this.letCome(heldBackFor.turn)
  }

  holdBack(reason: Reason): void {
    if (this.#reasons === 0) this.#socket.pause()
    this.#reasons |= reason
  }

  letCome(reason: Reason): void {
    if (this.#reasons === 0) return
    this.#reasons &= ~reason
    if (this.#reasons === 0 && !this.#isClosed) this.#socket.resume()
  }

  /** Nobody wants what comes: more of it is read when its turn comes among all that nobody wants. */
  readAway(): void {
    this.holdBack(heldBackFor.others)
    this.#readingAway.add(this.#readAwayOn)
  }
  readonly #readAwayOn = (): void => this.letCome(heldBackFor.others)

  close(): void {
    this.#isClosed = true
    this.#unread = null
    if (this.#isMuch) broughtAll(this)
  }
}

/** Read at once of what may be crumbs: some thousands of chunks of one byte. The rest of what came with them waits for its turn. */
const sliceBytes = 16 * 1024
