import { afterEach, describe, expect, test } from 'bun:test'
import { closeAll, dial, fed, get, heldBack, post, serve, text, until, type Client } from './test-client.ts'

afterEach(closeAll)

const ways = {
  'closes its connection': ({ socket }: Client): unknown => socket.destroy(),
  'ends it': ({ socket }: Client): unknown => socket.end(),
  'resets it': ({ socket }: Client): unknown => socket.resetAndDestroy(),
}

describe('a client that', () => {
  for (const [way, leave] of Object.entries(ways)) {
    test(`${way} while its request is handled: the handler is told, once, and its answer is dropped`, async () => {
      const { handle, requests, answer } = heldBack()
      const server = serve(handle)
      const client = await dial(server.port)
      client.say(post('/', 'hello'))
      await until(() => requests.length === 1)
      const told: boolean[] = []
      const [request] = requests as [(typeof requests)[0]]
      for (const nth of [1, 2]) request.onLeave(() => told.push(request.hasLeft && nth > 0))
      expect(request.hasLeft).toBe(false)
      leave(client)
      await until(() => request.hasLeft)
      expect(told).toEqual([true, true])
      request.onLeave(() => told.push(true))
      expect(told.length).toBe(3)
      expect(server.pending()).toBe(0)
      const { body, seen } = fed()
      answer({ ...text(''), body })
      await until(() => seen.cancels === 1)
      expect([told.length, seen, server.troubles]).toEqual([3, { pulls: 0, cancels: 1 }, []])
    })

    test(`${way} while a stream is silent: the stream is cancelled, once, and the handler told`, async () => {
      const { body, give, seen } = fed()
      const told: string[] = []
      const server = serve((request) => {
        request.onLeave(() => told.push('left'))
        return { ...text(''), body }
      })
      const client = await dial(server.port)
      client.say(get('/'))
      give('some')
      await until(() => client.got().includes('some'))
      leave(client)
      await until(() => server.pending() === 0)
      await Bun.sleep(5)
      expect([seen.cancels, told, server.troubles]).toEqual([1, ['left'], []])
    })
  }

  test('leaves while it takes nothing of a stream: the stream is cancelled, once', async () => {
    const seen = { cancels: 0 }
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
      cancel: () => void seen.cancels++,
    })
    const server = serve(() => ({ ...text(''), body }))
    const client = await dial(server.port)
    client.socket.pause()
    client.say(get('/'))
    await Bun.sleep(50)
    client.socket.resetAndDestroy()
    await until(() => server.pending() === 0)
    await Bun.sleep(5)
    expect([seen.cancels, server.troubles]).toEqual([1, []])
  })

  test('leaves when it has its whole answer: nobody is told', async () => {
    for (const isStream of [false, true]) {
      const told: string[] = []
      const cancels: string[] = []
      const server = serve((request) => {
        request.onLeave(() => told.push('left'))
        if (!isStream) return text('whole')
        return {
          ...text(''),
          body: new ReadableStream({
            start(controller) {
              controller.enqueue(Buffer.from('whole'))
              controller.close()
            },
            cancel: () => void cancels.push('cancelled'),
          }),
        }
      })
      const client = await dial(server.port)
      // Also where some of the request has not come.
      client.say(isStream ? get('/') : get('/', 'content-length: 5'))
      expect((await client.answers())[0]!.body).toBe('whole')
      client.socket.resetAndDestroy()
      await Bun.sleep(20)
      expect([told, cancels, server.troubles]).toEqual([[], [], []])
    }
  })

  test('leaves between two requests, or within a head, is forgotten', async () => {
    const server = serve(() => text('x'))
    for (const sent of ['', get('/'), 'GET / HT']) {
      const client = await dial(server.port)
      client.say(sent)
      if (sent === get('/')) await client.answers()
      else await Bun.sleep(5)
      client.socket.resetAndDestroy()
    }
    await Bun.sleep(10)
    expect([server.pending(), server.troubles]).toEqual([0, []])
  })

  test('leaves while it is held back, with requests behind: they are not served', async () => {
    const { handle, requests, answer } = heldBack()
    const server = serve(handle)
    const client = await dial(server.port)
    client.say(get('/').repeat(20_000))
    await until(() => requests.length === 1)
    await Bun.sleep(20)
    client.socket.resetAndDestroy()
    await until(() => server.pending() === 0)
    expect(requests[0]!.hasLeft).toBe(true)
    answer(text('too late'))
    await Bun.sleep(5)
    expect([server.handled.length, server.troubles]).toEqual([1, []])
  })
})

test('a listener that throws is told of, and harms nobody else', async () => {
  const { handle, requests } = heldBack()
  const server = serve(handle)
  const client = await dial(server.port)
  client.say(get('/'))
  await until(() => requests.length === 1)
  requests[0]!.onLeave(() => {
    throw new Error('the listener is broken')
  })
  client.socket.destroy()
  await until(() => server.troubles.length === 1)
  expect([String(server.troubles[0]), server.pending()]).toEqual(['Error: the listener is broken', 0])
})
