/** Asking this server's own `/api`. Nothing else of the web app fetches. */

export type Ask = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Left out where undefined; a list is repeated. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** The answer's JSON, of the type that its contract says. Rejects with an `ApiTrouble` that people can be told. */
export async function ask<Answer>(path: `/api/${string}`, options: Ask = {}): Promise<Answer> {
  const response = await reach(urlOf(path, options.query), {
    method: options.method ?? 'GET',
    headers: options.body === undefined ? {} : { 'content-type': 'application/json' },
    body: options.body === undefined ? null : JSON.stringify(options.body),
    signal: options.signal ?? null,
  })
  if (!response.ok) throw await troubleOf(response)
  return (response.status === 204 ? null : await response.json()) as Answer
}

/** A path with its query, as `ask` sends it: for links to downloads, and for streams of events. */
export function urlOf(path: string, query: Ask['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) for (const each of [value ?? []].flat()) search.append(name, each)
  return search.size === 0 ? path : `${path}?${search}`
}

/** Why there is no answer: what the server says, or that it cannot be reached. */
export class ApiTrouble extends Error {
  /** `unreachable` where no answer came. */
  readonly code: string
  /** 0 where no answer came. */
  readonly status: number
  /** What of the request is wrong. */
  readonly field: string | null
  /** What an operator finds it by in the log. */
  readonly requestId: string | null
  /** The page of the reference on it. */
  readonly helpUrl: string | null

  constructor(message: string, about: TroubleAbout) {
    super(message)
    this.name = 'ApiTrouble'
    this.code = about.code
    this.status = about.status
    this.field = about.field ?? null
    this.requestId = about.requestId ?? null
    this.helpUrl = about.helpUrl ?? null
  }
}

/** What is asked is for those alone who signed in with a second factor. */
export const secondFactorRequired = 'second_factor_required'

type TroubleAbout = {
  readonly code: string
  readonly status: number
  readonly field?: string
  readonly requestId?: string | null
  readonly helpUrl?: string
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin' })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiTrouble('The server cannot be reached. Check your connection, then try again.', {
      code: 'unreachable',
      status: 0,
    })
  }
}

/** Whether nothing answered, or only a server that has not begun to serve: it may in a moment. */
export const isAway = (error: unknown): boolean =>
  error instanceof ApiTrouble && (error.status === 0 || error.code === 'starting')

const lookedAgainMs = 1_000

/** Waits until this server answers. */
export async function reachableAgain(): Promise<void> {
  for (;;) {
    const answer = await fetch(location.pathname, { method: 'HEAD' }).catch(() => null)
    if (answer !== null && answer.status !== 503) return
    await new Promise((resolve) => setTimeout(resolve, lookedAgainMs))
  }
}

type ErrorBody = { readonly error?: { readonly code?: string; readonly message?: string; readonly field?: string } }

async function troubleOf(response: Response): Promise<ApiTrouble> {
  const { error = {} } = await response.json().then(
    (body) => body as ErrorBody,
    (): ErrorBody => ({}),
  )
  const message = error.message ?? `The server answered ${response.status} without saying why. Try again in a moment.`
  return new ApiTrouble(message, {
    code: error.code ?? 'unknown',
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    ...(error.field !== undefined && { field: error.field }),
    ...(error.code === secondFactorRequired && { helpUrl: `/docs/errors/${secondFactorRequired}` }),
  })
}
