/** Attacks by how bytes come: ahead of their turn, in crumbs, without end, or not at all. Most need no key. */
import { createTally, untilOver, type Attack, type Tally, type Target } from './target.ts'
import { chatPath, headText, openWire, question, requestText, type Wire } from './wire.ts'

const blockBytes = 400_000
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: gateway\r\n\r\n`

/** So many connections on which one block is sent over and over, as fast as it is taken, and again when they end. */
const flooded =
  (connections: number, blockOf: (target: Target) => { readonly head?: string; readonly block: string }): Attack =>
  async (target) => {
    const tally = createTally()
    const { head, block } = blockOf(target)
    const bytes = Buffer.from(block, 'latin1')
    await untilOver(target, connections, async () => {
      const wire = openWire(target, tally)
      tally.add('connections')
      if (head) await wire.send(head)
      while (!target.isOver() && (await wire.send(bytes))) tally.add('bytes', bytes.length)
      wire.socket.destroy()
    })
    return tally.done()
  }

const pipelined = (connections: number, request: (target: Target) => string): Attack =>
  flooded(connections, (target) => {
    const one = request(target)
    return { block: one.repeat(Math.ceil(blockBytes / one.length)) }
  })

/** A body in chunks, to an address where nobody wants it. */
const chunked = (connections: number, chunk: string): Attack =>
  flooded(connections, () => ({
    head: 'POST /nothing HTTP/1.1\r\nhost: gateway\r\ntransfer-encoding: chunked\r\n\r\n',
    block: chunk.repeat(Math.ceil(60_000 / chunk.length)),
  }))

const manyConnections = 2_000
/** Opened so many at a time, so that it is not the queue of the listener that is tried. */
const openedAtOnce = 100

/** Opens very many connections, lets each begin in its way, and goes on with all of them until the time is up. */
const crowd =
  (begin: (wire: Wire, index: number, target: Target) => unknown, goOn: (wire: Wire) => unknown): Attack =>
  async (target) => {
    const tally = createTally()
    const wires: Wire[] = []
    target.begin()
    while (wires.length < manyConnections && !target.isOver()) {
      await openSome(target, tally, wires, begin)
    }
    tally.add('connections', wires.length)
    await untilOver(target, 1, async () => {
      for (const wire of wires) if (!wire.isClosed()) goOn(wire)
      await Bun.sleep(100)
    })
    for (const { socket } of wires) socket.destroy()
    return tally.done()
  }

async function openSome(
  target: Target,
  tally: Tally,
  wires: Wire[],
  begin: (wire: Wire, index: number, target: Target) => unknown,
): Promise<void> {
  const opened = Array.from({ length: openedAtOnce }, async () => {
    const wire = openWire(target, tally)
    wires.push(wire)
    const index = wires.length
    await new Promise<void>((resolve) => void wire.socket.once('connect', resolve).once('close', resolve))
    if (!wire.isClosed()) begin(wire, index, target)
  })
  await Promise.race([target.over, Promise.all(opened)])
}

/** In turn: says nothing; sends half a body; ends its half behind its request; sends half of a head. */
function beginAndStop({ socket }: Wire, index: number, target: Target): void {
  switch (index % 4) {
    case 1:
      return void socket.write(headText(target, chatPath, ['content-length: 60000']) + 'x'.repeat(30_000))
    case 2:
      return void socket.end(get('/nothing'))
    case 3:
      return void socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nx: '.padEnd(16_000, 'x'))
  }
}

/** What is no HTTP, or could be read in two ways; each on a connection of its own. */
const garbled: readonly string[] = [
  '\0\0\0\0',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
  'GET /healthz HTTP/9.9\r\nhost: a\r\n\r\n',
  'GET /healthz HTTP/1.1\nhost: a\n\n',
  'GET /healthz HTTP/1.1\r\nhost: a\r\n folded: x\r\n\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n',
  `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
]

const garbage: Attack = async (target) => {
  const tally = createTally()
  let next = 0
  await untilOver(target, 8, async () => {
    const wire = openWire(target, tally)
    tally.add('connections')
    await wire.send(Buffer.from(garbled[next++ % garbled.length]!, 'latin1'))
    await Promise.race([wire.answered, target.over, Bun.sleep(100)])
    wire.socket.destroy()
  })
  return tally.done()
}

const wrongKey = (): string => `sk-bf-${crypto.randomUUID()}`

export const connections: Readonly<Record<string, Attack>> = {
  'pipelining-1': pipelined(1, () => get('/nothing')),
  'pipelining-16': pipelined(16, () => get('/nothing')),
  'pipelining-health': pipelined(4, () => get('/healthz')),
  'pipelining-models': pipelined(4, (target) => requestText(target, '/v1/models', '').replace('POST', 'GET')),
  'ahead-paid': pipelined(1, (target) => requestText(target, chatPath, question('tokens=5 latency_ms=20'))),
  'ahead-receipts': pipelined(1, (target) =>
    requestText(target, `/v1/receipts/req_${'0'.repeat(32)}`, '').replace('POST', 'GET'),
  ),
  'chunk-extensions': chunked(50, `1;${'x'.repeat(60_000)}\r\na\r\n`),
  'small-extensions': chunked(50, `1;${'x'.repeat(1_000)}\r\na\r\n`),
  'tiny-chunks': chunked(50, '1\r\na\r\n'),
  'slow-heads': crowd(
    ({ socket }) => void socket.write('GET /healthz HTTP/1.1\r\nhost: gateway\r\nx-slow: '),
    ({ socket }) => void socket.write('x'),
  ),
  'half-open': crowd(beginAndStop, () => undefined),
  garbage,
  'wrong-keys': pipelined(32, () => requestText({ key: wrongKey() }, chatPath, question('tokens=5'))),
}
