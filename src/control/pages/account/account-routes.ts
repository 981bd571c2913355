/** What people see and change of themselves: profile, password, sessions. Second factors and passkeys are under `/api/auth`. */
import { z } from 'zod'
import { AdminError } from '../../admin/error.ts'
import { NewPassword, Password } from '../../people/fields.ts'
import { isDemandedOf } from '../../people/second-factor-demand.ts'
import { acceptedHash, actorOf } from '../../people/use-links.ts'
import { Name } from '../../admin/read-input.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import type { Person } from '../people-port.ts'
import { prove, sessionOf } from './prove.ts'
import { Done } from './shapes.ts'

const AccountShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  /** Whether it is known that the address is theirs. */
  isVerified: z.boolean(),
  hasPassword: z.boolean(),
  isProviderLinked: z.boolean(),
  hasSecondFactor: z.boolean(),
  hasPasskey: z.boolean(),
  /** Whether this session was opened with a second factor. */
  gaveSecondFactor: z.boolean(),
  /** Whether an organization of theirs, or this server, asks for one. */
  isSecondFactorAsked: z.boolean(),
  isOperator: z.boolean(),
  createdAt: z.iso.datetime(),
})
export type AccountJson = z.infer<typeof AccountShape>

const accountOf = ({ people }: PagesDeps, { id, gaveSecondFactor }: Person): AccountJson => {
  const person = people.store.person(id)
  if (!person) throw new AdminError('person_not_found')
  const isSecondFactorAsked = isDemandedOf(person, people)
  return { ...person, gaveSecondFactor, isSecondFactorAsked, createdAt: new Date(person.createdAt).toISOString() }
}

const look = pageRoute({
  method: 'GET',
  path: '/api/account',
  summary: 'One’s own account',
  needs: 'signed-in',
  query: null,
  body: null,
  answer: AccountShape,
  handle: ({ person, deps }) => Promise.resolve(accountOf(deps, person)),
})

const rename = pageRoute({
  method: 'PATCH',
  path: '/api/account',
  summary: 'Change one’s own name',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ name: Name }),
  answer: AccountShape,
  handle({ body, person, deps }) {
    deps.people.store.renamePerson(person.id, body.name, deps.clock.now())
    return Promise.resolve(accountOf(deps, person))
  },
})

const changePassword = pageRoute({
  method: 'POST',
  path: '/api/account/password',
  summary: 'Change one’s own password; every other session ends',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ current: Password.optional(), password: NewPassword }),
  answer: Done,
  async handle({ body, person, request, deps }) {
    await prove(request, body.current, deps)
    const hash = await acceptedHash(body.password, person.email)
    const { store } = deps.people
    const { sessionId } = await sessionOf(request, deps)
    store.atomically(() => {
      store.setPassword(person.id, hash, deps.clock.now())
      store.revokeLinks('password', person.email, deps.clock.now())
      store.endSessions(person.id, sessionId)
    })
    await deps.people.endPasses(person.id, null)
    return {}
  },
})

const unlinkProvider = pageRoute({
  method: 'POST',
  path: '/api/account/provider/unlink',
  summary: 'Sign in by the provider no more; every other session ends',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ password: Password.optional() }),
  answer: Done,
  async handle({ body, request, deps }) {
    await prove(request, body.password, deps)
    const { store, endPasses } = deps.people
    const { person, sessionId } = await sessionOf(request, deps)
    if (!person.hasPassword && !person.hasPasskey) throw new AdminError('last_way_in')
    store.atomically(() => {
      store.unlinkProvider(person.id)
      store.endSessions(person.id, sessionId)
    })
    await endPasses(person.id, null)
    return {}
  },
})

const SessionListShape = z.strictObject({
  data: z.array(
    z.strictObject({
      id: z.string(),
      isThis: z.boolean(),
      createdAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
      address: z.string().nullable(),
      userAgent: z.string().nullable(),
    }),
  ),
})
export type SessionListJson = z.infer<typeof SessionListShape>

const sessions = pageRoute({
  method: 'GET',
  path: '/api/account/sessions',
  summary: 'One’s own sessions, the newest first',
  needs: 'signed-in',
  query: null,
  body: null,
  answer: SessionListShape,
  async handle({ person, request, deps }) {
    const { sessionId } = await sessionOf(request, deps)
    const list = deps.people.store.sessionsOf(person.id, deps.clock.now())
    return {
      data: list.map(({ createdAt, expiresAt, ...session }) => ({
        ...session,
        isThis: session.id === sessionId,
        createdAt: new Date(createdAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      })),
    }
  },
})

const endSession = pageRoute({
  method: 'DELETE',
  path: '/api/account/sessions/{session}',
  summary: 'End one of one’s own sessions',
  needs: 'signed-in',
  query: null,
  body: null,
  answer: Done,
  async handle({ params, person, deps }) {
    if (!deps.people.store.endSession(person.id, params.session)) throw new AdminError('not_found')
    await deps.people.endPasses(person.id, null)
    return {}
  },
})

const endOthers = pageRoute({
  method: 'POST',
  path: '/api/account/sessions/end-others',
  summary: 'End all of one’s own sessions but this one',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({}),
  answer: Done,
  async handle({ person, request, deps }) {
    const { sessionId } = await sessionOf(request, deps)
    deps.people.store.endSessions(person.id, sessionId)
    await deps.people.endPasses(person.id, null)
    return {}
  },
})

const remove = pageRoute({
  method: 'POST',
  path: '/api/account/delete',
  summary: 'Delete one’s own account, for good',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ password: Password.optional() }),
  answer: Done,
  async handle({ body, person, request, deps }) {
    await prove(request, body.password, deps)
    deps.people.store.removePerson(person.id, { actor: actorOf(person), at: deps.clock.now() })
    await deps.people.endPasses(person.id, null)
    return {}
  },
})

export const accountRoutes = [look, rename, changePassword, unlinkProvider, sessions, endSession, endOthers, remove]
