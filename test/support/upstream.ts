/** An upstream that answers as a test says, in both dialects, and keeps what it was sent. */
import { createServer, type AddressInfo } from 'node:net'
import { MessageReader } from '../../src/lib/http/message-reader.ts'
import { RequestHead } from '../../src/lib/http-server/request-head.ts'

export type Upstream = {
  readonly url: string
  readonly seen: readonly Seen[]
  /** How the next answer goes: its status, and its content type, null for none. */
  next: Label
  readonly stop: () => void
}
type Label = { readonly status: number; readonly type: string | null }
export type Seen = { readonly headers: RequestHead; readonly bytes: Buffer }

const usual: Label = { status: 200, type: 'application/json' }
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
}
const generation = {
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'hi' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
}
const openaiError = { error: { message: 'bad', type: 'invalid_request_error', param: null, code: null } }
const googleError = { error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }

export async function startUpstream(): Promise<Upstream> {
  const seen: Seen[] = []
  const state = { next: usual }
  const listener = createServer((socket) => {
    const pieces: Buffer[] = []
    let head: RequestHead
    const reader = new MessageReader({
      mayBegin: () => true,
      opened: (text) => (head = new RequestHead(text)).framing,
      received: (piece) => void pieces.push(Buffer.from(piece)),
      ended: () => {
        seen.push({ headers: head, bytes: Buffer.concat(pieces.splice(0)) })
        const answer = answerText(head.target, state.next)
        state.next = usual
        socket.write(answer)
      },
    })
    socket.on('data', (bytes: Buffer) => reader.push(bytes)).on('error', () => undefined)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    seen,
    stop: () => void listener.close(),
  })
}

function answerText(target: string, { status, type }: Label): string {
  const isOpenai = target.startsWith('/v1/')
  const body = JSON.stringify(
    status === 200 ? (isOpenai ? completion : generation) : isOpenai ? openaiError : googleError,
  )
  const label = type === null ? '' : `content-type: ${type}\r\n`
  return `HTTP/1.1 ${status} x\r\n${label}content-length: ${body.length}\r\n\r\n${body}`
}
