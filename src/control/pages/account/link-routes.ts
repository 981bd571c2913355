/** What people do with links that work once. Their tokens come in bodies, never in addresses. */
import { z } from 'zod'
import type { OrganizationJson } from '../../contract.ts'
import { sandboxOrganizationId } from '../../start/first-run.ts'
import { beginAttempt } from '../../people/attempts.ts'
import { Email, NewPassword } from '../../people/fields.ts'
import {
  becomeOperator,
  joinAsNewcomer,
  joinAsPerson,
  lookAtLink,
  resetPassword,
  setUpOperator,
  signUp,
} from '../../people/use-links.ts'
import { Name } from '../../admin/read-input.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'
import { roles } from '../roles.ts'
import { Next } from './shapes.ts'

export const Token = z.string('the token of a link').min(1, 'the token of a link').max(200, 'the token of a link')
const kinds = ['operator', 'invitation', 'sign-up', 'password', 'email', 'email-undo'] as const
const Newcomer = { name: Name, password: NewPassword }

export const useOf = ({ people, clock }: PagesDeps) => ({ store: people.store, now: clock.now })
const attempt = (request: Request, { people }: PagesDeps): unknown => beginAttempt(request, null, people.limits)

const LinkShape = z.strictObject({
  kind: z.enum(kinds),
  /** Whom it is for; null: whoever has it. */
  email: z.string().nullable(),
  organization: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
  role: z.enum(roles).nullable(),
  /** The name of whoever made it. */
  madeBy: z.string(),
  /** Whether somebody with that address has an account: whoever has the link is told. */
  hasAccount: z.boolean(),
  expiresAt: z.iso.datetime(),
})
export type LookedAtLinkJson = z.infer<typeof LinkShape>

const lookAt = pageRoute({
  method: 'POST',
  path: '/api/links/look',
  summary: 'What a link that works once is for',
  needs: 'nobody',
  query: null,
  body: z.strictObject({ kind: z.enum(kinds, `one of ${kinds.join(', ')}`), token: Token }),
  answer: LinkShape,
  async handle({ body, request, admin, deps }) {
    attempt(request, deps)
    const link = lookAtLink(useOf(deps), body.kind, body.token)
    const { kind, email, madeBy, expiresAt } = link
    const found =
      link.kind === 'invitation' ? await admin<OrganizationJson>('GET', `/organizations/${link.organizationId}`) : null
    return {
      kind,
      email,
      madeBy,
      expiresAt: new Date(expiresAt).toISOString(),
      organization: found && { id: found.id, name: found.name },
      role: link.kind === 'invitation' ? link.role : null,
      hasAccount: email !== null && deps.people.store.personByEmail(email) !== null,
    }
  },
})

const setUp = pageRoute({
  method: 'POST',
  path: '/api/setup',
  summary: 'Make the account of an operator, by a link for one',
  needs: 'nobody',
  query: null,
  body: z.strictObject({ token: Token, email: Email, ...Newcomer }),
  answer: Next,
  async handle({ body: { token, ...newcomer }, request, admin, deps }) {
    attempt(request, deps)
    const isFirst = deps.people.store.operators().length === 0
    const id = await setUpOperator(useOf(deps), token, newcomer)
    if (isFirst) await ownSandbox(id, deps, admin)
    return deps.people.signIn(request, newcomer.email, newcomer.password)
  },
})

/** What the first start made has nobody else to look at it. */
async function ownSandbox(
  personId: string,
  { people, clock }: PagesDeps,
  admin: <Json>(method: 'GET', path: string) => Promise<Json>,
): Promise<void> {
  const { data } = await admin<{ data: readonly OrganizationJson[] }>('GET', '/organizations')
  if (!data.some(({ id }) => id === sandboxOrganizationId)) return
  const actor = { kind: 'server', id: null, name: 'setup' } as const
  people.store.putMember({ organizationId: sandboxOrganizationId, personId }, 'owner', { actor, at: clock.now() })
}

const becomeOne = pageRoute({
  method: 'POST',
  path: '/api/setup/accept',
  summary: 'Become an operator with the account that is signed in, by a link for one',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ token: Token }),
  answer: Next,
  async handle({ body, person, deps }) {
    becomeOperator(useOf(deps), body.token, deps.people.store.person(person.id)!)
    return Promise.resolve({ next: 'home' as const })
  },
})

/** Makes the account of whoever has a link to an address, and signs in. */
const newcomerRoute = (
  path: `/api/${string}`,
  summary: string,
  kind: 'invitation' | 'sign-up',
  make: typeof joinAsNewcomer,
) =>
  pageRoute({
    method: 'POST',
    path,
    summary,
    needs: 'nobody',
    query: null,
    body: z.strictObject({ token: Token, ...Newcomer }),
    answer: Next,
    async handle({ body: { token, ...newcomer }, request, deps }) {
      attempt(request, deps)
      const { email } = lookAtLink(useOf(deps), kind, token)
      await make(useOf(deps), token, newcomer)
      return deps.people.signIn(request, email!, newcomer.password)
    },
  })

const join = newcomerRoute(
  '/api/invitation',
  'Make an account and become a member, by an invitation',
  'invitation',
  joinAsNewcomer,
)
const finishSignUp = newcomerRoute(
  '/api/sign-up/finish',
  'Make an account, by the link that was sent to its address',
  'sign-up',
  signUp,
)

const accept = pageRoute({
  method: 'POST',
  path: '/api/invitation/accept',
  summary: 'Become a member with the account that is signed in, by an invitation to its address',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ token: Token }),
  answer: Next,
  async handle({ body, person, deps }) {
    joinAsPerson(useOf(deps), body.token, deps.people.store.person(person.id)!)
    return Promise.resolve({ next: 'home' as const })
  },
})

const reset = pageRoute({
  method: 'POST',
  path: '/api/reset-password',
  summary: 'Choose a new password, by the link that was sent; every session ends',
  needs: 'nobody',
  query: null,
  body: z.strictObject({ token: Token, password: NewPassword }),
  answer: Next,
  async handle({ body: { token, password }, request, deps }) {
    attempt(request, deps)
    const { id, email } = await resetPassword(useOf(deps), token, password)
    deps.people.limits.forgive(email)
    await deps.people.endPasses(id, null)
    return deps.people.signIn(request, email, password)
  },
})

export const linkRoutes = [lookAt, setUp, becomeOne, join, accept, finishSignUp, reset]
