/**
 * The API behind the pages. Each request goes the same way: whose page asks, who is signed in, what they may, what they
 * say, what it comes to. Whoever is no member of an organization is told that there is none.
 */
import { Hono } from 'hono'
import type { Actor } from '../../store/store.ts'
import { addressHeader } from '../address-header.ts'
import { AdminError, adminErrorOf, errorResponse } from '../admin/error.ts'
import { readFields } from '../admin/read-input.ts'
import { countChange } from '../people/attempts.ts'
import { demandForConsole, demandIn } from '../people/second-factor-demand.ts'
import { askAdmin, RefusedByAdmin } from './ask-admin.ts'
import { refuseCrossSite } from './cross-site.ts'
import { createViews, type NoteView } from './operator-views.ts'
import type { Asked, PageRoute, PagesDeps } from './page-route.ts'
import type { Person } from './people-port.ts'
import { allows, type Access } from './roles.ts'
import { routes as allRoutes } from './routes.ts'
import { createShares, followed, type Shares } from './shares.ts'

export type PagesApi = (request: Request) => Promise<Response>

/** Answers whatever is asked under `/api/`, the admin API apart. */
export function pagesApi(deps: PagesDeps, routes: readonly PageRoute[] = allRoutes): PagesApi {
  const api = new Hono()
  const open = { shares: createShares(), noteView: createViews(deps) }
  api.all('/api/auth/*', (c) => deps.people.handle(c.req.raw))
  const document = createDocument(routes)
  api.get('/openapi.json', async () => new Response(await document(), { headers: jsonType }))
  for (const route of routes) {
    const pattern = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    api.on(route.method, pattern, (c) =>
      answer({ route, request: c.req.raw, params: c.req.param() }, { ...deps, ...open }),
    )
  }
  api.notFound(() => errorResponse(new AdminError('not_found', { message: noSuchPage })))
  api.onError((error, c) => (c.req.raw.signal.aborted ? new Response(null) : troubleResponse(error, deps)))
  return async (request) =>
    withHeaders(request.method === 'HEAD' ? await headOf(request, api) : await api.fetch(request))
}

/** As to a GET, of which nothing is read: what would stream ends at once. */
async function headOf(request: Request, api: Hono): Promise<Response> {
  const response = await api.fetch(new Request(request, { method: 'GET' }))
  await response.body?.cancel()
  return new Response(null, response)
}

const noSuchPage = 'The pages have nothing at this address with this method.'

/** Made when it is first asked for, because few ask and what makes it takes memory, and once, because anybody may ask. */
function createDocument(routes: readonly PageRoute[]): () => Promise<string> {
  let made: Promise<string> | null = null
  return () => (made ??= import('./openapi.ts').then(({ openApiOf }) => JSON.stringify(openApiOf(routes))))
}

type Call = {
  readonly route: PageRoute
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
}
type Open = { readonly shares: Shares; readonly noteView: NoteView }

async function answer(call: Call, deps: PagesDeps & Open): Promise<Response> {
  if (call.route.method !== 'GET') refuseCrossSite(call.request, deps.publicUrl)
  const person = await deps.people.personOf(call.request)
  if (person !== null && call.route.method !== 'GET') countChange(person.id, deps.people.limits)
  // Nobody's own are few and cheap, and limited where they are not.
  const ended = person === null ? noShare : deps.shares.takeRequest(person.id)
  try {
    return await answerTo(person, call, deps)
  } finally {
    ended()
  }
}

const noShare = (): void => undefined

async function answerTo(
  person: Person | null,
  { route, request, params }: Call,
  deps: PagesDeps & Open,
): Promise<Response> {
  const access = await admit(route, person, params, deps)
  const actor = actorOf(person)
  if (access === 'operator') await deps.noteView(actor, params['organization']!)
  const asked = {
    params,
    query: route.query && readFields(queryOf(request.url), route.query),
    body: route.body && readFields(await readJson(request), route.body),
    person,
    access,
    actor,
    admin: askAdmin(deps.admin, actor),
    request,
    deps,
  } as unknown as Asked
  if (typeof route.answer === 'string') {
    const mayStill = (): Promise<boolean> => isStillAdmitted(person, { route, request, params }, deps)
    const of = {
      personId: person?.id ?? '',
      organizationId: params['organization'],
      address: request.headers.get(addressHeader),
    }
    return streamed({ route, asked, mayStill, clock: deps.clock }, deps.shares.takeStream(of))
  }
  const value = await route.handle(asked)
  return value instanceof Response ? value : Response.json(value, { status: route.status ?? 200 })
}

type Streaming = {
  readonly route: PageRoute
  readonly asked: Asked
  readonly mayStill: () => Promise<boolean>
  readonly clock: PagesDeps['clock']
}

