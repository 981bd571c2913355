/** One connection that is kept alive over several requests, which `fetch` does not promise. */
import { connect, type Socket } from 'node:net'
import type { Server } from '../support/start-server.ts'
import { keyHeader, type Taken, type Way } from './request-support.ts'

export type Connection = {
  /** The answer to one question; null when the connection was closed before the end of it. `pauseMs`: read nothing for so long. */
  readonly ask: (way: Way, key: string, options?: { readonly pauseMs?: number }) => Promise<Taken | null>
}

/** Opens a connection and uses it once, so that the server knows it. */
export async function connectKeptAlive(server: Server): Promise<Connection> {
  const { hostname, port } = new URL(server.baseUrl)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await exchange(socket, 'GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n')
  return {
    async ask(way, key, { pauseMs = 0 } = {}) {
      const body = JSON.stringify(way.bodyOf('Are you still there?', {}))
      const headers = {
        host: 'gateway',
        'content-length': String(Buffer.byteLength(body)),
        ...keyHeader(way.dialect, key),
      }
      const head = Object.entries({ 'content-type': 'application/json', ...headers }).map((pair) => pair.join(': '))
      if (pauseMs > 0) pauseAtFirstByte(socket, pauseMs)
      return exchange(socket, [`POST ${way.path} HTTP/1.1`, ...head, '', body].join('\r\n'))
    },
  }
}

function pauseAtFirstByte(socket: Socket, ms: number): void {
  socket.once('data', () => {
    socket.pause()
    setTimeout(() => socket.resume(), ms)
  })
}

const answerMsMax = 15_000

/** Writes a request and reads one answer, whose length must be told. */
function exchange(socket: Socket, request: string): Promise<Taken | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let wanted = Infinity
    let bytes = 0
    const late = setTimeout(() => end(() => reject(new Error(`no answer within ${answerMsMax} ms`))), answerMsMax)
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      bytes += chunk.length
      if (wanted === Infinity) wanted = lengthIn(Buffer.concat(chunks).toString('latin1'))
      if (bytes >= wanted) end(() => resolve(answerIn(Buffer.concat(chunks).toString('utf8'))))
    }
    const close = (): void => end(() => resolve(null))
    const end = (then: () => void): void => {
      clearTimeout(late)
      socket.off('data', take).off('close', close)
      then()
    }
    if (socket.destroyed) return close()
    socket.on('data', take).on('close', close)
    socket.write(request)
  })
}

/** How long the answer that begins so is, its head included; infinite while the head is not all there. */
function lengthIn(text: string): number {
  const headEnd = text.indexOf(blankLine)
  if (headEnd === -1) return Infinity
  return headEnd + blankLine.length + Number(answerIn(text).headers.get('content-length'))
}

const blankLine = '\r\n\r\n'
function answerIn(text: string): Taken {
  const headEnd = text.indexOf(blankLine)
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const pairs = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const headers = new Headers(pairs)
  const body = text.slice(headEnd + blankLine.length)
  return {
    status: Number(first.split(' ')[1]),
    headers,
    requestId: headers.get('x-request-id') ?? '',
    text: body,
    broke: false,
  }
}
