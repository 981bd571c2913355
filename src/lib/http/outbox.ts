import type { Socket } from 'bun'

type Sink = Pick<Socket, 'write'>

/** A message up to this long is put together here, and written at once: memory that is always the same is always at hand. */
const desk = Buffer.allocUnsafe(64 * 1024)

/** What a socket has not taken yet. */
export class Outbox {
  #unsent: Uint8Array[] = []

  get isEmpty(): boolean {
    return this.#unsent.length === 0
  }

  clear(): void {
    this.#unsent = []
  }

  /** Sends bytes behind what waits; they must not change any more. False when the socket is closed, as for all of these. */
  send(socket: Sink, bytes: Uint8Array): boolean {
    this.#unsent.push(bytes)
    return this.flushTo(socket)
  }

  /** Sends a head, in latin1, and the body behind it; they wait where there is no socket yet. */
  sendMessage(socket: Sink | null, head: string, body: Uint8Array): boolean {
    const length = head.length + body.length
    if (!socket || length > desk.length || !this.isEmpty) {
      this.#unsent.push(Buffer.from(head, 'latin1'))
      if (body.length > 0) this.#unsent.push(body)
      return !socket || this.flushTo(socket)
    }
    desk.write(head, 0, 'latin1')
    desk.set(body, head.length)
    const written = socket.write(desk, 0, length)
    if (written >= 0 && written < length) this.#unsent.push(Buffer.from(desk.subarray(written, length)))
    return written >= 0
  }

  /** Gives the socket what it takes; the rest when it asks for more. */
  flushTo(socket: Sink): boolean {
    while (this.#unsent.length > 0) {
      const bytes = this.#unsent[0]!
      const written = socket.write(bytes)
      if (written < 0) return false
      if (written < bytes.length) {
        this.#unsent[0] = bytes.subarray(written)
        return true
      }
      this.#unsent.shift()
    }
    return true
  }
}
