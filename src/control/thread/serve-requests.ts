/** The control thread's side of requests: each is answered whole, or as a stream of which one piece is read when one is asked for. */
import { assert } from '../../lib/assert.ts'
import type { AnswerHeaders } from '../../lib/http-server/contract.ts'
import type { Piece } from '../../lib/source.ts'
import type { AnswerHead, Port, SentRequest, ToControl, ToMain } from './messages.ts'

type Handle = (request: Request) => Promise<Response>
type Reader = { readonly read: () => Promise<Piece>; readonly cancel: () => Promise<void> }
type Serving = { readonly leaving: AbortController; reader: Reader | null }

/** Answers that are handed over whole are no longer than this, in bytes; what may be longer streams. */
const wholeBytesMax = 16 * 1024 * 1024

export function serveRequests(port: Port<ToMain, ToControl>, handle: Handle, failed: (error: unknown) => void): void {
  const open = new Map<number, Serving>()
  const serve = async (id: number, sent: SentRequest): Promise<void> => {
    const serving: Serving = { leaving: new AbortController(), reader: null }
    open.set(id, serving)
    try {
      const request = webRequest(sent, serving.leaving.signal)
      const response = request === null ? unreadable() : await handle(request)
      if (!open.has(id)) return void response.body?.cancel().catch(failed)
      const head = headOf(response)
      if (response.body === null || !isStreamed(response)) {
        const body = response.body && new Uint8Array(await response.arrayBuffer())
        assert((body?.length ?? 0) <= wholeBytesMax, 'an answer of the pages is too long to be handed over whole')
        open.delete(id)
        return port.postMessage({ kind: 'answer', id, head, body })
      }
      serving.reader = response.body.getReader() as Reader
      port.postMessage({ kind: 'stream', id, head })
    } catch (error) {
      open.delete(id)
      failed(error)
      port.postMessage({ kind: 'broken', id })
    }
  }
  const pull = async (id: number): Promise<void> => {
    const reader = open.get(id)?.reader
    if (!reader) return
    try {
      const { done, value } = await reader.read()
      if (done) open.delete(id)
      port.postMessage({ kind: 'piece', id, bytes: done ? null : value })
    } catch (error) {
      open.delete(id)
      failed(error)
      port.postMessage({ kind: 'broken', id })
    }
  }
  const cancel = (id: number): void => {
    const serving = open.get(id)
    open.delete(id)
    serving?.leaving.abort()
    serving?.reader?.cancel().catch(failed)
  }
  port.on('message', (message) => {
    if (message.kind === 'request') void serve(message.id, message.request)
    else if (message.kind === 'pull') void pull(message.id)
    else if (message.kind === 'cancel') cancel(message.id)
  })
}

/** null: what was sent is nothing that the web has a request for. */
function webRequest({ url, method, headers, body }: SentRequest, signal: AbortSignal): Request | null {
  try {
    const sent = headers.map(([name, value]): [string, string] => [name, value])
    return new Request(url, { method, headers: sent, signal, ...(body && { body: body as Uint8Array<ArrayBuffer> }) })
  } catch {
    return null
  }
}

const unreadable = (): Response =>
  Response.json({ error: { code: 'bad_request', message: 'The request cannot be read.' } }, { status: 400 })

/** What goes on for long, or may be long: events, and files to keep. */
const isStreamed = ({ headers }: Response): boolean =>
  headers.has('content-disposition') || (headers.get('content-type') ?? '').startsWith('text/event-stream')

function headOf(response: Response): AnswerHead {
  const headers: AnswerHeaders = {}
  for (const [name, value] of response.headers) headers[name] = value
  // Several, which must not be joined.
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  return { status: response.status, headers }
}
