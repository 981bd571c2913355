/**
 * Who may do what, for every route of the table: each role, operators and strangers, with their own ids, another
 * organization's, unknown ones, and what is no id. A route that is added is asked all of it as well.
 */
import { describe, expect, test } from 'bun:test'
import { settlementOf } from '../test-server.ts'
import type { PageRoute } from './page-route.ts'
import { allows, roles, type Access } from './roles.ts'
import { routes } from './routes.ts'
import { sampleInput } from './sample-input.ts'
import { startTestPages } from './test-pages.ts'

const pages = await startTestPages()
type Asker = ReturnType<typeof pages.person>

let counted = 0
/** Makes what the `{name}` of a path stands for, in an organization, and gives its id. */
const make: Readonly<Record<string, (organization: string) => Promise<string>>> = {
  key: async (organization) => (await pages.ask('POST', `/organizations/${organization}/keys`, { name: 'k' })).json.id,
  request: async (organization) => {
    await pages.ask('POST', `/organizations/${organization}/grants`, { usd: '5', mode: 'test' })
    counted += 1
    const requestId = `req_${String(counted).padStart(32, '0')}`
    await pages.settle({ ...settlementOf(organization, await make['key']!(organization)), requestId })
    await pages.ship()
    return requestId
  },
  serviceRequest: async (organization) =>
    (await pages.ask('POST', `/organizations/${organization}/service-requests`, otherRequest)).json.id as string,
  webhook: async (organization) => {
    const { json } = await pages.ask('POST', `/organizations/${organization}/webhooks`, hook)
    lastWebhook = json.id as string
    return lastWebhook
  },
  // Of the webhook that stands before it in the path.
  delivery: async () => (await pages.ask('POST', `/webhooks/${lastWebhook}/test`)).json.id as string,
  person: (organization) => {
    counted += 1
    return Promise.resolve(pages.person(`member-${counted}`, { roles: { [organization]: 'viewer' } }).id)
  },
  invitation: async (organization) => {
    counted += 1
    const owner = pages.person(`owner-${counted}`, { roles: { [organization]: 'owner' } })
    const body = { email: `invited-${counted}@example.com`, role: 'viewer' }
    return (await owner.post(`/api/organizations/${organization}/invitations`, body)).json.id as string
  },
}
let lastWebhook = ''
const hook = { url: 'https://example.org/hook', events: ['key.created'] }
const otherRequest = { kind: 'other', message: 'Something else, please.' }
/** Bodies of routes whose schema needs more than can be guessed, by `METHOD path`. */
const bodies: Readonly<Record<string, object>> = {
  'PATCH /api/account': { name: 'operator' },
  'POST /api/organizations/{organization}/service-requests': otherRequest,
  'POST /api/organizations/{organization}/billing/webhooks': hook,
  'PATCH /api/organizations/{organization}/billing/webhooks/{webhook}': { state: 'disabled' },
  'PUT /api/organizations/{organization}/security': { secondFactor: 'optional' },
  'POST /api/links/look': { kind: 'operator', token: 'unknown' },
  // Owners are made by owners alone.
  'PATCH /api/organizations/{organization}/members/{person}': { role: 'developer' },
  'POST /api/organizations/{organization}/invitations': { email: 'new@example.com', role: 'viewer' },
}

const nameOf = ({ method, path }: PageRoute): string => `${method} ${path}`
const namesIn = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).filter((name) => name !== 'organization')

/** The ids that a path needs, of an organization. */
async function idsOf({ path }: PageRoute, organization: string): Promise<Record<string, string>> {
  const ids: Record<string, string> = {}
  for (const name of namesIn(path)) {
    const maker = make[name]
    if (!maker) throw new Error(`${path}: add to \`make\` how a {${name}} is made, so that another's can be asked for`)
    ids[name] = await maker(organization)
  }
  return { organization, ...ids }
}

async function ask(asker: Pick<Asker, 'fetch'>, route: PageRoute, ids: Readonly<Record<string, string>>) {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name]!)
  const query = new URLSearchParams(sampleInput(route.query) as Record<string, string>).toString()
  const body = route.body && JSON.stringify(bodies[nameOf(route)] ?? sampleInput(route.body))
  const response = await asker.fetch(route.method, query === '' ? path : `${path}?${query}`, { body })
  if (response.status < 400) {
    await response.body?.cancel()
    return { status: response.status, code: null }
  }
  const { error } = (await response.json()) as { error: { code: string } }
  return { status: response.status, code: error.code }
}

const theirs = await pages.organization('Umbrella')
const operator = pages.person('operator', { isOperator: true })
const outsider = pages.person('outsider', { roles: { [theirs]: 'owner' } })
const ofOrganizations = routes.filter(({ path }) => path.startsWith('/api/organizations/{organization}'))

