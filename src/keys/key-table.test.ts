import { expect, test } from 'bun:test'
import { createKeyTable } from './key-table.ts'
import { newKey, rotation } from './virtual-key.ts'

const terms = {
  name: 'test',
  region: 'us',
  rpm: null,
  tpm: null,
  concurrency: null,
  budgetNano: null,
  budgetPeriod: null,
  models: null,
  expiresAt: null,
}
const start = 1_000_000

function tableAt(now: number) {
  const time = { now }
  return { time, table: createKeyTable([], { now: () => time.now }) }
}

test('a key is found by its exact secret, which looks as documented and is not part of what is stored', () => {
  const { table } = tableAt(start)
  const { row, secret } = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start)
  table.put(row)
  expect(secret).toMatch(/^sk-bf-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(table.find(secret)).toEqual({ state: 'active', key: row })
  for (const other of ['', ' ', secret.toUpperCase(), `${secret} `, secret.slice(0, -1), row.hash])
    expect(table.find(other).state).toBe('unknown')
  expect(JSON.stringify(row)).not.toContain(secret.slice('sk-bf-xxxxxxxx'.length))
})

test('a rotated secret works until its grace is over, and not at all without one', () => {
  const { time, table } = tableAt(start)
  const { row, secret } = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start)
  table.put(row)
  const withGrace = rotation(row, 1_000, start)
  const rotated = { ...row, ...withGrace.changes }
  table.put(rotated)
  expect([table.find(secret).state, table.find(withGrace.secret).state]).toEqual(['active', 'active'])
  time.now += 1_000
  expect([table.find(secret).state, table.find(withGrace.secret).state]).toEqual(['expired', 'active'])
  const atOnce = rotation(rotated, 0, time.now)
  table.put({ ...rotated, ...atOnce.changes })
  expect([secret, withGrace.secret, atOnce.secret].map((each) => table.find(each).state)).toEqual([
    'unknown',
    'unknown',
    'active',
  ])
})

test('revoked and expired keys are told from unknown ones, at once', () => {
  const { time, table } = tableAt(start)
  const { row, secret } = newKey({ organizationId: 'org_a', mode: 'live' }, { ...terms, expiresAt: start + 10 }, start)
  table.put(row)
  expect(table.find(secret).state).toBe('active')
  time.now = start + 10
  expect(table.find(secret).state).toBe('expired')
  table.put({ ...row, revokedAt: time.now })
  expect(table.find(secret).state).toBe('revoked')
})
