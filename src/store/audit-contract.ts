/** What every store promises of the audit log. */
import { expect, test } from 'bun:test'
import type { Actor, AuditQuery } from './audit.ts'
import { refusalOf } from './contract-steps.ts'
import { keyOf, noon } from './store-fixtures.ts'
import type { OperatorToken, Store } from './store.ts'

const ann: Actor = { kind: 'person', id: 'per_1', name: 'Ann' }
const ops: Actor = { kind: 'token', id: 'tok_1', name: 'ops' }
const all: AuditQuery = { organizationId: null, from: null, to: null, beforeId: null, max: 1_000 }

const token: OperatorToken = {
  id: 'tok_2',
  name: 'reports',
  prefix: 'mart_op_123456',
  hash: 'hash-of-a-token',
  scopes: ['read'],
  createdAt: noon,
  lastUsedAt: null,
  revokedAt: null,
}

export function describeAudit(store: () => Store): void {
  /** The newest entry, and how many there are. */
  const newest = async () => {
    const entries = await store().audit(all)
    return { many: entries.length, entry: entries[0]! }
  }

  test('what is made is in the audit log as it was made, by whom, and by the server where nobody asked', async () => {
    const key = keyOf({ id: 'k1', organizationId: 'acme', budgetNano: 9_007_199_254_740_993n, budgetPeriod: 'week' })
    await store().createKey(key, ann)
    expect((await newest()).entry).toMatchObject({
      actor: ann,
      action: 'key.created',
      organizationId: 'acme',
      subject: 'k1',
      before: null,
      after: { name: key.name, budgetNano: '9007199254740993', budgetPeriod: 'week', models: null },
    })
    const [made] = (await store().audit(all)).toReversed()
    expect(made).toMatchObject({
      actor: { kind: 'server', id: null },
      action: 'organization.created',
      subject: 'acme',
      before: null,
      after: { name: 'Acme' },
    })
  })

  test('what is changed is there as it was before and after, and nothing that did not change', async () => {
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme', rpm: 60, models: ['gpt-5'] }))
    await store().updateKey('k1', { rpm: null, models: ['gpt-5', 'gpt-6'], expiresAt: noon }, ops)
    expect((await newest()).entry).toMatchObject({ actor: ops, action: 'key.changed' })
    expect((await newest()).entry.before).toEqual({ rpm: 60, models: ['gpt-5'], expiresAt: null })
    expect((await newest()).entry.after).toEqual({
      rpm: null,
      models: ['gpt-5', 'gpt-6'],
      expiresAt: new Date(noon).toISOString(),
    })
    await store().updateOrganization('acme', { suspended: { at: noon, why: 'unpaid' } }, ops)
    expect((await newest()).entry).toMatchObject({
      action: 'organization.suspended',
      before: { suspendedAt: null, suspendedWhy: null },
      after: { suspendedAt: new Date(noon).toISOString(), suspendedWhy: 'unpaid' },
    })
    await store().updateOrganization('acme', { suspended: null }, ops)
    await store().updateOrganization('acme', { name: 'Acme Ltd' }, ann)
    expect((await store().audit({ ...all, max: 2 })).map(({ action, after }) => [action, after])).toEqual([
      ['organization.renamed', { name: 'Acme Ltd' }],
      ['organization.resumed', { suspendedAt: null, suspendedWhy: null }],
    ])
  })

  test('a rotation and a revocation are told by their prefixes, and no secret’s hash is ever there', async () => {
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme', hash: 'hash-one', prefix: 'sk-bf-1111' }))
    const replaced = [{ hash: 'hash-one', prefix: 'sk-bf-1111', until: noon }]
    await store().updateKey('k1', { hash: 'hash-two', prefix: 'sk-bf-2222', replaced }, ann)
    expect((await newest()).entry).toMatchObject({
      action: 'key.rotated',
      before: { prefix: 'sk-bf-1111', earlierSecrets: [] },
      after: { prefix: 'sk-bf-2222', earlierSecrets: [{ prefix: 'sk-bf-1111', until: new Date(noon).toISOString() }] },
    })
    await store().updateKey('k1', { revokedAt: noon }, ann)
    expect((await newest()).entry).toMatchObject({ action: 'key.revoked', before: { revokedAt: null } })
    await store().createOperatorToken(token, ops)
    await store().updateOperatorToken(token.id, { revokedAt: noon }, ops)
    expect((await store().audit({ ...all, max: 2 })).map(({ action, subject }) => [action, subject])).toEqual([
      ['token.revoked', 'tok_2'],
      ['token.created', 'tok_2'],
    ])
    expect(JSON.stringify(await store().audit(all))).not.toContain('hash-')
  })

  test('credit that is given or taken back is there once, however often it is asked for under one key', async () => {
    const grant = {
      organizationId: 'acme',
      mode: 'live',
      amountNano: 700n,
      note: 'hello',
      idempotencyKey: 'g',
    } as const
    const { id } = await store().grantCredit(grant, ops)
    await store().grantCredit(grant, ann)
    expect(await newest()).toMatchObject({
      many: 2,
      entry: {
        actor: ops,
        action: 'credit.granted',
        after: { mode: 'live', amountNano: '700', note: 'hello', transfer: id },
      },
    })
    const ask = { ...grant, amountNano: 300n, note: null, idempotencyKey: 'r' } as const
    const { reversals } = await store().revokeCredit(ask, ann)
    await store().revokeCredit(ask, ops)
    expect(await newest()).toMatchObject({
      many: 3,
      entry: {
        actor: ann,
        action: 'credit.revoked',
        after: { mode: 'live', amountNano: '300', transfers: reversals!.map((each) => each.id) },
      },
    })
  })

  test('what is refused, what changes nothing, and that a token was used is not there', async () => {
    await store().createKey(keyOf({ id: 'k1', organizationId: 'acme', rpm: 60 }))
    await store().createOperatorToken(token)
    const { many } = await newest()
    await store().updateKey('k1', { rpm: 60 }, ann)
    await store().updateOperatorToken(token.id, { lastUsedAt: noon }, ann)
    expect((await refusalOf(store().updateKey('k9', { rpm: 1 }, ann))).code).toBe('key-not-found')
    expect((await refusalOf(store().createKey(keyOf({ id: 'k1', organizationId: 'acme' }), ann))).code).toBe(
      'idempotency-conflict',
    )
    const grant = { organizationId: 'acme', mode: 'test', amountNano: 7n, note: null, idempotencyKey: 'g' } as const
    await store().grantCredit(grant, ann)
    expect((await refusalOf(store().grantCredit({ ...grant, amountNano: 8n }, ann))).code).toBe('idempotency-conflict')
    await store().revokeCredit({ ...grant, amountNano: 9n, idempotencyKey: 'r' }, ann)
    expect(await store().acceptLosses(ann)).toBe(0)
    expect((await newest()).many).toBe(many + 1)
  })

  test('it is read from the newest back, of one organization or of all, between two times, and page by page', async () => {
    const note = { actor: ann, action: 'organization.viewed', subject: 'acme', before: null, after: null }
    for (const organizationId of ['acme', 'beta', null, 'acme', 'acme'])
      await store().recordAudit({ ...note, organizationId })
    const ofAcme = await store().audit({ ...all, organizationId: 'acme' })
    expect(ofAcme.map(({ action }) => action)).toEqual([
      'organization.viewed',
      'organization.viewed',
      'organization.viewed',
      'organization.created',
    ])
    const first = await store().audit({ ...all, organizationId: 'acme', max: 3 })
    const rest = await store().audit({ ...all, organizationId: 'acme', beforeId: first.at(-1)!.id })
    expect([...first, ...rest]).toEqual(ofAcme)
    const ends = ofAcme.map(({ at }) => at)
    const [from, to] = [Math.min(...ends), Math.max(...ends) + 1]
    expect(await store().audit({ ...all, from, to, organizationId: 'acme' })).toEqual(ofAcme)
    expect(await store().audit({ ...all, from: to })).toEqual([])
    expect(await store().audit({ ...all, to: from })).toEqual([])
  })
}
