/** Handlers of the web's own `Request` and `Response`, such as a router, for whatever is not worth measuring. */
import {
  BodyError,
  problemAnswer,
  type AnswerHeaders,
  type BodyTrouble,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
} from './contract.ts'

const statuses: Readonly<Record<BodyTrouble, number>> = {
  'too-large': 413,
  'no-room': 503,
  slow: 408,
  malformed: 400,
  left: 400,
  stopping: 503,
}

/** A body longer than `bodyBytesMax`, which is read before the handler is asked, is a 413. */
export const throughWeb =
  (handle: (request: Request) => Response | Promise<Response>, bodyBytesMax: number): HttpHandler =>
  async (request) => {
    const made = await webRequest(request, bodyBytesMax)
    return made instanceof Request ? answerOf(await handle(made)) : made
  }

/** Says why there is no body, in no dialect. */
export const bodyTroubleAnswer = ({ trouble }: BodyError): HttpAnswer =>
  problemAnswer(statuses[trouble], `The request body is ${trouble}.`)

/** The request as the web has it; an answer where it cannot be made. */
async function webRequest(request: HttpRequest, bodyBytesMax: number): Promise<Request | HttpAnswer> {
  const { method, target } = request
  const leaving = new AbortController()
  request.onLeave(() => leaving.abort())
  // HTTP/1.0 need not say it, and the host of a URL without one is empty.
  const host = request.host || 'localhost'
  try {
    const isBodiless = method === 'GET' || method === 'HEAD'
    return new Request(`http://${host}${target}`, {
      method,
      headers: headersOf(request),
      signal: leaving.signal,
      ...(!isBodiless && { body: await request.bytes(bodyBytesMax) }),
    })
  } catch (error) {
    if (error instanceof BodyError) return bodyTroubleAnswer(error)
    return problemAnswer(400, 'The request cannot be read; its host or method is none.')
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
  for (const [name, value] of response.headers) headers[name] = value
  // Several, which must not be joined.
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const isPassedOn = isStream || response.body === null
  const body = isPassedOn ? response.body : new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers, body }
}
