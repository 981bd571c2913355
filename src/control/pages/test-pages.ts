/**
 * For tests: the pages' API in one process, over the real admin API and a real store, with people who need no password.
 * Whatever a route answers is held to its schema.
 */
import { z } from 'zod'
import { createReports } from '../../reporting/reports.ts'
import type { CountedRejection, Rejection } from '../../store/reports-db/reports-db.ts'
import { openReportsDb } from '../../store/reports-db/open-reports-db.ts'
import { insideAdmin } from '../inside-admin.ts'
import { createPeople } from '../people/people.ts'
import { defaultPeopleSettings } from '../people/settings.ts'
import { startTestServer } from '../test-server.ts'
import { endPassesBy } from './ask-admin.ts'
import { pagesApi } from './pages-api.ts'
import type { PageRoute, PagesDeps } from './page-route.ts'
import type { People } from './people-port.ts'
import type { Role } from './roles.ts'
import { routes as allRoutes } from './routes.ts'

export const pagesUrl = 'http://gateway.test'

type TestOptions = { readonly routes?: readonly PageRoute[]; readonly deps?: Partial<PagesDeps> }

export async function startTestPages({ routes = allRoutes, deps = {} }: TestOptions = {}) {
  const server = await startTestServer()
  const fake = fakePeople(server)
  const clock = { now: () => server.time.now, monotonic: () => performance.now() }
  const rejections: CountedRejection[] = []
  const reports = createReports({
    db: openReportsDb({ dataDir: server.dataDir }),
    clock,
    ship: server.ship,
    rejections: () => Promise.resolve(rejections.splice(0)),
    onTrouble: (error) => void server.events.push({ event: 'reports-failed', error }),
  })
  const api = pagesApi(
    {
      people: fake.people,
      reports,
      admin: insideAdmin(server.api),
      ship: server.ship,
      publicUrl: null,
      clock,
      log: { info: () => undefined, error: (event) => void server.events.push(event) },
      ...deps,
    },
    routes,
  )
  const fetchAs = async (session: string | null, method: string, path: string, init: RequestInit = {}) => {
    const headers = new Headers({ origin: pagesUrl, ...(session !== null && { cookie: `session=${session}` }) })
    if (init.body !== undefined) headers.set('content-type', 'application/json')
    new Headers(init.headers).forEach((value, name) => headers.set(name, value))
    const response = await api(new Request(pagesUrl + path, { ...init, method, headers }))
    await checkAnswer(routes, method, path, response)
    return response
  }
  const askAs = (session: string | null) => {
    const ask = async (method: string, path: string, body?: unknown) => {
      const response = await fetchAs(session, method, path, body === undefined ? {} : { body: JSON.stringify(body) })
      return { status: response.status, json: (await response.json()) as Record<string, any> } // oxlint-disable-line typescript/no-explicit-any
    }
    return {
      get: (path: string) => ask('GET', path),
      post: (path: string, body: unknown = {}) => ask('POST', path, body),
      patch: (path: string, body: unknown) => ask('PATCH', path, body),
      delete: (path: string) => ask('DELETE', path),
      /** The answer as it is, for what is no JSON. */
      fetch: (method: string, path: string, init?: RequestInit) => fetchAs(session, method, path, init),
    }
  }
  /** A new organization, without members. */
  const organization = async (name: string): Promise<string> => {
    const { json } = await server.ask('POST', '/organizations', { name })
    return json.id as string
  }
  return {
    ...server,
    /** Answers a request as it is. */
    handle: api,
    reports,
    /** Tells of a call that was turned away. */
    reject: (rejection: Rejection, others = 0) => void rejections.push({ rejection, others }),
    organization,
    people: fake,
    /** Whoever has no session. */
    stranger: askAs(null),
    /** Somebody signed in, with these roles by organization. */
    person: (name: string, given: { roles?: Readonly<Record<string, Role>>; isOperator?: boolean } = {}) => ({
      id: fake.add(name, given),
      ...askAs(name),
    }),
  }
}

/** People who are known by their names: the session of `ann` is `session=ann`. What they are members of is in a real store. */
function fakePeople({ api, people: store, time }: Awaited<ReturnType<typeof startTestServer>>) {
  const endPasses = endPassesBy(insideAdmin(api))
  const clock = { now: () => time.now, monotonic: () => time.now }
  const log = { info: () => undefined, error: () => undefined }
  const settings = defaultPeopleSettings
  const real = createPeople({
    store,
    settings,
    secret: 'a secret of this test',
    publicUrl: null,
    clock,
    log,
    endPasses,
  })
  const signedIn: People['signedIn'] = (request) => {
    const name = /(?:^|; )session=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1]
    const person = store.person(`per_${name}`)
    return Promise.resolve(
      person && { person, sessionId: 'ses_of_this_test', gaveSecondFactor: person.hasSecondFactor },
    )
  }
  // With a clock that stands still, whoever asks every route would soon have made too many changes.
  const limits = { ...real.limits, change: () => 0 }
  const people: People = {
    ...real,
    limits,
    signedIn,
    personOf: async (request) => {
      const signed = await signedIn(request)
      return signed && { ...signed.person, gaveSecondFactor: signed.gaveSecondFactor }
    },
  }
  const actor = { kind: 'server', id: null, name: 'test' } as const
  const add = (
    name: string,
    { roles: given = {}, isOperator = false }: { roles?: Readonly<Record<string, Role>>; isOperator?: boolean },
  ): string => {
    const id = `per_${name}`
    const email = `${name}@example.com`
    if (!store.person(id)) store.addPerson({ id, name, email, isVerified: true, passwordHash: 'none' }, time.now)
    // Long ago, so that nothing of a test's own is beside it.
    const change = { actor, at: 0 }
    for (const [organizationId, role] of Object.entries(given))
      store.putMember({ organizationId, personId: id }, role, change)
    if (isOperator) store.addOperator(id, change)
    return id
  }
  return { people, add }
}

/** Holds an answer to what its route says of it. */
async function checkAnswer(
  routes: readonly PageRoute[],
  method: string,
  path: string,
  response: Response,
): Promise<void> {
  const route = routes.find((each) => each.method === method && patternOf(each.path).test(path.split('?', 1)[0]!))
  if (!route || response.status >= 400) return
  const type = response.headers.get('content-type') ?? ''
  if (!(route.answer instanceof z.ZodType)) {
    if (!type.startsWith(route.answer)) throw new Error(`${method} ${route.path} answered ${type}, not ${route.answer}`)
    return
  }
  const parsed = route.answer.safeParse(await response.clone().json())
  if (!parsed.success)
    throw new Error(`${method} ${route.path} answered what its schema does not say: ${parsed.error.message}`)
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
