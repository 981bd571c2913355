/** Who is signed in, and what they are a member of. */
import { z } from 'zod'
import type { ListJson, OrganizationJson, UsualModeJson } from '../../contract.ts'
import { modes } from '../../../store/store.ts'
import { isConsoleOpen } from '../../people/second-factor-demand.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute } from '../page-route.ts'
import { roles } from '../roles.ts'

const SessionShape = z.strictObject({
  /** null: nobody is signed in. */
  person: z
    .strictObject({
      id: z.string(),
      name: z.string(),
      email: z.string(),
      isOperator: z.boolean(),
      hasSecondFactor: z.boolean(),
      /** Whether the console is closed to them until they sign in with a second factor. */
      isShutOut: z.boolean(),
    })
    .nullable(),
  /** Those the person is a member of, by name. */
  organizations: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      state: z.enum(['active', 'suspended']),
      role: z.enum(roles),
    }),
  ),
  /** What operators begin in: live once a real provider is configured, else test; null for whoever is none. */
  usualMode: z.enum(modes).nullable(),
})
export type SessionJson = z.infer<typeof SessionShape>

const getSession = pageRoute({
  method: 'GET',
  path: '/api/session',
  summary: 'Who is signed in, and their organizations',
  needs: 'nobody',
  query: null,
  body: null,
  answer: SessionShape,
  async handle({ person, admin, deps }) {
    if (person === null) return { person: null, organizations: [], usualMode: null }
    const { id, name, email, isOperator, hasSecondFactor } = person
    const isShutOut = isOperator && !isConsoleOpen(person, deps.people)
    const memberships = await deps.people.membershipsOf(id)
    const ids = memberships.map(({ organizationId }) => organizationId).join(',')
    const known =
      memberships.length === 0
        ? []
        : (await admin<ListJson<OrganizationJson>>('GET', pathOf('/organizations', { ids }))).data
    const byId = new Map(known.map((organization) => [organization.id, organization]))
    const organizations = memberships.flatMap(({ organizationId, role }) => {
      const organization = byId.get(organizationId)
      return organization ? [{ id: organizationId, name: organization.name, state: organization.state, role }] : []
    })
    return {
      person: { id, name, email, isOperator, hasSecondFactor, isShutOut },
      organizations: organizations.toSorted((a, b) => a.name.localeCompare(b.name)),
      usualMode: isOperator ? (await admin<UsualModeJson>('GET', '/usual-mode')).mode : null,
    }
  },
})

export const sessionRoutes = [getSession]
