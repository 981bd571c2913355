/** A client's end of a connection that takes of its answer what a test says, and no more. */
import type { Socket } from 'bun'
import type { Server } from '../support/start-server.ts'
import { keyHeader } from './request-support.ts'

export type Tap = {
  /** Takes all that is to come; `isWhole`: as long as its head says. */
  readonly takeAll: () => Promise<{ readonly body: Buffer; readonly isWhole: boolean }>
  /** Takes a little several times a second, until it is stopped. */
  readonly trickle: () => () => void
  readonly leave: () => void
}

const trickleMs = 200

/** Posts this, and reads nothing: what its system takes by itself, a few MiB, is all that is taken. */
export async function openTap(server: Server, path: string, key: string, body: string): Promise<Tap> {
  const pieces: Buffer[] = []
  const ended = Promise.withResolvers<void>()
  let isTrickling = false
  const { hostname, port } = new URL(server.baseUrl)
  const socket: Socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (opened) => opened.pause(),
      data(opened, bytes) {
        pieces.push(Buffer.from(bytes))
        if (isTrickling) opened.pause()
        if (isWhole(pieces)) ended.resolve()
      },
      close: () => ended.resolve(),
      error: () => ended.resolve(),
    },
  })
  const headers = { host: 'gateway', 'content-type': 'application/json', ...keyHeader('openai', key) }
  const lines = Object.entries(headers).map((pair) => pair.join(': '))
  socket.write([`POST ${path} HTTP/1.1`, ...lines, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'))
  return {
    async takeAll() {
      socket.resume()
      await ended.promise
      const { bytes, start } = headOf(pieces)
      return { body: Buffer.concat(pieces).subarray(start), isWhole: isWhole(pieces) && bytes > 0 }
    },
    trickle() {
      isTrickling = true
      const timer = setInterval(() => socket.resume(), trickleMs)
      return () => {
        isTrickling = false
        clearInterval(timer)
      }
    },
    leave: () => socket.terminate(),
  }
}

const blankLine = '\r\n\r\n'
const headBytesMax = 16 * 1024

/** How long its body is, and where that starts. */
function headOf(pieces: readonly Buffer[]): { readonly bytes: number; readonly start: number } {
  const text = Buffer.concat(pieces.slice(0, 1)).toString('latin1', 0, headBytesMax)
  const [, bytes = '0'] = /^content-length: (\d+)/im.exec(text) ?? []
  return { bytes: Number(bytes), start: text.indexOf(blankLine) + blankLine.length }
}

function isWhole(pieces: readonly Buffer[]): boolean {
  const { bytes, start } = headOf(pieces)
  return pieces.reduce((total, piece) => total + piece.length, 0) >= start + bytes
}
