/** Whoever takes nothing of an answer that keeps memory, while others wait for that. */
import { afterEach, expect, test } from 'bun:test'
import { closeAll, dial, get, serve, until, type Client } from './test-client.ts'

afterEach(closeAll)

const mebibyte = 1024 * 1024
const patienceMs = 5_000

/** Serves one large answer to a client that takes nothing of it yet. */
async function asked() {
  const waited = { isWaitedFor: false }
  const released: string[] = []
  const refused: string[] = []
  const server = serve(
    ({ target }) => ({
      status: 200,
      headers: {},
      body: new Uint8Array(32 * mebibyte),
      released: () => void released.push(target),
      patienceMs: () => (waited.isWaitedFor ? patienceMs : null),
    }),
    { refused: (why) => refused.push(why) },
  )
  const client = await dial(server.port)
  client.socket.pause()
  client.say(get('/large'))
  await until(() => server.handled.length === 1)
  return { server, client, waited, released, refused }
}

/**
 * Takes so much that its system leaves room for more, whatever half a megabyte its own runtime had read already, and less
 * than the server's socket would tell each time. It stops
 * in the piece that brought enough: whoever looks again later may have been sent all of it meanwhile.
 */
function takesSome({ socket }: Client): Promise<void> {
  return new Promise((resolve) => {
    let toTake = mebibyte
    const take = (piece: Buffer): void => {
      toTake -= piece.length
      if (toTake > 0) return
      socket.off('data', take).pause()
      resolve()
    }
    socket.on('data', take).resume()
  })
}

test('is cut off once they have waited so long, and what it kept is released', async () => {
  const { server, client, waited, released, refused } = await asked()
  server.pass(60_000)
  waited.isWaitedFor = true
  server.pass(1_000)
  server.pass(patienceMs)
  expect([released, refused]).toEqual([[], []])
  server.pass(1_000)
  expect([released, refused]).toEqual([['/large'], ['untaken']])
  client.socket.resume()
  expect(await client.ended()).toBe('reset')
})

test('may take its time while nobody waits', async () => {
  const { server, waited, released } = await asked()
  waited.isWaitedFor = true
  server.pass(patienceMs - 1_000)
  waited.isWaitedFor = false
  server.pass(60_000)
  waited.isWaitedFor = true
  server.pass(1_000)
  server.pass(patienceMs)
  expect(released).toEqual([])
})

test('is not cut off while it takes a little now and then, which the socket alone would not tell', async () => {
  const { server, client, waited, released } = await asked()
  waited.isWaitedFor = true
  for (let times = 0; times < 6; times += 1) {
    server.pass(patienceMs - 1_000)
    await takesSome(client)
  }
  expect([client.ending(), released]).toEqual([null, []])
  client.socket.resume()
  await client.answers()
  expect(released).toEqual(['/large'])
})
