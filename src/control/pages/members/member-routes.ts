/** Members of an organization and their roles. Only owners make and unmake owners, and one of them stays. */
import { z } from 'zod'
import type { Actor } from '../../../store/store.ts'
import { addressHeader } from '../../address-header.ts'
import type { OrganizationDetails } from '../../contract.ts'
import { parseUsd } from '../../../lib/amounts.ts'
import { AdminError } from '../../admin/error.ts'
import { invitationMail } from '../../people/mails.ts'
import { Email } from '../../people/fields.ts'
import { makeLink } from '../../people/make-links.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import { roles, type Access, type Role } from '../roles.ts'
import { Done } from '../account/shapes.ts'

const MemberShape = z.strictObject({
  personId: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  hasSecondFactor: z.boolean(),
  hasPasskey: z.boolean(),
  since: z.iso.datetime(),
})
const MemberListShape = z.strictObject({ data: z.array(MemberShape) })
export type PageMemberJson = z.infer<typeof MemberShape>

const base = '/api/organizations/{organization}'
const RoleInput = z.enum(roles, `one of ${roles.join(', ')}`)

const list = pageRoute({
  method: 'GET',
  path: `${base}/members`,
  summary: 'Members of an organization',
  needs: 'members.read',
  query: null,
  body: null,
  answer: MemberListShape,
  handle: ({ params, deps }) => Promise.resolve({ data: membersOf(params.organization, deps) }),
})

const membersOf = (organizationId: string, { people }: PagesDeps): PageMemberJson[] =>
  people.store
    .membersOf(organizationId)
    .map(({ since, ...member }) => ({ ...member, since: new Date(since).toISOString() }))

const changeRole = pageRoute({
  method: 'PATCH',
  path: `${base}/members/{person}`,
  summary: 'Give a member another role',
  needs: 'members.write',
  query: null,
  body: z.strictObject({ role: RoleInput }),
  answer: MemberShape,
  async handle({ params, body, access, actor, deps }) {
    const place = { organizationId: params.organization, personId: params.person }
    const { store, endPasses } = deps.people
    const before = memberRole(place, deps)
    refuseForOwners(access, [before, body.role])
    store.putMember(place, body.role, { actor, at: deps.clock.now() })
    await endPasses(place.personId, place.organizationId)
    return membersOf(params.organization, deps).find(({ personId }) => personId === params.person)!
  },
})

const remove = pageRoute({
  method: 'DELETE',
  path: `${base}/members/{person}`,
  summary: 'Remove a member',
  needs: 'members.write',
  query: null,
  body: null,
  answer: Done,
  async handle({ params, access, actor, deps }) {
    const place = { organizationId: params.organization, personId: params.person }
    refuseForOwners(access, [memberRole(place, deps)])
    return removed(place, actor, deps)
  },
})

const leave = pageRoute({
  method: 'POST',
  path: `${base}/leave`,
  summary: 'Leave an organization',
  needs: 'organization.read',
  query: null,
  body: z.strictObject({}),
  answer: Done,
  async handle({ params, person, actor, deps }) {
    const place = { organizationId: params.organization, personId: person.id }
    if (deps.people.store.roleOf(place.personId, place.organizationId) === null) throw new AdminError('not_a_member')
    return removed(place, actor, deps)
  },
})

type Place = { readonly organizationId: string; readonly personId: string }

async function removed(place: Place, actor: Actor, { people, clock }: PagesDeps): Promise<Record<string, never>> {
  people.store.removeMember(place, { actor, at: clock.now() })
  await people.endPasses(place.personId, place.organizationId)
  return {}
}

function memberRole({ organizationId, personId }: Place, { people }: PagesDeps): Role {
  const role = people.store.roleOf(personId, organizationId)
  if (role === null) throw new AdminError('person_not_found')
  return role
}

function refuseForOwners(access: Access, touched: readonly Role[]): void {
  if (access === 'owner' || !touched.includes('owner')) return
  throw new AdminError('permission_missing', { message: 'Only an owner makes somebody an owner, or changes one.' })
}

