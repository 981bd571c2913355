import { expect, test } from 'bun:test'
import { MessageChannel } from 'node:worker_threads'
import { inBatches } from './in-batches.ts'

type Said = { readonly id: number; readonly bytes: Uint8Array }

test('what is told to many within a turn passes as one message, in order, and with it what all are told once', async () => {
  const { port1, port2 } = new MessageChannel()
  const batches: (readonly Said[])[] = []
  const heard: Said[] = []
  const all = new Promise<void>((resolve) => {
    const port = inBatches<never, Said>({
      postMessage: () => undefined,
      on: (event, listener) =>
        port2.on(event, (batch: readonly Said[]) => {
          batches.push(batch)
          listener(batch)
        }),
    })
    port.on('message', (message) => heard.push(message) === 3 && resolve())
  })
  const said = inBatches<Said, never>(port1)
  const bytes = new TextEncoder().encode('a frame')
  said.postMessage({ id: 1, bytes })
  await Promise.resolve()
  said.postMessage({ id: 2, bytes })
  said.postMessage({ id: 3, bytes: new Uint8Array() })
  await all
  port1.close()
  expect(heard.map(({ id }) => id)).toEqual([1, 2, 3])
  expect(batches.map((batch) => batch.length)).toEqual([3])
  expect(heard[0]!.bytes).toBe(heard[1]!.bytes)
  expect(heard[0]!.bytes).toEqual(bytes)
})
