import { expect, test } from 'bun:test'
import { startTestPages } from '../test-pages.ts'

test('a pass works no longer than its person may use the key: not for who was removed, left, has another role, or whose organization is suspended', async () => {
  const pages = await startTestPages()
  const ours = await pages.organization('Acme')
  const owner = pages.person('owner', { roles: { [ours]: 'owner' } })
  const other = pages.person('other', { roles: { [ours]: 'developer' } })
  const olga = pages.person('olga', { isOperator: true })
  const { id } = (await owner.post(`/api/organizations/${ours}/keys`, { mode: 'test' })).json
  const path = `/api/organizations/${ours}/keys/${id}/passes`
  const kept = (await other.post(path)).json['secret'] as string
  const stateAfter = async (name: string, work: (member: ReturnType<typeof pages.person>) => Promise<unknown>) => {
    const member = pages.person(name, { roles: { [ours]: 'developer' } })
    const { secret } = (await member.post(path)).json
    expect(pages.keys.find(secret).state).toBe('active')
    await work(member)
    return pages.keys.find(secret).state
  }
  const at = (personId: string): string => `/api/organizations/${ours}/members/${personId}`
  expect([
    await stateAfter('ann', (ann) => owner.delete(at(ann.id))),
    await stateAfter('bob', (bob) => owner.patch(at(bob.id), { role: 'viewer' })),
    await stateAfter('carol', (carol) => carol.post(`/api/organizations/${ours}/leave`)),
    await stateAfter('dan', (dan) => olga.delete(`/api/operator/people/${dan.id}`)),
    await stateAfter('eve', (eve) => olga.delete(`/api/operator/people/${eve.id}/second-factor`)),
  ]).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'unknown'])
  expect(pages.keys.find(kept).state).toBe('active')
  await pages.ask('POST', `/organizations/${ours}/suspend`)
  await pages.ask('POST', `/organizations/${ours}/resume`)
  expect(pages.keys.find(kept).state).toBe('unknown')
})

test('a pass that is lent while its person is being removed is ended at once', async () => {
  const pages = await startTestPages()
  const ours = await pages.organization('Acme')
  pages.person('owner', { roles: { [ours]: 'owner' } })
  const ann = pages.person('ann', { roles: { [ours]: 'developer' } })
  const { id } = (await ann.post(`/api/organizations/${ours}/keys`, { mode: 'test' })).json
  const place = { organizationId: ours, personId: ann.id }
  const lent: string[] = []
  const { recordAudit } = pages.store
  Object.assign(pages.store, {
    // Once the pass is there, and before its answer is.
    async recordAudit(note: Parameters<typeof recordAudit>[0]) {
      lent.push(note.action)
      pages.people.people.store.removeMember(place, { actor: note.actor, at: 1 })
      return recordAudit(note)
    },
  })
  const answer = await ann.post(`/api/organizations/${ours}/keys/${id}/passes`)
  expect([lent, answer.status, JSON.stringify(answer.json).includes('sk-bf')]).toEqual([['key.lent'], 401, false])
})
