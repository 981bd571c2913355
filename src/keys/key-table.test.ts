import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { KeyRow } from '../store/store.ts'
import { createKeyTable, passesMax, passMs } from './key-table.ts'
import { newKey, replacedSecretsMax, rotation } from './virtual-key.ts'

const terms = {
  name: 'test',
  region: 'us',
  rpm: null,
  tpm: null,
  concurrency: null,
  budgetNano: null,
  budgetPeriod: null,
  models: null,
  endpoints: null,
  addresses: null,
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

/** Rotates as the admin API does, and gives what is known then. */
function rotated(row: KeyRow, graceMs: number, now: number) {
  const made = rotation(row, graceMs, now)
  if (made.secret === null) throw new Error('the rotation was refused')
  return { row: { ...row, ...made.changes }, secret: made.secret }
}

test('a rotated secret works until its grace is over, and not at all without one', () => {
  const { time, table } = tableAt(start)
  const made = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start)
  const second = rotated(made.row, 1_000, start)
  table.put(second.row)
  expect([made.secret, second.secret].map((each) => table.find(each).state)).toEqual(['active', 'active'])
  time.now += 1_000
  expect([made.secret, second.secret].map((each) => table.find(each).state)).toEqual(['expired', 'active'])
  const third = rotated(second.row, 0, time.now)
  table.put(third.row)
  expect([made.secret, second.secret, third.secret].map((each) => table.find(each).state)).toEqual([
    'unknown',
    'unknown',
    'active',
  ])
})

test('rotated again within the grace, every earlier secret works until its own end, whatever the order of the ends', () => {
  const { time, table } = tableAt(start)
  const first = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start)
  const second = rotated(first.row, 5_000, start)
  const third = rotated(second.row, 1_000, start)
  table.put(third.row)
  const states = () => [first, second, third].map(({ secret }) => table.find(secret).state)
  expect(states()).toEqual(['active', 'active', 'active'])
  time.now += 1_000
  expect(states()).toEqual(['active', 'expired', 'active'])
  time.now += 4_000
  expect(states()).toEqual(['expired', 'expired', 'active'])
})

test('ten earlier secrets may work at once; one more is refused until the first has ended, or without a grace', () => {
  let row = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start).row
  for (let many = 1; many <= replacedSecretsMax; many += 1) row = rotated(row, many * 1_000, start).row
  expect(rotation(row, 1_000, start)).toEqual({ secret: null, firstEndsAt: start + 1_000 })
  expect(rotated(row, 0, start).row.replaced).toEqual([])
  expect(rotated(row, 1_000, start + 1_000).row.replaced).toHaveLength(replacedSecretsMax)
})

test('over any course of rotations, time and revocation, a secret works exactly as long as it was told to', () => {
  const step = fc.oneof(
    fc.record({ rotate: fc.constantFrom(0, 1, 500, 1_000, 60_000) }),
    fc.record({ wait: fc.integer({ min: 1, max: 2_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, isRevoked) => {
      const { time, table } = tableAt(start)
      const made = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start)
      let { row } = made
      table.put(row)
      const issued = [{ secret: made.secret, until: Infinity }]
      for (const each of steps) {
        if ('wait' in each) time.now += each.wait
        else {
          const next = rotation(row, each.rotate, time.now)
          const working = issued.filter(({ until }) => until > time.now).length
          expect(next.secret === null).toBe(each.rotate > 0 && working > replacedSecretsMax)
          if (next.secret === null) continue
          if (each.rotate === 0) for (const known of issued) known.until = Math.min(known.until, time.now)
          issued.at(-1)!.until = time.now + each.rotate
          issued.push({ secret: next.secret, until: Infinity })
          row = { ...row, ...next.changes }
          table.put(row)
        }
        for (const { secret, until } of issued) expect(table.find(secret).state === 'active').toBe(time.now < until)
      }
      if (!isRevoked) return
      table.put({ ...row, revokedAt: time.now })
      for (const { secret } of issued) expect(table.find(secret).state).not.toBe('active')
    }),
  )
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

test('keys of a suspended organization are told apart, those of before and those made since, until it is resumed', () => {
  const [before, other, since] = [
    newKey({ organizationId: 'org_a', mode: 'live' }, terms, start),
    newKey({ organizationId: 'org_b', mode: 'live' }, terms, start),
    newKey({ organizationId: 'org_a', mode: 'live' }, terms, start),
  ]
  const table = createKeyTable([before.row, other.row], { now: () => start }, ['org_b'])
  const states = () => [before, other, since].map(({ secret }) => table.find(secret).state)
  table.setSuspended('org_a', true)
  table.setSuspended('org_b', false)
  table.put(since.row)
  expect(states()).toEqual(['suspended', 'active', 'suspended'])
  table.put({ ...before.row, revokedAt: start })
  expect(states()).toEqual(['revoked', 'active', 'suspended'])
  table.setSuspended('org_a', false)
  expect(states()).toEqual(['revoked', 'active', 'active'])
})

test('a pass is one more secret of its key, for a time, until the key is changed, and never more than there may be', () => {
  const { time, table } = tableAt(start)
  const { row, secret } = newKey({ organizationId: 'org_a', mode: 'live' }, terms, start)
  expect(table.lend(row.id, null)).toBeNull()
  table.put(row)
  const pass = table.lend(row.id, null)!
  expect(pass.until).toBe(start + passMs)
  expect([pass.secret, secret].map((each) => table.find(each))).toEqual([
    { state: 'active', key: row },
    { state: 'active', key: row },
  ])
  time.now += passMs
  expect([pass.secret, secret].map((each) => table.find(each).state)).toEqual(['expired', 'active'])
  const lent = Array.from({ length: passesMax }, () => table.lend(row.id, null)!)
  expect([table.lend(row.id, null), table.find(pass.secret).state]).toEqual([null, 'unknown'])
  table.put({ ...row, name: 'other' })
  expect(lent.map((each) => table.find(each.secret).state)).toEqual(lent.map(() => 'unknown'))
})

test('the passes of a person end, of one organization’s keys or of all, and nobody else’s; those of an organization that is suspended end for good', () => {
  const { table } = tableAt(start)
  const [a, b] = ['org_a', 'org_b'].map((organizationId) => newKey({ organizationId, mode: 'live' }, terms, start).row)
  for (const row of [a!, b!]) table.put(row)
  const lent = (row: KeyRow, personId: string) => table.lend(row.id, personId)!.secret
  const secrets = [lent(a!, 'ann'), lent(b!, 'ann'), lent(a!, 'bob'), lent(b!, 'bob')]
  const working = () => secrets.map((secret) => table.find(secret).state === 'active')
  table.endPasses('ann', 'org_a')
  expect(working()).toEqual([false, true, true, true])
  table.endPasses('ann', null)
  expect(working()).toEqual([false, false, true, true])
  table.setSuspended('org_a', true)
  table.setSuspended('org_a', false)
  expect(working()).toEqual([false, false, false, true])
})
