/** Handlers of the web's own `Request` and `Response`, such as a router, for whatever is not worth measuring. */
import {
  BodyError,
  jsonAnswer,
  type AnswerHeaders,
  type BodyTrouble,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from './contract.ts'

/** Of a request to such a handler. */
const bodyBytesMax = 16 * 1024 * 1024
/** One that has anything else would be read as more than a host, and the path as less than a path. */
const goodHost = /^[\w.~%!$&'()*+;=:[\]-]+$/
const statuses: Readonly<Record<BodyTrouble, number>> = { 'too-large': 413, slow: 408, malformed: 400, left: 400 }

export const throughWeb =
  (handle: (request: Request) => Response | Promise<Response>): HttpHandler =>
  async (request) => {
    const made = await webRequest(request)
    return made instanceof Request ? answerOf(await handle(made)) : made
  }

/** The request as the web has it; an answer where it cannot be made. */
async function webRequest(request: HttpRequest): Promise<Request | HttpAnswer> {
  const { method, target, headers } = request
  const leaving = new AbortController()
  request.onLeave(() => leaving.abort())
  // HTTP/1.0 need not say it, and the host of a URL without one is empty.
  const host = headers.get('host') || 'localhost'
  if (!goodHost.test(host)) return badRequest('The host header names no host.')
  try {
    const bytes = await request.bytes(bodyBytesMax)
    return new Request(`http://${host}${target}`, {
      method,
      headers: headersOf(request),
      signal: leaving.signal,
      ...(method !== 'GET' && method !== 'HEAD' && { body: bytes }),
    })
  } catch (error) {
    if (error instanceof BodyError) return badRequest(`The request body is ${error.trouble}.`, statuses[error.trouble])
    return badRequest('The request cannot be read; its host or method is none.')
  }
}

const badRequest = (message: string, status = 400): HttpAnswer =>
  jsonAnswer({ error: { code: 'bad_request', message } }, status)

function headersOf({ headers }: HttpRequest): Headers {
  const all = new Headers()
  for (const [name, value] of headers.entries()) all.append(name, value)
  return all
}

/** What streams is passed on as it comes; everything else is read whole, because its length is then known. */
async function answerOf(response: Response): Promise<HttpAnswer> {
  const headers: AnswerHeaders = {}
  for (const [name, value] of response.headers) headers[name] = value
  // Several, which must not be joined.
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const isPassedOn = isStream || response.body === null
  const body = isPassedOn ? response.body : new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers, body }
}
