import type { Connection } from './connection.ts'
import { type HttpCall, type HttpResponse } from './contract.ts'
import { Incoming } from './incoming.ts'
import type { ResponseHead } from './response-reader.ts'

export type Outgoing = { readonly head: string; readonly body: Uint8Array }

/** One request and its answer, on whichever connection carries them. */
export class Call implements HttpCall {
  readonly response: Promise<HttpResponse>
  readonly #outgoing: Outgoing
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: Error) => void
  #anew: (() => Connection) | null
  #connection: Connection | null = null
  #incoming: Incoming | null = null

  /** `anew` makes another connection where the first turns out to have been closed; null when nothing may be sent twice. */
  constructor(outgoing: Outgoing, anew: (() => Connection) | null) {
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

  readonly abort = (reason: Error): void => {
    this.#anew = null
    this.#connection?.break(reason)
  }

  /** The connection has status and headers. */
  answered(head: ResponseHead): void {
    this.#incoming = new Incoming(head, {
      pause: () => this.#connection?.pause(),
      resume: () => this.#connection?.resume(),
      abort: this.abort,
    })
    this.#resolve(this.#incoming)
  }

  received(piece: Uint8Array): void {
    this.#incoming!.push(piece)
  }

  /** All of the answer has come: the connection is free for others. */
  completed(): void {
    this.#connection = null
    this.#incoming!.complete()
  }

  /** `isStale`: it was kept from an earlier call, and not one byte came back on it. */
  failed(error: Error, isStale: boolean): void {
    this.#connection = null
    if (isStale && this.#anew) {
      const anew = this.#anew
      this.#anew = null
      this.begin(anew())
    } else if (this.#incoming) this.#incoming.fail(error)
    else this.#reject(error)
  }
}
