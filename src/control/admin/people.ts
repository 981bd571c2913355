/** The part of the admin API that lists people, and makes the links by which they come in: for whoever has a terminal and no page. */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Actor } from '../../store/audit.ts'
import { memberRoles } from '../../store/people/members.ts'
import type { PersonRow } from '../../store/people/persons.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type { LinkJson, ListJson, MemberJson, PersonJson } from '../contract.ts'
import { isoOrNull } from './json-shapes.ts'
import type { Operators } from './operators.ts'
import { Email } from '../people/fields.ts'
import { makeLink, type Purpose } from '../people/make-links.ts'
import { readBody } from './read-input.ts'

const roleAllowed = `one of ${memberRoles.join(', ')}`
const NewInvitation = z.strictObject({ email: Email, role: z.enum(memberRoles, roleAllowed) })
const OfPerson = z.strictObject({ email: Email })
const NothingMore = z.strictObject({})

export function addPeopleRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const { people, clock } = deps
  const isAdmin = operators.needs('admin')
  const link = (purpose: Purpose, actor: Actor): LinkJson => {
    const terms = { actor, now: clock.now(), baseUrl: people.baseUrl, isMailed: false }
    const { url, expiresAt } = people.ask((store) => makeLink(store, purpose, terms))
    return { url, expiresAt: new Date(expiresAt).toISOString() }
  }
  const linked = (c: Context, purpose: Purpose) => c.json<LinkJson>(link(purpose, operators.actorOf(c)), 201)
  api.post('/people/operator-link', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    return linked(c, { kind: 'operator', email: null })
  })
  api.post('/people/password-link', isAdmin, async (c) => {
    const { email } = await readBody(c.req.raw, OfPerson)
    if (!people.ask((store) => store.personByEmail(email))) throw new AdminError('person_not_found')
    return linked(c, { kind: 'password', email })
  })
  api.post('/organizations/:id/invitations', isAdmin, async (c) => {
    const { email, role } = await readBody(c.req.raw, NewInvitation)
    const { id } = await organizationOf(deps, c.req.param('id'))
    return linked(c, { kind: 'invitation', email, role, organizationId: id })
  })
  api.get('/people', (c) => {
    const persons = people.ask((store) => store.persons())
    return c.json<ListJson<PersonJson>>({ data: persons.map(personJson) })
  })
  api.get('/organizations/:id/members', async (c) => {
    const { id } = await organizationOf(deps, c.req.param('id'))
    const members = people.ask((store) => store.membersOf(id))
    return c.json<ListJson<MemberJson>>({
      data: members.map(({ since, ...member }) => ({ ...member, since: isoOrNull(since)! })),
    })
  })
}

const personJson = ({
  id,
  name,
  email,
  isVerified,
  hasSecondFactor,
  isOperator,
  createdAt,
}: PersonRow): PersonJson => ({
  id,
  name,
  email,
  isVerified,
  hasSecondFactor,
  isOperator,
  createdAt: isoOrNull(createdAt)!,
})
