/** For the tests beside it: servers of ours with a clock that is moved by hand, and clients that send exactly what a test says. */
import net from 'node:net'
import type { HttpAnswer, HttpHandler, HttpRequest } from './contract.ts'
import { listen, type HttpServer, type HttpServerOptions } from './http-server.ts'

export type TestedServer = HttpServer & {
  readonly url: string
  /** What the server was told that handlers did wrong. */
  readonly troubles: unknown[]
  /** `METHOD target` of every request that was handled. */
  readonly handled: string[]
  /** Lets time pass, and has the server look at its connections. */
  readonly pass: (ms: number) => void
}

const closers: (() => void)[] = []

/** After each test: nothing that it opened stays. */
export function closeAll(): void {
  for (const close of closers.splice(0)) close()
}

export function serve(handle: HttpHandler, options: Partial<HttpServerOptions> = {}): TestedServer {
  const troubles: unknown[] = []
  const handled: string[] = []
  const time = { ms: 1_000_000 }
  const { server, sweep } = withItsSweep(() =>
    listen({
      hostname: '127.0.0.1',
      port: 0,
      handle: (request) => {
        handled.push(`${request.method} ${request.target}`)
        return handle(request)
      },
      clock: { now: () => Date.UTC(2030, 0, 1) + time.ms, monotonic: () => time.ms },
      failed: (error) => troubles.push(error),
      ...options,
    }),
  )
  closers.push(server.close)
  const pass = (ms: number): void => {
    time.ms += ms
    sweep()
  }
  return Object.assign(server, { url: `http://127.0.0.1:${server.port}`, troubles, handled, pass })
}

/** The one interval that a server has is called by hand, so that no test waits for it. */
function withItsSweep(make: () => HttpServer): { server: HttpServer; sweep: () => void } {
  const real = globalThis.setInterval
  let sweep = (): void => undefined
  globalThis.setInterval = ((callback: () => void) => {
    sweep = callback
    return real(() => undefined, 1e9).unref()
  }) as unknown as typeof setInterval
  try {
    const server = make()
    return { server, sweep: () => sweep() }
  } finally {
    globalThis.setInterval = real
  }
}

export const text = (body: string, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({ status: 200, headers, body })

/** Answers with what was sent. */
export const echo: HttpHandler = async (request) => ({
  status: 200,
  headers: { 'x-was': `${request.method} ${request.target}` },
  body: await request.bytes(100_000_000),
})

export type Client = {
  readonly socket: net.Socket
  readonly say: (bytes: string | Uint8Array) => void
  /** All that came so far. */
  readonly got: () => Buffer
  /** How it ended for the client; null while it has not. */
  readonly ending: () => 'closed' | 'reset' | null
  readonly ended: () => Promise<'closed' | 'reset'>
  /** The answers that came whole; waits until there are so many, or until none can follow. */
  readonly answers: (many?: number, methods?: readonly string[]) => Promise<readonly Answer[]>
}

/** `leavesOpen`: it does not close when the server does. */
export async function dial(port: number, { leavesOpen = false } = {}): Promise<Client> {
  const pieces: Buffer[] = []
  const state: { ending: 'closed' | 'reset' | null } = { ending: null }
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: leavesOpen })
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.on('end', () => (state.ending ??= 'closed'))
  socket.on('error', () => (state.ending ??= 'reset'))
  socket.on('close', () => (state.ending ??= 'reset'))
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  closers.push(() => socket.destroy())
  const got = (): Buffer => Buffer.concat(pieces)
  return {
    socket,
    say: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    got,
    ending: () => state.ending,
    async ended() {
      await until(() => state.ending !== null)
      return state.ending!
    },
    async answers(many = 1, methods = []) {
      await until(() => state.ending !== null || answersIn(got(), methods).length >= many)
      return answersIn(got(), methods)
    },
  }
}

