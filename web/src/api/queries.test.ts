import { expect, test } from 'bun:test'
import { keepPrevious, organizationKey } from './queries.ts'

test('what was shown stays while the same is asked otherwise, and never of another organization, mode or list', () => {
  const keep = keepPrevious(organizationKey('org_1', 'live', 'usage', { by: 'key' }))
  const before = (...key: Parameters<typeof organizationKey>) => ({ queryKey: organizationKey(...key) })
  expect(keep('shown', before('org_1', 'live', 'usage', { by: 'model' }))).toBe('shown')
  for (const other of [
    before('org_1', 'test', 'usage', { by: 'key' }),
    before('org_2', 'live', 'usage', { by: 'key' }),
    before('org_1', 'live', 'statement', { by: 'key' }),
    undefined,
  ])
    expect(keep('shown', other)).toBeUndefined()
})