const InvitationShape = z.strictObject({
  id: z.string(),
  email: z.string(),
  role: z.enum(roles),
  invitedBy: z.string(),
  /** Whether it was sent to the address. */
  isMailed: z.boolean(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export type InvitationJson = z.infer<typeof InvitationShape>
const NewInvitationShape = InvitationShape.extend({
  /** To be passed on by whoever invites; shown only here, and null where it was sent by mail. */
  url: z.string().nullable(),
})

const invitations = pageRoute({
  method: 'GET',
  path: `${base}/invitations`,
  summary: 'Invitations that are still open',
  needs: 'members.read',
  query: null,
  body: null,
  answer: z.strictObject({ data: z.array(InvitationShape) }),
  handle: ({ params, deps }) => Promise.resolve({ data: invitationsOf(params.organization, deps) }),
})

const invitationsOf = (organizationId: string, { people, clock }: PagesDeps): InvitationJson[] =>
  people.store
    .invitationsOf(organizationId, clock.now())
    .map(({ id, email, role, madeBy, isMailed, createdAt, expiresAt }) => ({
      id,
      email,
      role,
      invitedBy: madeBy,
      isMailed,
      createdAt: new Date(createdAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
    }))

/** Of members and open invitations together. */
const peopleMax = 1_000

const invite = pageRoute({
  method: 'POST',
  path: `${base}/invitations`,
  summary: 'Invite somebody by their e-mail address; an earlier invitation of theirs stops working',
  needs: 'members.write',
  query: null,
  body: z.strictObject({ email: Email, role: RoleInput }),
  answer: NewInvitationShape,
  status: 201,
  async handle({ params, body, person, access, actor, admin, request, deps }) {
    refuseForOwners(access, [body.role])
    const organizationId = params.organization
    const { people } = deps
    const { store, mailer } = people
    const members = store.membersOf(organizationId)
    if (members.some(({ email }) => email === body.email)) throw new AdminError('already_member')
    if (members.length + store.invitationsOf(organizationId, deps.clock.now()).length >= peopleMax)
      throw new AdminError('too_many_members')
    const organization = mailer && (await admin<OrganizationDetails>('GET', `/organizations/${organizationId}`))
    if (organization) refuseTooMany(organization, { email: body.email, personId: person.id, request }, people)
    const baseUrl = people.linksTo(request)
    const terms = { actor, now: deps.clock.now(), baseUrl, isMailed: mailer !== null }
    const { id, url } = makeLink(store, { kind: 'invitation', organizationId, ...body }, terms)
    if (mailer && organization) {
      const words = { to: body.email, url, host: new URL(baseUrl).host }
      if (!(await mailer.send(invitationMail(words, organization.name, actor.name))))
        throw new AdminError('mail_failed')
    }
    const made = invitationsOf(organizationId, deps).find((each) => each.id === id)!
    return { ...made, url: mailer === null ? url : null }
  },
})

type Inviting = { readonly email: string; readonly personId: string; readonly request: Request }

/** Throws `too_many_mails`. */
function refuseTooMany(
  { id, balances }: OrganizationDetails,
  { request, ...inviting }: Inviting,
  { mailLimits, settings }: PagesDeps['people'],
): void {
  const { balanceNano } = balances.find(({ mode }) => mode === 'live')!
  const isUnpaid = settings.signUp === 'open' && BigInt(balanceNano) <= parseUsd(String(settings.grant.liveUsd))!
  const address = request.headers.get(addressHeader) ?? ''
  const retryAfterMs = mailLimits.invite({ ...inviting, organizationId: id, address, isUnpaid })
  if (retryAfterMs > 0) throw new AdminError('too_many_mails', { retryAfterMs })
}

const revoke = pageRoute({
  method: 'DELETE',
  path: `${base}/invitations/{invitation}`,
  summary: 'Revoke an invitation',
  needs: 'members.write',
  query: null,
  body: null,
  answer: Done,
  handle({ params, actor, deps }) {
    deps.people.store.revokeInvitation(params.organization, params.invitation, { actor, at: deps.clock.now() })
    return Promise.resolve({})
  },
})

export const memberRoutes = [list, changeRole, remove, leave, invitations, invite, revoke]
