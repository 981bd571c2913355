/** Organizations that people make for themselves, where anybody may sign up. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { OrganizationName } from '../../../organizations/organization.ts'
import { AdminError } from '../../admin/error.ts'
import type { GrantJson, OrganizationJson } from '../../contract.ts'
import { RefusedByAdmin } from '../ask-admin.ts'
import { pageRoute, type Asked } from '../page-route.ts'

/** That one person owns. */
const ownedMax = 10

const make = pageRoute({
  method: 'POST',
  path: '/api/organizations',
  summary: 'Make an organization, where anybody may sign up; the first of each person is given credit',
  needs: 'signed-in',
  query: null,
  body: z.strictObject({ name: OrganizationName }),
  answer: z.strictObject({ id: z.string(), name: z.string() }),
  status: 201,
  // What is counted and what is made are one step, whatever is asked at once.
  handle: (asked) => asked.deps.people.inTurn(() => made(asked)),
})

type Making = Pick<Asked<string, 'signed-in'>, 'person' | 'actor' | 'admin' | 'deps'> & {
  readonly body: { readonly name: string }
}

async function made({ body, person, actor, admin, deps: { people, clock } }: Making) {
  if (people.settings.signUp !== 'open') throw new AdminError('sign_up_closed')
  const owned = people.store.membershipsOf(person.id).filter(({ role }) => role === 'owner')
  if (owned.length >= ownedMax) throw new AdminError('too_many_organizations')
  const { id, name } = await admin<OrganizationJson>('POST', '/organizations', body)
  people.store.putMember({ organizationId: id, personId: person.id }, 'owner', { actor, at: clock.now() })
  const { testUsd, liveUsd } = people.settings.grant
  await grantOnce(admin, id, person.email, [
    ['test', testUsd],
    ['live', liveUsd],
  ])
  return { id, name }
}

/**
 * Once for each address, whatever is done at once, and by whomever it comes after an account that was deleted: the key of
 * the first grant is the address’s, as a hash, because the ledger keeps it for good.
 */
async function grantOnce(
  admin: Asked['admin'],
  organizationId: string,
  email: string,
  amounts: readonly (readonly ['test' | 'live', number])[],
): Promise<void> {
  const address = hash('sha256', email, 'hex')
  for (const [mode, usd] of amounts.filter(([, usd]) => usd > 0)) {
    const grant = { mode, usd: `${usd}.00`, note: 'Sign-up', idempotencyKey: `sign-up:${mode}:${address}` }
    try {
      await admin<GrantJson>('POST', `/organizations/${organizationId}/grants`, grant)
    } catch (error) {
      if (!(error instanceof RefusedByAdmin && error.json.error.code === 'idempotency_conflict')) throw error
    }
  }
}

export const organizationRoutes = [make]
