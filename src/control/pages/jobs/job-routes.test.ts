import { expect, test } from 'bun:test'
import { startTestPages } from '../test-pages.ts'

const pages = await startTestPages()
const ours = await pages.organization('Acme')
const theirs = await pages.organization('Umbrella')
const ann = pages.person('ann', { roles: { [ours]: 'developer' } })
const vic = pages.person('vic', { roles: { [ours]: 'viewer' } })
const keyOf = async (organization: string) =>
  (await pages.ask('POST', `/organizations/${organization}/keys`, {})).json['id'] as string

test('an organization without jobs and files has none, of either mode', async () => {
  for (const what of ['jobs', 'files'])
    for (const mode of ['test', 'live'])
      expect(await ann.get(`/api/organizations/${ours}/${what}?mode=${mode}`)).toEqual({
        status: 200,
        json: { data: [], hasMore: false },
      })
  const unsaid = await ann.get(`/api/organizations/${ours}/jobs`)
  expect([unsaid.status, unsaid.json.error.field]).toEqual([400, 'mode'])
  const odd = await ann.get(`/api/organizations/${ours}/jobs?mode=test&after=req_x`)
  expect([odd.status, odd.json.error.field]).toEqual([400, 'after'])
})

test('a pass is lent of a key of one’s own organization alone, to whoever may use it', async () => {
  const [own, foreign] = [await keyOf(ours), await keyOf(theirs)]
  const lent = await ann.post(`/api/organizations/${ours}/keys/${own}/passes`)
  expect(lent.status).toBe(201)
  expect(pages.keys.find(lent.json.secret)).toMatchObject({ state: 'active', key: { id: own } })
  for (const key of [foreign, 'key_none'])
    expect((await ann.post(`/api/organizations/${ours}/keys/${key}/passes`)).json.error.code).toBe('key_not_found')
  expect((await vic.post(`/api/organizations/${ours}/keys/${own}/passes`)).status).toBe(403)
})
