import type { Socket } from 'bun'
import { noPlace } from '../roster.ts'
import type { Guest } from './guest.ts'
import { readProxyHeader } from './proxy-header.ts'
import { headMsMax } from './time-limits.ts'

export type Introduced = {
  /** The proxy has said whom the connection is from, null for itself; `rest` is the beginning of what that one sends. */
  readonly introduced: (source: string | null, rest: Buffer) => void
  /** It has not, or not in time. */
  readonly failed: () => void
  readonly gone: () => void
}

/** A connection from a trusted proxy that has still to say whom it is from. */
export class Introduction implements Guest {
  place = noPlace
  readonly isBusy = false
  readonly hasAsked = false
  readonly peer: string
  readonly restingSince: number
  readonly #socket: Socket<Guest>
  readonly #told: Introduced
  #bytes: Buffer | null = null
  #isOver = false

  /** `now`: as of the last second. */
  constructor(socket: Socket<Guest>, told: Introduced, { peer, now }: { readonly peer: string; readonly now: number }) {
    this.#socket = socket
    this.peer = peer
    this.restingSince = now
    this.#told = told
  }

  take(bytes: Buffer): void {
    if (this.#isOver) return
    const all = this.#bytes ? Buffer.concat([this.#bytes, bytes]) : bytes
    const header = readProxyHeader(all)
    if (header === 'more') {
      this.#bytes = all
      return
    }
    this.closed()
    if (header === 'bad') this.#told.failed()
    else this.#told.introduced(header.source, all.subarray(header.end))
  }

  flush(): void {
    // Nothing is sent before it is known to whom.
  }

  look(now: number): void {
    if (now - this.restingSince <= headMsMax || this.#isOver) return
    this.closed()
    this.#told.failed()
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#bytes = null
    this.#told.gone()
  }

  close(): void {
    this.closed()
    this.#socket.terminate()
  }
}