/** How long what is live goes on for somebody who is signed out, or no member any more, ms. */
export const admittedMs = 5_000

async function streamed({ route, asked, mayStill, clock }: Streaming, ended: () => void): Promise<Response> {
  try {
    const response = (await route.handle(asked)) as Response
    // A file is of what there was when it was asked for, and half of one would be none.
    if (route.answer !== 'text/event-stream') return followed(response, ended)
    let askedAt = clock.monotonic()
    return followed(response, ended, async () => {
      const now = clock.monotonic()
      if (now - askedAt < admittedMs) return true
      askedAt = now
      return mayStill()
    })
  } catch (error) {
    ended()
    throw error
  }
}

/** Whether the same person would be let in again. */
async function isStillAdmitted(
  before: Person | null,
  { route, request, params }: Call,
  deps: PagesDeps,
): Promise<boolean> {
  try {
    const person = await deps.people.personOf(request)
    await admit(route, person, params, deps)
    return person?.id === before?.id
  } catch (error) {
    if (error instanceof AdminError) return false
    throw error
  }
}

const actorOf = (person: Person | null): Actor =>
  person === null ? { kind: 'server', id: null, name: 'pages' } : { kind: 'person', id: person.id, name: person.name }

/** What ids are made of: a part of a path that is none can be nothing of ours. */
const idLike = /^[A-Za-z0-9][\w.:-]{0,199}$/

/** What the person is to the organization; null where none is asked for. Throws for whoever may not. */
async function admit(
  { needs }: PageRoute,
  person: Person | null,
  params: Readonly<Record<string, string>>,
  { people }: PagesDeps,
): Promise<Access | null> {
  if (needs !== 'nobody' && person === null) throw new AdminError('not_signed_in')
  const { organization, ...others } = params
  if (Object.values(others).some((id) => !idLike.test(id))) throw new AdminError('not_found', { message: noSuchPage })
  if (needs === 'nobody' || needs === 'signed-in') return null
  if (needs === 'operator') {
    if (!person!.isOperator)
      throw new AdminError('permission_missing', { message: 'Only operators of this server may do this.' })
    demandForConsole(person!, people)
    return null
  }
  const access = idLike.test(organization!) ? await accessOf(person!, organization!, people) : null
  if (access === null) throw new AdminError('organization_not_found')
  demandIn(organization!, access === 'operator' ? 'operator' : 'member', person!, people)
  if (!allows(access, needs)) throw permissionMissing(access)
  return access
}

const accessOf = async (person: Person, organizationId: string, people: PagesDeps['people']): Promise<Access | null> =>
  (await people.roleOf(person.id, organizationId)) ?? (person.isOperator ? 'operator' : null)

const permissionMissing = (access: Access): AdminError =>
  new AdminError('permission_missing', {
    message:
      access === 'operator'
        ? 'An operator who is no member of an organization looks at it and changes nothing here.'
        : `Your role here, ${access}, may not do this. An owner or admin of the organization can change roles.`,
  })

function queryOf(url: string): Record<string, unknown> {
  const given = [...new URL(url).searchParams]
  const many = Map.groupBy(given, ([name]) => name)
  return Object.fromEntries(
    [...many].map(([name, pairs]) => [name, pairs.length === 1 ? pairs[0]![1] : pairs.map(([, value]) => value)]),
  )
}

async function readJson(request: Request): Promise<unknown> {
  const text = await request.text()
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AdminError('invalid_request', { message: 'The body is not JSON.', cause })
  }
}

/** What the admin API says for people at a terminal, said for people on a page. */
const pageWords: Partial<Record<AdminError['code'], string>> = {
  organization_not_found: 'There is no such organization, or you are not a member of it.',
  key_not_found: 'There is no such key in this organization.',
  request_not_found: 'There is no receipt for this request id: it was never charged, or is still running.',
}

function troubleResponse(error: Error, { log }: PagesDeps): Response {
  if (error instanceof RefusedByAdmin) {
    const { code, field, message } = error.json.error
    return Response.json(
      { error: { code, message: pageWords[code] ?? message, ...(field && { field }) } },
      { status: error.status },
    )
  }
  const known = adminErrorOf(error)
  if (known.code === 'unavailable') log.error({ event: 'page-failed', error })
  const message = pageWords[known.code]
  if (message === undefined || known.message !== new AdminError(known.code).message) return errorResponse(known)
  return errorResponse(new AdminError(known.code, { message }))
}

const jsonType = { 'content-type': 'application/json;charset=utf-8' }
/** What every answer says to a browser: it is data, for these pages alone, and nobody keeps it. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}
