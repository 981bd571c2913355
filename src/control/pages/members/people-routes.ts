/** People, as operators see them: all of this installation, and what helps those who cannot sign in. */
import { z } from 'zod'
import { AdminError } from '../../admin/error.ts'
import { Email } from '../../people/fields.ts'
import { addressMail, invitationMail, passwordMail } from '../../people/mails.ts'
import type { Mail } from '../../people/mailer.ts'
import { makeLink, type Purpose } from '../../people/make-links.ts'
import type { OrganizationJson } from '../../contract.ts'
import { pageRoute, type Asked, type PagesDeps } from '../page-route.ts'
import { roles } from '../roles.ts'
import { Done } from '../account/shapes.ts'

const PersonShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  isVerified: z.boolean(),
  hasPassword: z.boolean(),
  isProviderLinked: z.boolean(),
  hasSecondFactor: z.boolean(),
  hasPasskey: z.boolean(),
  isOperator: z.boolean(),
  createdAt: z.iso.datetime(),
  memberships: z.array(z.strictObject({ organizationId: z.string(), role: z.enum(roles) })),
})
export type OperatorPersonJson = z.infer<typeof PersonShape>

const list = pageRoute({
  method: 'GET',
  path: '/api/operator/people',
  summary: 'Everybody who has an account, and what they are members of',
  needs: 'operator',
  query: null,
  body: null,
  answer: z.strictObject({ data: z.array(PersonShape) }),
  handle: ({ deps: { people } }) =>
    Promise.resolve({
      data: people.store.persons().map(({ createdAt, ...person }) => ({
        ...person,
        createdAt: new Date(createdAt).toISOString(),
        memberships: people.store.membershipsOf(person.id),
      })),
    }),
})

const LinkShape = z.strictObject({
  /** To be passed on; shown only here, and null where it was sent by mail. */
  url: z.string().nullable(),
  expiresAt: z.iso.datetime(),
})

type Linking = Pick<Asked, 'request' | 'actor' | 'deps'>
type Words = { readonly to: string; readonly url: string; readonly host: string }

/** Makes a link; sends it to an address, or gives it to whoever asked. */
async function handOut({ request, actor, deps }: Linking, purpose: Purpose, mailFor: ((words: Words) => Mail) | null) {
  const { store, mailer, linksTo } = deps.people
  const baseUrl = linksTo(request)
  const isMailed = mailer !== null && mailFor !== null
  const { url, expiresAt } = makeLink(store, purpose, { actor, now: deps.clock.now(), baseUrl, isMailed })
  if (isMailed && purpose.email !== null) {
    const mail = mailFor({ to: purpose.email, url, host: new URL(baseUrl).host })
    if (!(await mailer.send(mail))) throw new AdminError('mail_failed')
  }
  return { url: isMailed ? null : url, expiresAt: new Date(expiresAt).toISOString() }
}

const operatorLink = pageRoute({
  method: 'POST',
  path: '/api/operator/operator-link',
  summary: 'A link that makes whoever opens it an operator, once',
  needs: 'operator',
  query: null,
  body: z.strictObject({}),
  answer: LinkShape,
  status: 201,
  handle: (asked) => handOut(asked, { kind: 'operator', email: null }, null),
})

const inviteTo = pageRoute({
  method: 'POST',
  path: '/api/operator/organizations/{organization}/invitations',
  summary: 'Invite somebody to any organization, as its first owner for one',
  needs: 'operator',
  query: null,
  body: z.strictObject({ email: Email, role: z.enum(roles, `one of ${roles.join(', ')}`) }),
  answer: LinkShape,
  status: 201,
  async handle({ params, body, request, actor, admin, deps }) {
    const { id, name } = await admin<OrganizationJson>('GET', `/organizations/${params.organization}`)
    return handOut({ request, actor, deps }, { kind: 'invitation', organizationId: id, ...body }, (words) =>
      invitationMail(words, name, actor.name),
    )
  },
})

const passwordLink = pageRoute({
  method: 'POST',
  path: '/api/operator/people/{person}/password-link',
  summary: 'A link by which somebody chooses a new password',
  needs: 'operator',
  query: null,
  body: z.strictObject({}),
  answer: LinkShape,
  status: 201,
  handle: (asked) => handOut(asked, { kind: 'password', email: personOf(asked).email }, passwordMail),
})

const emailLink = pageRoute({
  method: 'POST',
  path: '/api/operator/people/{person}/email-link',
  summary: 'A link that gives somebody another e-mail address',
  needs: 'operator',
  query: null,
  body: z.strictObject({ email: Email }),
  answer: LinkShape,
  status: 201,
  handle(asked) {
    const { id } = personOf(asked)
    const { email } = asked.body
    if (asked.deps.people.store.personByEmail(email)) throw new AdminError('email_taken')
    return handOut(asked, { kind: 'email', email, personId: id }, addressMail)
  },
})

const removeSecondFactor = pageRoute({
  method: 'DELETE',
  path: '/api/operator/people/{person}/second-factor',
  summary: 'Take away the second factor of somebody who lost it; every session of theirs ends',
  needs: 'operator',
  query: null,
  body: null,
  answer: Done,
  async handle(asked) {
    const { store, endPasses } = asked.deps.people
    const { id } = personOf(asked)
    store.removeSecondFactor(id, changeOf(asked))
    await endPasses(id, null)
    return {}
  },
})

const remove = pageRoute({
  method: 'DELETE',
  path: '/api/operator/people/{person}',
  summary: 'Delete somebody’s account, for good',
  needs: 'operator',
  query: null,
  body: null,
  answer: Done,
  async handle(asked) {
    const { store, endPasses } = asked.deps.people
    const { id } = personOf(asked)
    store.removePerson(id, changeOf(asked))
    await endPasses(id, null)
    return {}
  },
})

const removeOperator = pageRoute({
  method: 'DELETE',
  path: '/api/operator/operators/{person}',
  summary: 'Make somebody no operator any more',
  needs: 'operator',
  query: null,
  body: null,
  answer: Done,
  handle(asked) {
    asked.deps.people.store.removeOperator(personOf(asked).id, changeOf(asked))
    return Promise.resolve({})
  },
})

type OfPerson = { readonly params: { readonly person: string }; readonly deps: PagesDeps }
function personOf({ params, deps }: OfPerson) {
  const person = deps.people.store.person(params.person)
  if (!person) throw new AdminError('person_not_found')
  return person
}
const changeOf = ({ actor, deps }: Pick<Asked, 'actor' | 'deps'>) => ({ actor, at: deps.clock.now() })

export const peopleRoutes = [
  list,
  operatorLink,
  inviteTo,
  passwordLink,
  emailLink,
  removeSecondFactor,
  remove,
  removeOperator,
]
