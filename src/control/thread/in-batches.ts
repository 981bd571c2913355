/**
 * A channel on which whatever is said within one turn is one message: fifty readers that are told of the same frame wake
 * the other thread once, and the bytes that all of them are told pass once.
 */
import type { Port } from './messages.ts'

/** What is said comes in the order in which it was said. */
export function inBatches<Out, In>(port: Port<readonly Out[], readonly In[]>): Port<Out, In> {
  let said: Out[] = []
  const send = (): void => {
    const batch = said
    said = []
    port.postMessage(batch)
  }
  return {
    postMessage(message) {
      said.push(message)
      if (said.length === 1) setImmediate(send)
    },
    on: (event, listener) => port.on(event, (batch) => batch.forEach(listener)),
  }
}
