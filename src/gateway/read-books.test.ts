import { expect, test } from 'bun:test'
import type { KeyRow } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'
import { readBooks } from './read-books.ts'

const keyOf = (organizationId: string) => ({ organizationId }) as KeyRow
const depsOf = (flush: () => Promise<void>) =>
  ({ books: { flush, store: {} } }) as unknown as Pick<GatewayDeps, 'books'>

test('one organization looks up so much at once, and takes nothing from another', async () => {
  const { promise: shipped, resolve: ship } = Promise.withResolvers<void>()
  const deps = depsOf(() => shipped)
  const lookUp = (organizationId: string) => readBooks(keyOf(organizationId), 8, deps, () => Promise.resolve('found'))
  const under = Array.from({ length: 8 }, () => lookUp('acme'))
  await expect(lookUp('acme')).rejects.toMatchObject({ code: 'rate_limited', details: { retryAfterMs: 1_000 } })
  const other = lookUp('other')
  ship()
  expect([...(await Promise.all(under)), await other]).toEqual(Array.from({ length: 9 }, () => 'found'))
  expect(await lookUp('acme')).toBe('found')
})

test('a store that cannot be read is told as such, and gives its place back', async () => {
  const deps = depsOf(() => Promise.reject(new Error('away')))
  for (let time = 0; time < 20; time += 1)
    await expect(readBooks(keyOf('acme'), 8, deps, () => Promise.resolve(1))).rejects.toMatchObject({
      code: 'billing_unavailable',
    })
})
