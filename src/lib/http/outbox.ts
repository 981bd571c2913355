import type { Socket } from 'bun'

/** What a socket has not taken yet. */
export class Outbox {
  #unsent: Uint8Array[] = []

  get isEmpty(): boolean {
    return this.#unsent.length === 0
  }

  add(bytes: Uint8Array): void {
    this.#unsent.push(bytes)
  }

  clear(): void {
    this.#unsent = []
  }

  /** Gives the socket what it takes; the rest when it asks for more. False when it is closed. */
  flushTo(socket: Pick<Socket, 'write'>): boolean {
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

/** A small message is one write. */
const oneWriteBytesMax = 64 * 1024

/** Adds a head, in latin1, and the body behind it. */
export function addMessage(outbox: Outbox, head: string, body: Uint8Array): void {
  if (head.length + body.length > oneWriteBytesMax) {
    outbox.add(Buffer.from(head, 'latin1'))
    outbox.add(body)
    return
  }
  const message = Buffer.allocUnsafe(head.length + body.length)
  message.write(head, 'latin1')
  message.set(body, head.length)
  outbox.add(message)
}
