import { afterEach, describe, expect, test } from 'bun:test'
import { systemClock } from '../clock.ts'
import type { BodyError } from './contract.ts'
import { listen } from './http-server.ts'
import { closeAll, dial, echo, fed, get, heldBack, post, serve, text, until } from './test-client.ts'

afterEach(closeAll)

describe('a server that accepts no more', () => {
  test('is not reached any more, and connections there are bring one more request each', async () => {
    const server = serve(echo)
    const [kept, fresh] = [await dial(server.port), await dial(server.port)]
    kept.say(get('/before'))
    await kept.answers()
    server.stopAccepting()
    await expect(dial(server.port)).rejects.toThrow('ECONNREFUSED')
    for (const client of [kept, fresh]) {
      expect(client.ending()).toBeNull()
      client.say(get('/after') + get('/too-late'))
      expect(await client.ended()).toBe('closed')
      expect((await client.answers()).at(-1)!.headers.get('connection')).toBe('close')
    }
    expect(server.handled).toEqual(['GET /before', 'GET /after', 'GET /after'])
    expect(server.pending()).toBe(0)
  })

  test('gives the answers that are under way, whole, and closes behind them', async () => {
    const { handle, requests, answer } = heldBack()
    const streamed = fed()
    const server = serve((request) =>
      request.target === '/stream' ? { ...text(''), body: streamed.body } : handle(request),
    )
    const [waiting, streaming] = [await dial(server.port), await dial(server.port)]
    waiting.say(post('/', 'hello'))
    streaming.say(get('/stream'))
    await until(() => requests.length === 1)
    streamed.give('some')
    await until(() => streaming.got().includes('some'))
    server.stopAccepting()
    expect(server.pending()).toBe(2)
    answer(text('done'))
    expect(await waiting.ended()).toBe('closed')
    expect((await waiting.answers())[0]).toMatchObject({ body: 'done' })
    expect(server.pending()).toBe(1)
    streamed.give('more')
    streamed.end()
    expect((await streaming.answers())[0]!.body).toBe('somemore')
    await until(() => server.pending() === 0)
  })

  test('gives up the bodies that are still coming two seconds later, wanted or not, and nothing else', async () => {
    const { handle, requests, answer } = heldBack()
    const server = serve(async (request) => {
      if (request.target === '/unwanted') return text('no')
      if (request.target === '/held') return handle(request)
      try {
        await request.bytes(1_000)
        return text('whole')
      } catch (error) {
        return text((error as BodyError).trouble)
      }
    })
    const begun = (path: string): string => post(path, 'x'.repeat(100)).slice(0, -50)
    const [wanted, unwanted, held] = [await dial(server.port), await dial(server.port), await dial(server.port)]
    wanted.say(begun('/wanted'))
    unwanted.say(begun('/unwanted'))
    held.say(get('/held'))
    await until(() => server.handled.length === 3 && requests.length === 1)
    server.pass(0)
    server.stopAccepting()
    server.pass(2_000)
    wanted.say('more')
    expect([wanted.ending(), server.pending()]).toEqual([null, 3])
    server.pass(1)
    expect((await wanted.answers())[0]).toMatchObject({ body: 'stopping' })
    expect((await wanted.answers())[0]!.headers.get('connection')).toBe('close')
    await Promise.all([wanted.ended(), unwanted.ended()])
    expect(server.pending()).toBe(1)
    server.pass(10_000)
    answer(text('done'))
    expect((await held.answers())[0]).toMatchObject({ body: 'done' })
    await until(() => server.pending() === 0)
  })

  test('counts an answer as pending until its client has taken it', async () => {
    const server = serve(() => ({ ...text(''), body: new Uint8Array(20_000_000) }))
    const client = await dial(server.port)
    client.socket.pause()
    client.say(get('/', 'connection: close'))
    await Bun.sleep(30)
    expect(server.pending()).toBe(1)
    client.socket.resume()
    expect((await client.answers())[0]!.body.length).toBe(20_000_000)
    await until(() => server.pending() === 0)
  })
})

describe('a server that is closed', () => {
  test('resets what is under way, tells its handlers, and cancels its streams', async () => {
    const { handle, requests } = heldBack()
    const streamed = fed()
    const server = serve((request) =>
      request.target === '/stream' ? { ...text(''), body: streamed.body } : handle(request),
    )
    const [waiting, streaming, idle] = [await dial(server.port), await dial(server.port), await dial(server.port)]
    waiting.say(get('/'))
    streaming.say(get('/stream'))
    await until(() => requests.length === 1 && streaming.got().length > 0)
    server.close()
    expect([await waiting.ended(), await streaming.ended(), await idle.ended()]).toEqual(['reset', 'reset', 'closed'])
    expect([requests[0]!.hasLeft, streamed.seen.cancels, server.pending()]).toEqual([true, 1, 0])
    server.close()
    expect(server.troubles).toEqual([])
  })

  test('serves nothing more of what has come', async () => {
    const server = serve(() => {
      queueMicrotask(server.close)
      return text('x')
    })
    const client = await dial(server.port)
    client.say(get('/1') + get('/2'))
    await client.ended()
    expect(server.handled).toEqual(['GET /1'])
  })

  test('takes no answer back that it has given: what the kernel holds still reaches its client', async () => {
    for (const line of [[], ['connection: close']]) {
      const server = serve(() => ({ ...text(''), body: new Uint8Array(200_000) }))
      const client = await dial(server.port)
      client.socket.pause()
      client.say(get('/', ...line))
      await until(() => server.handled.length === 1 && server.pending() === 0)
      server.close()
      await Bun.sleep(20)
      client.socket.resume()
      expect(await client.ended()).toBe('closed')
      expect((await client.answers()).map(({ body }) => body.length)).toEqual([200_000])
    }
  })

  test('leaves its address to another; one that is taken is an error with a code', async () => {
    const server = serve(() => text('first'))
    const options = { hostname: '127.0.0.1', port: server.port, handle: () => text('second'), clock: systemClock }
    const again = (): ReturnType<typeof listen> => listen({ ...options, failed: () => undefined })
    expect(again).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
    server.close()
    const second = again()
    expect(await (await fetch(server.url)).text()).toBe('second')
    second.close()
  })

  test('lets its process end', async () => {
    const script = `
      const { listen } = await import(${JSON.stringify(import.meta.resolve('./http-server.ts'))})
      const clock = { now: () => 0, monotonic: () => 0 }
      const handle = () => ({ status: 200, headers: {}, body: 'done' })
      const server = listen({ hostname: '127.0.0.1', port: 0, handle, clock, failed: console.error })
      console.log(await (await fetch('http://127.0.0.1:' + server.port)).text())
      server.stopAccepting()
      server.close()`
    const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' })
    expect([await new Response(child.stdout).text(), await child.exited]).toEqual(['done\n', 0])
  })
})
