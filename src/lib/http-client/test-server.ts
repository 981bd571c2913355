/** For the tests beside it: servers on real sockets that do exactly what a test says, and clients of theirs. */
import net from 'node:net'
import tls from 'node:tls'
import type { HttpCall, HttpClient, HttpRequest } from './contract.ts'
import { createHttpClient } from './http-client.ts'

/** A whole request as it came. */
export type Received = {
  readonly head: string
  readonly body: Buffer
  readonly socket: net.Socket
  /** Counted from 1, over all connections. */
  readonly nth: number
  /** Sends bytes as they are. */
  readonly say: (text: string) => void
}

export type TestServer = {
  readonly port: number
  readonly url: string
  /** Every connection there ever was. */
  readonly sockets: readonly net.Socket[]
  /** Those that the client has not closed. */
  readonly open: () => number
  readonly received: readonly Received[]
}

const closers: (() => void)[] = []

/** After each test: nothing that it opened stays. */
export function closeAll(): void {
  for (const close of closers.splice(0)) close()
}

export const whenClosed = (close: () => void): void => void closers.push(close)

/** `secure`: with a key and a certificate, over TLS. */
export type ListenOptions = { readonly secure?: tls.TlsOptions; readonly hostname?: string }

/** A server of bare connections. */
export async function listen(greet: (socket: net.Socket) => void, options: ListenOptions = {}): Promise<TestServer> {
  const sockets: net.Socket[] = []
  const all: net.Socket[] = []
  const greeted = (socket: net.Socket): void => {
    sockets.push(socket)
    // Resets are what many of the tests are about.
    socket.on('error', () => undefined)
    greet(socket)
  }
  const server = options.secure ? tls.createServer(options.secure, greeted) : net.createServer(greeted)
  server.on('connection', (socket: net.Socket) => all.push(socket))
  await new Promise<void>((resolve) => {
    server.listen(0, options.hostname ?? '127.0.0.1', resolve)
  })
  whenClosed(() => {
    server.close()
    for (const socket of [...all, ...sockets]) socket.destroy()
  })
  const { port } = server.address() as net.AddressInfo
  const url = `${options.secure ? 'https' : 'http'}://127.0.0.1:${port}`
  return { port, url, sockets, open: () => sockets.filter((socket) => !socket.destroyed).length, received: [] }
}

/** A server that reads whole requests and answers as it is told. */
export async function serve(answer: (request: Received) => void, options: ListenOptions = {}): Promise<TestServer> {
  const received: Received[] = []
  const server = await listen((socket) => {
    let bytes: Buffer = Buffer.alloc(0)
    socket.on('data', (piece: Buffer) => {
      bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece])
      const end = bytes.indexOf('\r\n\r\n')
      const head = bytes.toString('latin1', 0, Math.max(0, end))
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (end === -1 || bytes.length < end + 4 + length) return
      const body = bytes.subarray(end + 4, end + 4 + length)
      bytes = bytes.subarray(end + 4 + length)
      const say = (text: string): void => void socket.write(Buffer.from(text, 'latin1'))
      const request = { head, body, socket, nth: received.length + 1, say }
      received.push(request)
      answer(request)
    })
  }, options)
  return { ...server, received }
}

export const ok = (body: string, ...lines: string[]): string =>
  [`HTTP/1.1 200 OK`, `content-length: ${body.length}`, ...lines, '', body].join('\r\n')

export function client(options: Partial<Parameters<typeof createHttpClient>[0]> = {}): HttpClient {
  const http = createHttpClient({ now: () => performance.now(), ...options })
  whenClosed(http.close)
  return http
}

export const post = (http: HttpClient, url: string, request: Partial<HttpRequest> = {}): HttpCall =>
  http.send({
    method: 'POST',
    url,
    headers: {},
    body: Buffer.from('{}'),
    connectMs: 2_000,
    isRepeatable: false,
    ...request,
  })

/** The whole answer's text. */
export const textOf = async ({ response }: HttpCall): Promise<string> =>
  Buffer.from(await (await response).bytes(1_000_000_000)).toString('latin1')

/** What went wrong, with the answer or with its body. */
export const errorOf = (call: HttpCall): Promise<Error> =>
  textOf(call).then(
    (text) => new Error(`there was an answer: ${text.slice(0, 100)}`),
    (error: unknown) => error as Error,
  )

/** Waits for what is about to become true; a test that waits in vain fails by its own limit. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(2)
}
