import type { Carried, Connection, Outgoing } from './connection.ts'
import type { HttpCall, HttpResponse } from './contract.ts'
import { Incoming, type Inlet } from './incoming.ts'
import type { ResponseHead } from './response-reader.ts'

/** One request and its answer, on whichever connection carries them. */
export class Call implements HttpCall, Carried, Inlet {
  readonly response: Promise<HttpResponse>
  readonly #outgoing: Outgoing
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: Error) => void
  #anew: ((outgoing: Outgoing) => Connection | null) | null
  #connection: Connection | null = null
  #incoming: Incoming | null = null

  /** `anew` makes another connection where the first turns out to have been closed, if there is room for it; null when nothing may be sent twice. */
  constructor(outgoing: Outgoing, anew: ((outgoing: Outgoing) => Connection | null) | null) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
    this.response = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#outgoing = outgoing
    this.#anew = anew
  }

  begin(connection: Connection): void {
    this.#connection = connection
    connection.carry(this, this.#outgoing)
  }

  abort(reason: Error): void {
    this.#anew = null
    this.#connection?.break(reason)
  }

  pause(): void {
    this.#connection?.pause()
  }

  resume(): void {
    this.#connection?.resume()
  }

  answered(head: ResponseHead): void {
    this.#incoming = new Incoming(head, this)
    this.#resolve(this.#incoming)
  }

  received(piece: Uint8Array): void {
    this.#incoming!.push(piece)
  }

  completed(): void {
    this.#connection = null
    this.#incoming!.complete()
  }

  failed(reason: Error, isStale: boolean): void {
    this.#connection = null
    const another = isStale ? this.#anew?.(this.#outgoing) : null
    this.#anew = null
    if (another) this.begin(another)
    else if (this.#incoming) this.#incoming.fail(reason)
    else {
      // Whoever no longer waits for the answer need not be told.
      this.response.catch(() => undefined)
      this.#reject(reason)
    }
  }
}
