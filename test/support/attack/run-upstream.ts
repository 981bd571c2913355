/** A provider that has gone mad, as a process of its own: what it sends depends on the model. Prints `{"url"}`. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

const mebibyte = 1024 * 1024
const piece = Buffer.alloc(mebibyte / 4, 'x')
/** A record, or a string, that becomes very large once it is unpacked. */
const bomb = (start: string): Buffer =>
  gzipSync(Buffer.concat([Buffer.from(start), Buffer.alloc(256 * mebibyte, 'x')]), { level: 1 })
const streamStart = 'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"'
const answerStart =
  '{"id":"1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"'
const [streamBomb, answerBomb] = [bomb(streamStart), bomb(answerStart)]

const untilClosed = 'connection: close'
const sse = 'content-type: text/event-stream'
const json = 'content-type: application/json'
const head = (...lines: readonly string[]): string => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n')

/** The beginning of an answer, and whether it goes on without end. */
function answerTo(request: string): { readonly begun: readonly (string | Buffer)[]; readonly isEndless: boolean } {
  const isStream = request.includes('"stream":true')
  if (request.includes('"endless-record"')) return { begun: [head(sse, untilClosed), streamStart], isEndless: true }
  if (request.includes('"endless-answer"')) return { begun: [head(json, untilClosed), answerStart], isEndless: true }
  if (request.includes('"endless-head"')) return { begun: ['HTTP/1.1 200 OK\r\nx-endless: '], isEndless: true }
  const bytes = isStream ? streamBomb : answerBomb
  const lines = [isStream ? sse : json, 'content-encoding: gzip', `content-length: ${bytes.length}`, untilClosed]
  return { begun: [head(...lines), bytes], isEndless: false }
}

function pour(socket: Socket): void {
  while (!socket.destroyed && socket.write(piece));
  if (!socket.destroyed) socket.once('drain', () => pour(socket))
}

const listener = createServer((socket) => {
  let request = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    request += bytes.toString('latin1')
    if (!request.endsWith('}')) return
    const { begun, isEndless } = answerTo(request)
    for (const part of begun) socket.write(part)
    if (isEndless) pour(socket)
    else socket.end()
  })
})
listener.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}` })}\n`)
})
