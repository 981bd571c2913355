import { afterEach, describe, expect, test } from 'bun:test'
import { inNetworks } from './networks.ts'
import type { HttpRequest } from './contract.ts'
import type { Doors } from './door.ts'
import {
  answersIn,
  closeAll,
  dial,
  fed,
  get,
  heldBack,
  proxyHeader2,
  serve,
  text,
  until,
  type Client,
  type TestedServer,
} from './test-client.ts'

afterEach(closeAll)

const open: Doors = {
  connectionsMax: 1_000,
  ofAddress: { connectionsMax: null, newConnectionsPerMinute: null },
  trusts: () => false,
  proxyProtocol: false,
}
type Turned = TestedServer & { readonly refused: (readonly [why: string, address: string])[] }
const tellPeer = ({ peer }: HttpRequest) => text(peer)

function behind(doors: Partial<Doors>, handle: Parameters<typeof serve>[0] = tellPeer): Turned {
  const refused: [string, string][] = []
  const options = {
    doors: () => ({ ...open, ...doors }),
    refused: (why: string, who: string) => void refused.push([why, who]),
  }
  return Object.assign(serve(handle, options), { refused })
}

/** Every connection to such a server says by the PROXY protocol whom it is from. */
const told: Partial<Doors> = { trusts: inNetworks(['127.0.0.0/8']), proxyProtocol: true }
const header = (address: string): string =>
  `PROXY ${address.includes(':') ? 'TCP6' : 'TCP4'} ${address} ${address.includes(':') ? '::' : '10.0.0.1'} 4711 80\r\n`
async function dialAs(port: number, address: string): Promise<Client> {
  const client = await dial(port)
  client.say(header(address))
  return client
}
const statuses = (client: Client): readonly number[] => answersIn(client.got()).map(({ status }) => status)

describe('behind a proxy that speaks the PROXY protocol', () => {
  test('a client is who that says, in version 1 and 2, with its first request in the same packet or not', async () => {
    const server = behind(told)
    const binary = proxyHeader2(0x21, 0x11, [192, 0, 2, 2, 10, 0, 0, 1, 0, 1, 0, 80])
    const local = proxyHeader2(0x20, 0, [])
    for (const [said, peer] of [
      [Buffer.from(header('192.0.2.1')), '192.0.2.1'],
      [Buffer.from(header('2001:db8::1')), '2001:db8::1'],
      [binary, '192.0.2.2'],
      [local, '127.0.0.1'],
    ] as const)
      for (const pieces of [[Buffer.concat([said, Buffer.from(get('/'))])], [said, Buffer.from(get('/'))]]) {
        const client = await dial(server.port)
        for (const piece of pieces) {
          client.say(piece)
          await Bun.sleep(2)
        }
        client.say(get('/again'))
        expect((await client.answers(2)).map(({ body }) => body)).toEqual([peer, peer])
      }
    expect(server.refused).toEqual([])
  })

  test('a header that is cut anywhere is read as one', async () => {
    const server = behind(told)
    const all = Buffer.concat([
      proxyHeader2(0x21, 0x11, [192, 0, 2, 2, 10, 0, 0, 1, 0, 1, 0, 80]),
      Buffer.from(get('/')),
    ])
    await Promise.all(
      Array.from(all, async (_, end) => {
        const client = await dial(server.port)
        client.say(all.subarray(0, end))
        await Bun.sleep(10)
        client.say(all.subarray(end))
        expect((await client.answers()).map(({ body }) => body)).toEqual(['192.0.2.2'])
      }),
    )
  })

  test('who says nothing of that is turned away with a word, and nothing it sent is served', async () => {
    const server = behind(told)
    for (const said of [get('/'), 'PROXY TCP4 localhost\r\n', `\r\n${get('/')}`]) {
      const client = await dial(server.port)
      client.say(said)
      await client.ended()
    }
    const polite = await dial(server.port)
    polite.say('G')
    expect((await polite.answers()).map(({ status }) => status)).toEqual([400])
    expect(server.handled).toEqual([])
    expect(server.refused).toEqual(Array.from({ length: 4 }, () => ['proxy-header', '127.0.0.1']))
  })

  test('who says nothing at all is waited for for thirty seconds', async () => {
    const server = behind(told)
    const client = await dial(server.port)
    client.say('PROXY TCP4 192')
    await until(() => server.connections() === 1)
    await Bun.sleep(10)
    server.pass(29_000)
    expect(client.ending()).toBeNull()
    server.pass(2_000)
    expect(await client.ended()).toBe('closed')
    expect([statuses(client), server.connections()]).toEqual([[400], 0])
  })

  test('its header is believed of nobody else, and of nobody where that is off', async () => {
    for (const doors of [
      { ...told, trusts: inNetworks(['10.0.0.1']) },
      { ...told, proxyProtocol: false },
    ]) {
      const server = behind(doors)
      const client = await dialAs(server.port, '192.0.2.1')
      client.say(get('/'))
      await client.ended()
      expect([statuses(client), server.handled]).toEqual([[400], []])
      const plain = await dial(server.port)
      plain.say(get('/'))
      expect((await plain.answers()).map(({ body }) => body)).toEqual(['127.0.0.1'])
    }
  })
})

