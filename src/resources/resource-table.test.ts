import { expect, test } from 'bun:test'
import { systemClock } from '../lib/clock.ts'
import type { MadeResource, ResourceKey, ResourceStore } from '../store/resources.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { resourceOf, settlementOf } from '../store/store-fixtures.ts'
import { createResourceTable } from './resource-table.ts'

const of = { organizationId: 'acme', mode: 'live' } as const
const keyOf = (id: string, changes: Partial<ResourceKey> = {}): ResourceKey => ({
  ...of,
  kind: 'video',
  id,
  ...changes,
})
const { object: _, ...known } = resourceOf({ ...of, id: 'v1' })
const made: MadeResource = {
  kind: 'response',
  id: 'resp_1',
  provider: 'openai',
  upstreamId: 'resp_1',
  parent: null,
  labels: {},
  createdAt: 40,
  expiresAt: null,
}

/** A table over a store that counts what it is asked. */
async function tableOf({ lagMs = 0, now = 100 }: { lagMs?: number; now?: number } = {}) {
  const store = openSqliteStore({ path: ':memory:' })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  const asked: (readonly ResourceKey[])[] = []
  const time = { now }
  const shipped = { many: 0, onShip: async () => {} }
  const counting: ResourceStore = {
    ...store,
    findResources(keys, at) {
      asked.push(keys)
      return store.findResources(keys, at)
    },
  }
  const ship = async () => {
    shipped.many += 1
    await shipped.onShip()
  }
  const clock = { ...systemClock, now: () => time.now }
  return { store, asked, time, shipped, table: createResourceTable({ store: counting, ship, clock, lagMs }) }
}

test('what was just made is found without asking the store, and so is what was asked for before', async () => {
  const { table, asked, store } = await tableOf()
  await table.create(resourceOf({ ...of, id: 'v1', object: '{}' }))
  expect(table.find(keyOf('v1'))).toEqual(known)
  table.note([made], settlementOf({ ...of, requestId: 'r9' }))
  expect(table.find(keyOf('resp_1', { kind: 'response' }))).toMatchObject({ requestId: 'r9', deployment: 'openai-eu' })
  expect(asked).toEqual([])
  await store.createResource(resourceOf({ ...of, id: 'v2' }))
  expect(await table.find(keyOf('v2'))).toMatchObject({ id: 'v2' })
  expect(table.find(keyOf('v2'))).toMatchObject({ id: 'v2' })
  expect(asked).toHaveLength(1)
})

test('in memory as in the store, an id is nobody’s but its own organization’s, mode’s and kind’s', async () => {
  const { table } = await tableOf()
  await table.create(resourceOf({ ...of, id: 'v1' }))
  for (const changes of [{ organizationId: 'beta' }, { mode: 'test' }, { kind: 'file' }] as const) {
    expect(await table.find(keyOf('v1', changes))).toBeNull()
    expect(await table.update(keyOf('v1', changes), { object: '{}' })).toBeNull()
    expect(await table.delete(keyOf('v1', changes))).toBe(false)
  }
  expect(table.find(keyOf('v1'))).toEqual(known)
})

test('an id that another node has not shipped yet is found once it has, within the second that it may take', async () => {
  const { table, store, asked } = await tableOf({ lagMs: 1_000 })
  const finding = table.find(keyOf('v1'))
  while (asked.length < 2) await Bun.sleep(5)
  await store.createResource(resourceOf({ ...of, id: 'v1' }))
  expect(await finding).toEqual(known)
})

test('an id that nobody ever makes is unknown after that second, at few look-ups, and holds up nobody', async () => {
  const { table, store, asked } = await tableOf({ lagMs: 300 })
  await store.createResource(resourceOf({ ...of, id: 'v1' }))
  const ended: string[] = []
  const unknown = Promise.resolve(table.find(keyOf('v0'))).then((found) => ended.push(`v0 ${found === null}`))
  await Promise.resolve(table.find(keyOf('v1'))).then(() => ended.push('v1'))
  await unknown
  expect(ended).toEqual(['v1', 'v0 true'])
  expect(asked.flat().filter(({ id }) => id === 'v0').length).toBeLessThanOrEqual(5)
})

test('of a flood of unknown ids a hundred of an organization are looked for again, and another’s are as ever', async () => {
  const { table, asked } = await tableOf({ lagMs: 120 })
  const flood = Array.from({ length: 2_000 }, (_, index) => table.find(keyOf(`x${index}`)))
  const other = table.find(keyOf('y', { organizationId: 'beta' }))
  expect(new Set(await Promise.all([...flood, other]))).toEqual(new Set([null]))
  const looks = asked.flat()
  expect(looks.length).toBeLessThanOrEqual(2_000 + 100 * 2 + 3)
  expect(looks.filter(({ id }) => id === 'y').length).toBeGreaterThan(1)
  expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(100)
})

test('what is deleted or expired is unknown at once, also where it was only just made and has to be shipped first', async () => {
  const { table, store, time, shipped } = await tableOf()
  await table.create(resourceOf({ ...of, id: 'v1' }))
  await table.create(resourceOf({ ...of, id: 'v2', expiresAt: 150 }))
  expect([await table.delete(keyOf('v1')), await table.delete(keyOf('v1')), shipped.many]).toEqual([true, false, 0])
  expect(table.find(keyOf('v1'))).toBeNull()
  time.now = 150
  expect(table.find(keyOf('v2'))).toBeNull()
  table.note([made], settlementOf({ ...of, requestId: 'r9' }))
  const response = keyOf('resp_1', { kind: 'response' })
  shipped.onShip = () => store.createResource(resourceOf({ ...of, kind: 'response', id: 'resp_1' }))
  expect([await table.delete(response), table.find(response), shipped.many]).toEqual([true, null, 1])
  expect(await store.findResources([response], 150)).toEqual([null])
})

test('a look-up that was under way when it was deleted does not bring it back', async () => {
  const { table, store } = await tableOf()
  await store.createResource(resourceOf({ ...of, id: 'v1' }))
  const [found] = await Promise.all([table.find(keyOf('v1')), table.delete(keyOf('v1'))])
  expect(found?.id ?? 'v1').toBe('v1')
  expect(table.find(keyOf('v1'))).toBeNull()
})

test('a list has what this node has journaled', async () => {
  const { table, store, shipped } = await tableOf()
  shipped.onShip = () => store.createResource(resourceOf({ ...of, id: 'v1' }))
  const page = await table.list({
    ...of,
    kind: 'video',
    order: 'desc',
    after: null,
    before: null,
    limit: 20,
    model: null,
    labels: {},
  })
  expect(page).toMatchObject({ resources: [{ id: 'v1' }], hasMore: false })
})

test('a store that is out of reach is told, not taken for an unknown id', async () => {
  const { store } = await tableOf()
  const away = { ...store, findResources: () => Promise.reject(new Error('away')) }
  const table = createResourceTable({ store: away, ship: async () => {}, clock: systemClock, lagMs: 0 })
  expect(await Promise.resolve(table.find(keyOf('v1'))).catch(String)).toBe('Error: away')
  expect(await Promise.resolve(table.find(keyOf('v2'))).catch(String)).toBe('Error: away')
})