describe('a route of an organization', () => {
  test('needs a permission of that organization, and no other route needs one', () => {
    const odd = routes.filter((route) => route.needs.includes('.') !== ofOrganizations.includes(route))
    expect(odd.map(nameOf)).toEqual([])
  })

  for (const route of ofOrganizations)
    test(`${nameOf(route)} is for those whose role has ${route.needs}, and for nobody else`, async () => {
      for (const access of [...roles, 'operator'] as Access[]) {
        const ours = await pages.organization('Acme')
        const asker = access === 'operator' ? operator : pages.person(access, { roles: { [ours]: access } })
        const { status, code } = await ask(asker, route, await idsOf(route, ours))
        if (allows(access, route.needs as never))
          // The server may know better why not now; it is not the role.
          expect([access, status < 500 && ![401, 403, 404].includes(status)]).toEqual([access, true])
        else expect([access, status, code]).toEqual([access, 403, 'permission_missing'])
        if (route.method === 'GET' && allows(access, route.needs as never))
          expect([access, status]).toEqual([access, 200])
      }
    })

  for (const route of ofOrganizations)
    test(`${nameOf(route)} is not there for whoever is no member, as if there were no such organization`, async () => {
      const ours = await pages.organization('Acme')
      const ids = await idsOf(route, ours)
      expect(await ask(pages.stranger, route, ids)).toEqual({ status: 401, code: 'not_signed_in' })
      for (const organization of [ours, `org_${'0'.repeat(32)}`, '..%2f..', '%00', 'x'.repeat(300), '%F0%9F%92%A9'])
        expect([organization, await ask(outsider, route, { ...ids, organization })]).toEqual([
          organization,
          { status: 404, code: 'organization_not_found' },
        ])
    })

  test('is closed to whoever shows no second factor where everybody needs one, whatever their role and the route', async () => {
    const ours = await pages.organization('Acme')
    const change = { actor: { kind: 'server', id: null, name: 'test' }, at: 1 } as const
    pages.people.people.store.demandSecondFactor(ours, true, change)
    const askers = [operator, ...roles.map((role) => pages.person(`bare-${role}`, { roles: { [ours]: role } }))]
    for (const route of ofOrganizations)
      for (const asker of askers) {
        const ids = Object.fromEntries(namesIn(route.path).map((name) => [name, 'unknown_1']))
        expect([nameOf(route), await ask(asker, route, { ...ids, organization: ours })]).toEqual([
          nameOf(route),
          { status: 403, code: 'second_factor_required' },
        ])
      }
  })

  for (const route of ofOrganizations.filter(({ path }) => namesIn(path).length > 0))
    test(`${nameOf(route)} finds nothing of another organization's, nor what is unknown or no id`, async () => {
      const ours = await pages.organization('Acme')
      const owner = pages.person('both', { roles: { [ours]: 'owner', [theirs]: 'owner' } })
      const [own, others] = [await idsOf(route, ours), await idsOf(route, theirs)]
      expect((await ask(owner, route, others)).status).not.toBe(404)
      for (const name of namesIn(route.path))
        for (const id of [others[name]!, `${own[name]!.slice(0, 4)}${'0'.repeat(32)}`, '..%2f..', '%00', `'--`]) {
          const { status, code } = await ask(owner, route, { ...own, [name]: id })
          expect([name, id, status, code?.endsWith('not_found')]).toEqual([name, id, 404, true])
        }
    })
})

describe('any other route', () => {
  for (const route of routes.filter((each) => !ofOrganizations.includes(each)))
    test(`${nameOf(route)} is for ${route.needs}`, async () => {
      // Whatever it names: whether it is there is told to nobody who may not ask.
      const ids = Object.fromEntries(namesIn(route.path).map((name) => [name, 'unknown_1']))
      const [nobody, person, theOperator] = [
        await ask(pages.stranger, route, ids),
        await ask(outsider, route, ids),
        await ask(operator, route, ids),
      ]
      const isServed = ({ status }: { status: number }): boolean => status < 500 && ![401, 403].includes(status)
      expect(isServed(theOperator)).toBe(true)
      if (route.needs === 'operator') expect(person).toEqual({ status: 403, code: 'permission_missing' })
      else expect(isServed(person)).toBe(true)
      if (route.needs === 'nobody') expect(isServed(nobody)).toBe(true)
      else expect(nobody).toEqual({ status: 401, code: 'not_signed_in' })
    })
})

test('what an operator looks at as no member is in the audit log, once an hour', async () => {
  const ours = await pages.organization('Acme')
  const views = async () => {
    const { json } = await pages.ask('GET', `/audit?organization=${ours}`)
    return (json.data as { action: string; actor: object }[]).filter(({ action }) => action === 'organization.viewed')
  }
  await operator.get(`/api/organizations/${ours}`)
  await operator.get(`/api/organizations/${ours}/keys?mode=test`)
  expect((await views()).map(({ actor }) => actor)).toEqual([{ kind: 'person', id: operator.id, name: 'operator' }])
  pages.person('operator', { isOperator: true, roles: { [ours]: 'viewer' } })
  await operator.get(`/api/organizations/${ours}`)
  expect(await views()).toHaveLength(1)
})
