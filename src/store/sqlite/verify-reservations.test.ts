import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failuresOf } from '../contract-steps.ts'
import { batchOf, endOf, noon, reservationOf, type Entry } from '../store-fixtures.ts'
import { openSqliteStore } from './sqlite-store.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mart-verify-'))
  path = join(folder, 'mart.db')
  const store = openSqliteStore({ path })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: noon })
  const of = { organizationId: 'acme', mode: 'live' } as const
  await store.grantCredit({ ...of, amountNano: 100_000n, note: null, idempotencyKey: 'g' })
  const node = await store.openNode('node-a')
  await store.leaseCredit({ ...node, ...of, wantTotalNano: 50_000n })
  const reservations = ['open', 'settled', 'void'].map((requestId) => reservationOf('5000', { requestId, ...of }))
  const reserve = reservations.map((reservation): Entry => ({ kind: 'reserve', epoch: 1, reservation }))
  const [, settled, voided] = reservations
  await store.applyJournal(batchOf(node, 0, [...reserve, endOf(settled!, '3000'), endOf(voided!, '0', 'void')]))
  await store.close()
})
afterEach(() => rm(folder, { recursive: true }))

/** Changes the file as an operator with a SQL prompt could, past every constraint, then names the checks that fail. */
async function caughtAfter(sql: string): Promise<string[]> {
  const db = new Database(path)
  const triggers = db.query("select sql, name from sqlite_schema where type = 'trigger'").all() as {
    sql: string
    name: string
  }[]
  db.exec('pragma foreign_keys = off; pragma ignore_check_constraints = on')
  for (const { name } of triggers) db.exec(`drop trigger ${name}`)
  db.exec(sql)
  for (const trigger of triggers) db.exec(trigger.sql)
  db.close()
  const store = openSqliteStore({ path })
  const failures = failuresOf(await store.verifyLedger())
  await store.close()
  return failures.map((failure) => failure.split(':')[0]!).toSorted()
}

test('a ledger with an open, a settled and a voided reservation verifies', async () => {
  expect(await caughtAfter('select 1')).toEqual([])
})

const corruptions = [
  {
    what: 'a reservation that is larger than what was set aside',
    sql: "update reservation set amount_nano = amount_nano + 1 where id = 'open'",
    caught: ['reservations-end-once', 'reserved-equals-reservations'],
  },
  {
    what: 'an open reservation that nobody knows of any more',
    sql: "delete from reservation where id = 'open'",
    caught: [
      'charges-equal-everywhere',
      'every-record-applied-once',
      'reservations-end-once',
      'reserved-equals-reservations',
    ],
  },
  {
    what: 'one that ended and is open again',
    sql: "update reservation set state = 'open', ended_at = null where id = 'settled'",
    caught: ['charges-equal-everywhere', 'reservations-end-once', 'reserved-equals-reservations'],
  },
  {
    what: 'one that was closed and given back to nobody',
    sql: "update reservation set state = 'void', ended_at = 1 where id = 'open'",
    caught: ['charges-equal-everywhere', 'reservations-end-once', 'reserved-equals-reservations'],
  },
  {
    what: 'a charge that was taken of another reservation',
    sql: "update transfer set idempotency_key = 'capture-reserved:open' where kind = 'capture-reserved'",
    caught: ['reservations-end-once'],
  },
  {
    what: 'money of a reservation that never was',
    sql: "update transfer set idempotency_key = 'reserve:nobody' where idempotency_key = 'reserve:open'",
    caught: ['reservations-end-once'],
  },
  {
    what: 'a charge that is not what was captured',
    sql: "update request set charge_nano = 2999 where id = 'settled'",
    caught: ['charges-equal-everywhere', 'receipts-add-up', 'reservations-end-once'],
  },
  {
    what: 'a void that charged',
    sql: "update reservation set state = 'void' where id = 'settled'",
    caught: ['reservations-end-once'],
  },
]

for (const { what, sql, caught } of corruptions) {
  test(`verifying notices ${what}`, async () => {
    expect(await caughtAfter(sql)).toEqual(caught)
  })
}

test('the database itself refuses to change what is reserved, to end it twice and to delete it', () => {
  const db = new Database(path)
  expect(() => db.exec("update reservation set amount_nano = 1 where id = 'open'")).toThrow('never changes')
  expect(() => db.exec("update reservation set state = 'void' where id = 'settled'")).toThrow('ends once')
  expect(() => db.exec('delete from reservation')).toThrow('never deleted')
  db.exec("update reservation set next_check_at = 7, checks = 1 where id = 'open'")
  db.close()
})
