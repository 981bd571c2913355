import { expect, test } from 'bun:test'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { resourceOf } from '../store/store-fixtures.ts'
import { forgetResources } from './forget-resources.ts'

const dayMs = 86_400_000

test('a day after it was deleted or expired a resource is forgotten, however many there are, and nothing else is', async () => {
  const store = openSqliteStore({ path: ':memory:' })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  const of = { organizationId: 'acme', mode: 'live' } as const
  for (let n = 1; n <= 1_500; n += 1) await store.createResource(resourceOf({ ...of, id: `v${n}`, expiresAt: n }))
  await store.createResource(resourceOf({ ...of, id: 'alive' }))
  const log = { info: () => undefined, error: () => undefined }
  await forgetResources({ store, clock: { now: () => dayMs + 1_500 }, log })
  const query = { ...of, kind: 'video', at: 0, order: 'asc', after: null, before: null, limit: 9 } as const
  const page = await store.listResources({ ...query, model: null, labels: {} })
  expect(page!.resources.map(({ id }) => id)).toEqual(['v1500', 'alive'])
  await store.close()
})
