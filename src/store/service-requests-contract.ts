/** What every store promises of service requests. */
import { expect, test } from 'bun:test'
import type { Actor } from './audit.ts'
import { refusalOf } from './contract-steps.ts'
import type { ServiceRequest } from './service-requests.ts'
import { keyOf, noon } from './store-fixtures.ts'
import type { Store } from './store.ts'

const ann: Actor = { kind: 'person', id: 'per_1', name: 'Ann' }
const ops: Actor = { kind: 'token', id: 'tok_1', name: 'ops' }
const asking = (id: string, changes: Partial<ServiceRequest> = {}): ServiceRequest => ({
  id,
  organizationId: 'acme',
  kind: 'raise-limit',
  keyId: null,
  asked: { rpm: 1_000 },
  message: 'more, please',
  state: 'open',
  madeBy: ann,
  madeAt: noon,
  answer: null,
  endedAt: null,
  ...changes,
})
const all = { organizationId: null, state: null, beforeId: null, max: 100 } as const
const approved = { state: 'approved', note: 'done', key: null } as const

const codeOf = async (asked: Promise<unknown>): Promise<string> => (await refusalOf(asked)).code

export function describeServiceRequests(store: () => Store): void {
  const idsOf = async (asked: object): Promise<string[]> =>
    (await store().serviceRequests({ ...all, ...asked })).map(({ id }) => id)
  const actions = async (): Promise<string[]> =>
    (await store().audit({ organizationId: 'acme', from: null, to: null, beforeId: null, max: 100 })).map(
      ({ action }) => action,
    )

  test('a service request comes back as it was made, and the list has the newest first, by organization, state and pages', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: noon })
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme' }))
    const made = [
      asking('s1', { keyId: 'k1' }),
      asking('s2', { kind: 'other', asked: {} }),
      asking('s3', { organizationId: 'beta' }),
    ]
    for (const request of made) await store().createServiceRequest(request, 10)
    expect(await store().serviceRequest('s2')).toEqual(made[1]!)
    expect(await store().serviceRequest('s9')).toBeNull()
    expect(await idsOf({})).toEqual(['s3', 's2', 's1'])
    expect(await idsOf({ organizationId: 'acme' })).toEqual(['s2', 's1'])
    expect(await idsOf({ beforeId: 's3', max: 1 })).toEqual(['s2'])
    await store().endServiceRequest('s1', approved, ops)
    expect([await idsOf({ state: 'open' }), await idsOf({ state: 'approved' })]).toEqual([['s3', 's2'], ['s1']])
  })

  test('of one organization so many are open at once, and one that ends makes room', async () => {
    for (const id of ['s1', 's2']) await store().createServiceRequest(asking(id), 2)
    expect(await codeOf(store().createServiceRequest(asking('s3'), 2))).toBe('too-many-open')
    expect(await codeOf(store().createServiceRequest(asking('s3', { organizationId: 'none' }), 2))).toBe(
      'organization-not-found',
    )
    await store().endServiceRequest('s1', { ...approved, state: 'declined' }, ops)
    await store().createServiceRequest(asking('s3'), 2)
    expect(await idsOf({ state: 'open' })).toEqual(['s3', 's2'])
  })

  test('it ends once, with what that changes of its key, or neither; both are in the audit log', async () => {
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme', rpm: 60 }))
    for (const id of ['s1', 's2', 's3']) await store().createServiceRequest(asking(id), 10)
    const key = { id: 'k1', changes: { rpm: 1_000 } }
    const ended = await store().endServiceRequest('s1', { ...approved, key }, ops)
    expect([ended.key?.rpm, ended.request.state, ended.request.answer]).toEqual([
      1_000,
      'approved',
      { by: ops, note: 'done' },
    ])
    expect((await actions()).slice(0, 2).toSorted()).toEqual(['key.changed', 'service-request.approved'])
    const again = store().endServiceRequest('s1', { ...approved, state: 'declined' }, ops)
    expect(await codeOf(again)).toBe('service-request-not-open')
    expect(await codeOf(store().endServiceRequest('s9', approved, ops))).toBe('service-request-not-found')
    const unknown = store().endServiceRequest('s2', { ...approved, key: { ...key, id: 'k9' } }, ops)
    expect(await codeOf(unknown)).toBe('key-not-found')
    expect((await store().serviceRequest('s2'))?.state).toBe('open')
    const withdrawn = await store().endServiceRequest('s3', { state: 'withdrawn', note: null, key: null }, ann)
    expect([withdrawn.request.answer, withdrawn.request.endedAt === null]).toEqual([null, false])
  })
}
