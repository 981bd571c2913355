/** Handlers of the web's own `Request` and `Response`, such as a router, for whatever is not worth measuring. */
import {
  BodyError,
  jsonAnswer,
  type AnswerHeaders,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from './contract.ts'

/** Of a request to such a handler. */
const bodyBytesMax = 16 * 1024 * 1024

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
  try {
    const bytes = await request.bytes(bodyBytesMax)
    return new Request(`http://${headers.get('host') ?? 'localhost'}${target}`, {
      method,
      headers: headersOf(request),
      signal: leaving.signal,
      ...(method !== 'GET' && method !== 'HEAD' && { body: bytes }),
    })
  } catch (error) {
    const message =
      error instanceof BodyError
        ? `The request body is ${error.trouble}.`
        : 'The request cannot be read; its host or method is none.'
    const isLarge = error instanceof BodyError && error.trouble === 'too-large'
    return jsonAnswer({ error: { code: 'bad_request', message } }, isLarge ? 413 : 400)
  }
}

function headersOf({ headers }: HttpRequest): Headers {
  const all = new Headers()
  for (const [name, value] of headers.entries()) all.append(name, value)
  return all
}

/** What streams is passed on as it comes; everything else is read whole, because its length is then known. */
async function answerOf(response: Response): Promise<HttpAnswer> {
  const headers: AnswerHeaders = {}
  for (const [name, value] of response.headers) if (name !== 'set-cookie') headers[name] = value
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const body = isStream ? response.body : new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers, body }
}
