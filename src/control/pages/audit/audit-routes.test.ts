import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { AuditEntry } from '../../../store/store.ts'
import type { AuditEntryJson } from '../../contract.ts'
import type { People } from '../people-port.ts'
import { startTestPages } from '../test-pages.ts'
import { mergedAudit } from './merged-audit.ts'

describe('the audit log of an organization', () => {
  test('has its own changes and nothing of another’s, by whom, from the newest back', async () => {
    const pages = await startTestPages()
    const [ours, theirs] = [await pages.organization('Acme'), await pages.organization('Umbrella')]
    const ann = pages.person('ann', { roles: { [ours]: 'admin' } })
    await ann.post(`/api/organizations/${ours}/keys`, { name: 'mine', mode: 'test' })
    await pages.ask('POST', `/organizations/${theirs}/keys`, { name: 'theirs' })
    const { json } = await ann.get(`/api/organizations/${ours}/audit`)
    expect(json.data.map(({ action, actor }: Record<string, unknown>) => [action, actor])).toEqual([
      ['key.created', { kind: 'person', id: ann.id, name: 'ann' }],
      ['organization.created', { kind: 'token', id: null, name: 'operator' }],
      ['member.added', { kind: 'server', id: null, name: 'test' }],
    ])
    expect(json.next).toBeNull()
  })

  test('tells members of a suspension and not why, which operators are told', async () => {
    const pages = await startTestPages()
    const ours = await pages.organization('Acme')
    await pages.ask('POST', `/organizations/${ours}/suspend`, { why: 'a stolen card' })
    const owner = pages.person('owner', { roles: { [ours]: 'owner' } })
    const olga = pages.person('olga', { isOperator: true })
    const [told, all] = [
      await owner.get(`/api/organizations/${ours}/audit?max=1`),
      await olga.get(`/api/operator/audit?organization=${ours}&max=1`),
    ]
    expect(told.json.data[0]).toMatchObject({ action: 'organization.suspended', before: { suspendedAt: null } })
    expect(JSON.stringify(told.json)).not.toContain('stolen')
    expect(all.json.data[0].after.suspendedWhy).toBe('a stolen card')
  })

  test('is narrowed by time, and says which field is wrong', async () => {
    const pages = await startTestPages()
    const ours = await pages.organization('Acme')
    const owner = pages.person('owner', { roles: { [ours]: 'owner' } })
    const path = `/api/organizations/${ours}/audit`
    expect((await owner.get(`${path}?from=2026-11-23&to=2026-11-24`)).json.data).toHaveLength(1)
    expect((await owner.get(`${path}?from=2026-11-24`)).json.data).toEqual([])
    for (const [query, field] of [
      ['from=yesterday', 'from'],
      ['max=201', 'max'],
      ['cursor=x', 'cursor'],
      ['organization=x', 'organization'],
    ])
      expect((await owner.get(`${path}?${query}`)).json.error.field).toBe(field)
  })
})

/** Two logs with these moments, each from its oldest to its newest. */
function twoLogs(ofStore: readonly number[], ofPeople: readonly number[]) {
  const entry = {
    actor: { kind: 'server', id: null, name: 'server' },
    action: 'a',
    organizationId: 'o',
    subject: 's',
  } as const
  const made = (moments: readonly number[]): AuditEntry[] =>
    moments
      .toSorted((a, b) => a - b)
      .map((at, index) => ({ ...entry, before: null, after: null, id: index + 1, at }))
      .toReversed()
  const [store, people] = [made(ofStore), made(ofPeople)]
  const page = (log: readonly AuditEntry[], beforeId: number | null, max: number): AuditEntry[] =>
    log.filter(({ id }) => beforeId === null || id < beforeId).slice(0, max)
  const admin = (_method: string, path: string) => {
    const query = new URLSearchParams(path.split('?')[1])
    const before = query.get('before')
    const found = page(store, before === null ? null : Number(before), Number(query.get('max')))
    const data: AuditEntryJson[] = found.map((each) => ({ ...each, at: new Date(each.at).toISOString() }))
    return Promise.resolve({ data, next: null })
  }
  const audit: People['store']['audit'] = ({ beforeId, max }) => page(people, beforeId, max)
  return { admin, people: { store: { audit } } } as unknown as Parameters<typeof mergedAudit>[1]
}

test('page by page, the two logs are one list: each entry once, and none newer than the one before it', async () => {
  const moments = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(moments, moments, fc.integer({ min: 1, max: 7 }), async (ofStore, ofPeople, max) => {
      const deps = twoLogs(ofStore, ofPeople)
      const seen: { id: string; at: string }[] = []
      let cursor: string | undefined
      do {
        const { data, next } = await mergedAudit({ organizationId: 'o', max, cursor }, deps)
        expect(data.length).toBeLessThanOrEqual(max)
        seen.push(...data)
        cursor = next ?? undefined
      } while (cursor !== undefined)
      expect(new Set(seen.map(({ id }) => id)).size).toBe(ofStore.length + ofPeople.length)
      expect(seen.length).toBe(ofStore.length + ofPeople.length)
      const times = seen.map(({ at }) => Date.parse(at))
      expect(times).toEqual(times.toSorted((a, b) => b - a))
    }),
  )
})
