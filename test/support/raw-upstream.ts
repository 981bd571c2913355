/** An upstream that writes what a test says, byte by byte, and knows how many connections it was given and which are left. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { MessageReader } from '../../src/lib/http/message-reader.ts'
import { RequestHead } from '../../src/lib/http-server/request-head.ts'

export type RawUpstream = {
  readonly url: string
  /** Called for each request. */
  answer: (socket: Socket, request: string) => void
  readonly connections: { made: number; open: number }
  readonly stop: () => void
}

export async function startRawUpstream(): Promise<RawUpstream> {
  const connections = { made: 0, open: 0 }
  const state: Pick<RawUpstream, 'answer'> = { answer: (socket) => void socket.destroy() }
  const listener = createServer((socket) => {
    connections.made += 1
    connections.open += 1
    let body = ''
    const reader = new MessageReader({
      mayBegin: () => true,
      opened: (text) => new RequestHead(text).framing,
      received: (piece) => void (body += Buffer.from(piece).toString('latin1')),
      ended: () => {
        state.answer(socket, body)
        body = ''
      },
    })
    socket
      .on('data', (bytes: Buffer) => reader.push(bytes))
      .on('error', () => undefined)
      .on('close', () => (connections.open -= 1))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  return Object.assign(state, { url: `http://127.0.0.1:${port}`, connections, stop: () => void listener.close() })
}

/** A whole answer. */
export function plain(body: string | Uint8Array, headers: readonly string[] = ['content-type: application/json']) {
  const bytes = Buffer.from(body)
  const head = ['HTTP/1.1 200 OK', ...headers, `content-length: ${bytes.length}`]
  return (socket: Socket): void =>
    void socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]))
}

/** How a streamed answer goes on behind its last piece: it ends, its connection is reset, or stays open. */
type Then = 'close' | 'reset' | 'stay'
export const eventStream: readonly string[] = ['content-type: text/event-stream']

export function begin(
  socket: Socket,
  headers: readonly string[] = eventStream,
): (piece: string | Uint8Array) => boolean {
  socket.write(`${['HTTP/1.1 200 OK', ...headers, 'transfer-encoding: chunked'].join('\r\n')}\r\n\r\n`)
  return (piece) => {
    const bytes = Buffer.from(piece)
    return socket.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]))
  }
}

/** A streamed answer in these pieces. */
export const streamed =
  (pieces: readonly (string | Uint8Array)[], then: Then = 'close', headers = eventStream) =>
  (socket: Socket): void => {
    const send = begin(socket, headers)
    for (const piece of pieces) send(piece)
    if (then === 'close') socket.write('0\r\n\r\n')
    // What was written before should arrive.
    else if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 5)
  }