describe('connections from one address', () => {
  const two: Doors = { ...open, ...told, ofAddress: { connectionsMax: 2, newConnectionsPerMinute: null } }

  test('are so many at once; one more is told so, other addresses are let in, and one that ends makes room', async () => {
    const server = behind(two)
    const [first] = [await dialAs(server.port, '192.0.2.1'), await dialAs(server.port, '192.0.2.1')]
    await until(() => server.connections() === 2)
    const third = await dialAs(server.port, '192.0.2.1')
    expect(await third.ended()).toBe('closed')
    const [answer] = answersIn(third.got())
    expect([answer!.status, answer!.headers.get('retry-after'), JSON.parse(answer!.body)]).toMatchObject([
      429,
      '5',
      { error: { code: 'rate_limited' } },
    ])
    const other = await dialAs(server.port, '192.0.2.2')
    other.say(get('/'))
    expect((await other.answers())[0]!.body).toBe('192.0.2.2')
    expect(server.refused).toEqual([['address-connections', '192.0.2.1']])
    first.socket.destroy()
    await until(() => server.connections() === 2)
    const next = await dialAs(server.port, '192.0.2.1')
    next.say(get('/'))
    expect((await next.answers())[0]!.status).toBe(200)
  })

  test('are counted by /64 of IPv6', async () => {
    const server = behind(two)
    for (const address of ['2001:db8::1', '2001:db8::2']) await dialAs(server.port, address)
    await until(() => server.connections() === 2)
    expect(await (await dialAs(server.port, '2001:db8::3')).ended()).toBe('closed')
    const elsewhere = await dialAs(server.port, '2001:db8:0:1::1')
    elsewhere.say(get('/'))
    expect((await elsewhere.answers())[0]!.status).toBe(200)
  })

  test('come so fast at most, whatever becomes of them', async () => {
    const server = behind({ ...told, ofAddress: { connectionsMax: null, newConnectionsPerMinute: 3 } })
    for (let nth = 0; nth < 3; nth += 1) {
      const client = await dialAs(server.port, '192.0.2.1')
      client.say(get('/', 'connection: close'))
      await client.ended()
      expect(statuses(client)).toEqual([200])
    }
    const fourth = await dialAs(server.port, '192.0.2.1')
    await fourth.ended()
    expect([statuses(fourth), server.refused]).toEqual([[429], [['address-new', '192.0.2.1']]])
    server.pass(20_000)
    const later = await dialAs(server.port, '192.0.2.1')
    later.say(get('/'))
    expect((await later.answers())[0]!.status).toBe(200)
  })

  test('have no limit from this machine, nor from a proxy, which speaks for many', async () => {
    const one = { connectionsMax: 1, newConnectionsPerMinute: 1 }
    const server = behind({ ofAddress: one })
    const clients = await Promise.all(Array.from({ length: 5 }, () => dial(server.port)))
    for (const client of clients) client.say(get('/'))
    for (const client of clients) expect((await client.answers())[0]!.status).toBe(200)
    const proxied = behind({ ...told, trusts: inNetworks(['127.0.0.0/8', '10.0.0.0/8']), ofAddress: one })
    for (let nth = 0; nth < 5; nth += 1) {
      const client = await dialAs(proxied.port, '10.0.0.1')
      client.say(get('/'))
      expect((await client.answers())[0]!.status).toBe(200)
    }
  })
})