/** What one connection brought, after the server closed it. */
export async function conversation(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<Conversation> {
  const client = await dial(port)
  for (const piece of pieces) {
    client.say(piece)
    // So that each comes by itself.
    if (pieces.length > 1) await Bun.sleep(1)
  }
  const ending = await client.ended()
  return { ending, got: client.got().toString('latin1'), answers: answersIn(client.got()) }
}
export type Conversation = { ending: 'closed' | 'reset'; got: string; answers: readonly Answer[] }

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: string }

/** The whole answers in what came, read by a reader that is not ours. Throws where something else stands. */
export function answersIn(bytes: Buffer, methods: readonly string[] = []): readonly Answer[] {
  const answers: Answer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end === -1) break
    const [first, ...lines] = bytes.toString('latin1', at, end).split('\r\n')
    const [, status] = /^HTTP\/1\.1 ([1-5]\d\d) [ -~]*$/.exec(first!) ?? []
    if (status === undefined) throw new Error(`this is no answer: ${first}`)
    const headers = new Headers(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]))
    const isBodiless = methods[answers.length] === 'HEAD' || /^(1..|204|304)$/.test(status)
    const body = isBodiless ? { text: '', end: end + 4 } : bodyAt(bytes, end + 4, headers)
    if (!body) break
    answers.push({ status: Number(status), headers, body: body.text })
    at = body.end
  }
  return answers
}

function bodyAt(bytes: Buffer, start: number, headers: Headers): { text: string; end: number } | null {
  const length = headers.get('content-length')
  if (length !== null) {
    const end = start + Number(length)
    return end > bytes.length ? null : { text: bytes.toString('latin1', start, end), end }
  }
  if (headers.get('transfer-encoding') !== 'chunked') return null
  let text = ''
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return null
    const size = bytes.toString('latin1', at, line)
    if (!/^[0-9a-f]+$/.test(size)) throw new Error(`this is no chunk: ${size}`)
    const end = line + 2 + Number.parseInt(size, 16)
    if (bytes.length < end + 2) return null
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') throw new Error('a chunk is longer than it says')
    text += bytes.toString('latin1', line + 2, end)
    if (size === '0') return { text, end: end + 2 }
    at = end + 2
  }
}

export const get = (target: string, ...lines: readonly string[]): string =>
  [`GET ${target} HTTP/1.1`, 'host: a', ...lines, '', ''].join('\r\n')

export const post = (target: string, body: string, ...lines: readonly string[]): string =>
  [`POST ${target} HTTP/1.1`, 'host: a', `content-length: ${body.length}`, ...lines, '', body].join('\r\n')

/** A header of the PROXY protocol, version 2. */
export const proxyHeader2 = (command: number, family: number, rest: readonly number[]): Buffer =>
  Buffer.concat([
    Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
    Buffer.from([command, family, rest.length >> 8, rest.length & 0xff, ...rest]),
  ])

/** Waits for what is about to become true; a test that waits in vain fails by its own limit. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(2)
}

/** Holds requests until a test answers them. */
export function heldBack(): { handle: HttpHandler; requests: HttpRequest[]; answer: (answer: HttpAnswer) => void } {
  const requests: HttpRequest[] = []
  const answerers: ((answer: HttpAnswer) => void)[] = []
  return {
    requests,
    handle: (request) => {
      requests.push(request)
      return new Promise((resolve) => answerers.push(resolve))
    },
    answer: (answer) => answerers.shift()!(answer),
  }
}

/** A stream that a test feeds, and that tells what becomes of it. */
export function fed(): {
  body: ReadableStream<Uint8Array>
  give: (piece: string | Uint8Array) => void
  end: () => void
  err: () => void
  seen: { pulls: number; cancels: number }
} {
  const seen = { pulls: 0, cancels: 0 }
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>(
    {
      start: (its) => void (controller = its),
      pull: () => void seen.pulls++,
      cancel: () => void seen.cancels++,
    },
    { highWaterMark: 0 },
  )
  return {
    body,
    give: (piece) => controller.enqueue(Buffer.from(piece)),
    end: () => controller.close(),
    err: () => controller.error(new Error('the source broke')),
    seen,
  }
}
