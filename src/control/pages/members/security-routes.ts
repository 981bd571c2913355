/** Whether an organization asks all of its members for a second factor. */
import { z } from 'zod'
import { AdminError } from '../../admin/error.ts'
import { pageRoute, type PagesDeps } from '../page-route.ts'

const demands = ['optional', 'required'] as const
const SecurityShape = z.strictObject({
  /** What the organization asks of its members. */
  secondFactor: z.enum(demands),
  /** Whether this server asks it of everybody, whatever organizations say. */
  isRequiredByServer: z.boolean(),
})
export type PageSecurityJson = z.infer<typeof SecurityShape>

const path = '/api/organizations/{organization}/security'

const look = pageRoute({
  method: 'GET',
  path,
  summary: 'Whether everybody here needs a second factor',
  needs: 'members.read',
  query: null,
  body: null,
  answer: SecurityShape,
  handle: ({ params, deps }) => Promise.resolve(securityOf(params.organization, deps)),
})

const change = pageRoute({
  method: 'PUT',
  path,
  summary:
    'Ask every member for a second factor, or of none any more; whoever has shown none sees nothing until they do',
  needs: 'settings.write',
  query: null,
  body: z.strictObject({ secondFactor: z.enum(demands, `one of ${demands.join(', ')}`) }),
  answer: SecurityShape,
  async handle({ params: { organization }, body, person, actor, deps }) {
    const { store, endPasses } = deps.people
    const isOn = body.secondFactor === 'required'
    // Whoever turns it on would be locked out first.
    if (isOn && !person.gaveSecondFactor) throw new AdminError('second_factor_missing')
    store.demandSecondFactor(organization, isOn, { actor, at: deps.clock.now() })
    // A page that is still let in takes another.
    if (isOn) for (const { personId } of store.membersOf(organization)) await endPasses(personId, organization)
    return securityOf(organization, deps)
  },
})

const securityOf = (organizationId: string, { people }: PagesDeps): PageSecurityJson => ({
  secondFactor: people.store.demandsSecondFactor(organizationId) ? 'required' : 'optional',
  isRequiredByServer: people.settings.secondFactor === 'everybody',
})

export const securityRoutes = [look, change]