describe('where there are as many connections as there may be', () => {
  test('one more is told so at once, those with a request go on, and there is room when one ends', async () => {
    const { handle, answer, requests } = heldBack()
    const server = behind({ connectionsMax: 3 }, handle)
    const busy = await Promise.all([1, 2, 3].map(() => dial(server.port)))
    for (const client of busy) client.say(get('/busy'))
    await until(() => requests.length === 3)
    server.pass(5_000)
    for (let nth = 0; nth < 10; nth += 1) {
      const late = await dial(server.port)
      await late.ended()
      expect(statuses(late)).toEqual([503])
    }
    expect(server.refused).toEqual(Array.from({ length: 10 }, () => ['full', '127.0.0.1']))
    for (const client of busy) {
      answer(text('served'))
      expect((await client.answers())[0]!.body).toBe('served')
    }
    busy[0]!.socket.destroy()
    await until(() => server.connections() === 2)
    const next = await dial(server.port)
    next.say(get('/next'))
    await until(() => requests.length === 4)
  })

  test('those make room that nothing is under way on: first who never asked, then who rested longest', async () => {
    const server = behind({ connectionsMax: 4 })
    const [longest, shorter] = [await dial(server.port), await dial(server.port)]
    longest.say(get('/'))
    await longest.answers()
    server.pass(2_000)
    shorter.say(get('/'))
    await shorter.answers()
    const [silent, slow] = [await dial(server.port), await dial(server.port)]
    slow.say('GET / HTTP/1.1\r\nx: ')
    await until(() => server.connections() === 4 && server.heldBytes() > 0)
    server.pass(2_000)
    const ended: Client[] = []
    for (let nth = 0; nth < 4; nth += 1) {
      const client = await dial(server.port)
      client.say(get('/'))
      expect((await client.answers())[0]!.status).toBe(200)
      const gone = [longest, shorter, silent, slow].filter((one) => one.ending() !== null && !ended.includes(one))
      ended.push(...gone)
    }
    expect(new Set(ended.slice(0, 2))).toEqual(new Set([silent, slow]))
    expect(ended.slice(2)).toEqual([longest, shorter])
    expect(server.refused.map(([why]) => why)).toEqual(Array.from({ length: 4 }, () => 'made-room'))
  })

  test('nobody makes room within a second of coming or of its answer, nor while it streams', async () => {
    const { body, give } = fed()
    const server = behind({ connectionsMax: 2 }, ({ target }) => ({
      ...text('x'),
      body: target === '/stream' ? body : 'x',
    }))
    const streaming = await dial(server.port)
    streaming.say(get('/stream'))
    give('some')
    await until(() => streaming.got().includes('some'))
    server.pass(5_000)
    const fresh = await dial(server.port)
    const third = await dial(server.port)
    await third.ended()
    expect(statuses(third)).toEqual([503])
    fresh.say(get('/'))
    expect((await fresh.answers())[0]!.status).toBe(200)
    server.pass(1_000)
    const early = await dial(server.port)
    await early.ended()
    expect(statuses(early)).toEqual([503])
    server.pass(1_000)
    const fourth = await dial(server.port)
    fourth.say(get('/'))
    expect((await fourth.answers())[0]!.status).toBe(200)
    give('more')
    await until(() => streaming.got().includes('more'))
  })

  test('a thousand more leave nothing behind', async () => {
    const { handle, requests } = heldBack()
    const server = behind({ connectionsMax: 1 }, handle)
    const busy = await dial(server.port)
    busy.say(get('/busy'))
    await until(() => requests.length === 1)
    for (let round = 0; round < 20; round += 1) {
      const late = await Promise.all(Array.from({ length: 50 }, () => dial(server.port)))
      await Promise.all(late.map((client) => client.ended()))
    }
    expect([server.connections(), server.refused.length]).toEqual([1, 1_000])
  })
})
