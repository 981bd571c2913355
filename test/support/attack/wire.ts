/** A client's end of a connection, for what no HTTP client would send. */
import { connect, type Socket } from 'node:net'
import type { Tally, Target } from './target.ts'

export type Wire = {
  readonly socket: Socket
  /** Resolves when the other side has room for more; false when the connection is over. */
  readonly send: (bytes: string | Uint8Array) => Promise<boolean>
  /** Resolves with the status of the first answer, 0 when the connection ended before it. */
  readonly answered: Promise<number>
  readonly isClosed: () => boolean
}

/** `tally` counts every answer under its status. `isReading` false: nothing is taken of what comes. */
export function openWire({ port }: Pick<Target, 'port'>, tally: Tally, isReading = true): Wire {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const answered = Promise.withResolvers<number>()
  let isClosed = false
  const end = (): void => {
    isClosed = true
    answered.resolve(0)
    socket.destroy()
  }
  if (isReading) {
    socket.on('data', (bytes: Buffer) => {
      const status = countAnswers(bytes, tally)
      if (status !== null) answered.resolve(status)
    })
  }
  socket.on('error', end).on('close', end).on('end', end)
  const send = (bytes: string | Uint8Array): Promise<boolean> => {
    if (isClosed) return Promise.resolve(false)
    if (socket.write(bytes)) return Promise.resolve(true)
    return new Promise((resolve) => {
      const told = (): void => {
        socket.off('drain', told).off('close', told)
        resolve(!isClosed)
      }
      socket.on('drain', told).on('close', told)
    })
  }
  return { socket, send, answered: answered.promise, isClosed: () => isClosed }
}

const answerStart = Buffer.from('HTTP/1.1 ')
/** Counts the heads that begin in these bytes; gives the status of the first. One that is cut in two is missed. */
function countAnswers(bytes: Buffer, tally: Tally): number | null {
  let first: number | null = null
  for (let at = bytes.indexOf(answerStart); at !== -1; at = bytes.indexOf(answerStart, at + 1)) {
    const status = bytes.toString('latin1', at + answerStart.length, at + answerStart.length + 3)
    tally.add(status)
    first ??= Number(status)
  }
  return first
}

export type Posted = {
  readonly path: string
  /** Bytes of the body. */
  readonly length: number
  readonly pieces: () => Iterable<Uint8Array>
  /** Further lines of the head. */
  readonly headers?: readonly string[]
}

export const pieceBytes = 256 * 1024
/** The pieces that a body is sent in. */
export function* piecesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes)
}

/** Sends a request on a connection of its own, and goes on when it is answered. What is refused early is not sent whole. */
export async function post(
  target: Target,
  { path, length, pieces, headers = [] }: Posted,
  tally: Tally,
): Promise<void> {
  const wire = openWire(target, tally)
  let isAnswered = false
  void wire.answered.then(() => (isAnswered = true))
  await wire.send(headText(target, path, [`content-length: ${length}`, 'connection: close', ...headers]))
  for (const piece of pieces()) {
    if (isAnswered || target.isOver() || !(await wire.send(piece))) break
    tally.add('bytes', piece.length)
  }
  await Promise.race([wire.answered, target.over])
  wire.socket.destroy()
}

/** The head of a request of either dialect, with the key as that sends it. */
export function headText({ key }: Pick<Target, 'key'>, path: string, lines: readonly string[]): string {
  const secret = path.startsWith('/genai') ? `x-goog-api-key: ${key}` : `authorization: Bearer ${key}`
  return [`POST ${path} HTTP/1.1`, 'host: gateway', secret, 'content-type: application/json', ...lines, '', ''].join(
    '\r\n',
  )
}

export const chatPath = '/v1/chat/completions'
export const geminiPath = '/genai/v1beta/models/gemini-2.5-flash:generateContent'
/** The body of a question, with the sandbox told how to answer it. */
export const question = (directives: string, fields: object = {}): string =>
  JSON.stringify({
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user', content: `[[sandbox: ${directives}]] hi` }],
    ...fields,
  })

/** A whole request, as often as it likes. */
export function requestText(target: Pick<Target, 'key'>, path: string, body: string): string {
  return headText(target, path, [`content-length: ${Buffer.byteLength(body)}`]) + body
}
