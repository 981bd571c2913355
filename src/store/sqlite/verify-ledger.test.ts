import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failuresOf } from '../contract-steps.ts'
import { batchOf, noon, settlementOf } from '../store-fixtures.ts'
import { openSqliteStore } from './sqlite-store.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mart-verify-'))
  path = join(folder, 'mart.db')
  await fill(path)
})
afterEach(() => rm(folder, { recursive: true }))

async function fill(file: string): Promise<void> {
  const store = openSqliteStore({ path: file })
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: noon })
  const [live, test_] = [
    { organizationId: 'acme', mode: 'live' } as const,
    { organizationId: 'acme', mode: 'test' } as const,
  ]
  await store.grantCredit({ ...live, amountNano: 100_000n, note: null, idempotencyKey: 'g' })
  await store.grantCredit({ ...test_, amountNano: 70_000n, note: null, idempotencyKey: 'test' })
  const node = await store.openNode('node-a')
  await store.leaseCredit({ ...node, ...live, wantTotalNano: 50_000n })
  await store.leaseCredit({ ...node, ...test_, wantTotalNano: 30_000n })
  const settle = (requestId: string, chargeNano: string) => ({
    kind: 'settle' as const,
    epoch: 1,
    settlement: settlementOf({ requestId, ...live, chargeNano }),
  })
  const giveBack = { kind: 'return-lease' as const, epoch: 1, ...live, amountNano: '5000' }
  await store.applyJournal(batchOf(node, 0, [settle('r1', '1000'), settle('r2', '2000'), giveBack]))
  await store.close()
}

/** Changes the file as an operator with a SQL prompt could, past every constraint, then proves the ledger. */
async function failuresAfter(sql: string): Promise<string[]> {
  const db = new Database(path)
  db.exec('pragma foreign_keys = off; pragma ignore_check_constraints = on')
  db.exec(sql)
  db.close()
  const store = openSqliteStore({ path })
  const failures = failuresOf(await store.verifyLedger())
  await store.close()
  return failures
}
const namesOf = (failures: readonly string[]): string[] => failures.map((failure) => failure.split(':')[0]!).toSorted()

test('an honest ledger verifies', async () => {
  expect(await failuresAfter('select 1')).toEqual([])
})

const freeTransfers = 'drop trigger transfer_never_updated; drop trigger transfer_never_deleted'
const freeRequests = 'drop trigger request_never_updated'
const keepTrigger = (name: string): string =>
  `create trigger ${name} before update on request begin select raise(abort, 'no'); end`
const restoreTransfers = `create trigger transfer_never_updated before update on transfer begin select raise(abort, 'no'); end;
  create trigger transfer_never_deleted before delete on transfer begin select raise(abort, 'no'); end`

const corruptions: readonly { readonly what: string; readonly sql: string; readonly caught: readonly string[] }[] = [
  {
    what: 'a balance raised by hand',
    sql: "update account set credits = credits + 1 where name = 'credit:acme'",
    caught: ['accounts-equal-transfers', 'debits-equal-credits'],
  },
  {
    what: 'one side of a transfer lost',
    sql: "update account set debits = debits - 1 where name = 'grants'",
    caught: ['accounts-equal-transfers', 'debits-equal-credits'],
  },
  {
    what: 'a lease raised without a transfer',
    sql: 'update lease set granted_nano = granted_nano + 1',
    caught: ['held-equals-leases', 'leases-equal-transfers'],
  },
  { what: 'a lease forgotten', sql: 'delete from lease', caught: ['held-equals-leases', 'leases-equal-transfers'] },
  {
    what: 'a lease overspent',
    sql: 'update lease set consumed_nano = granted_nano + 1',
    caught: ['held-equals-leases', 'leases-equal-transfers', 'leases-not-overspent'],
  },
  {
    what: 'a lease closed with money in it',
    sql: "update lease set state = 'closed'",
    caught: ['held-equals-leases', 'leases-not-overspent'],
  },
  {
    what: 'credit moved without its transfer',
    sql: "update account set debits = debits + 90000 where name = 'credit:acme'; update account set credits = credits + 90000 where name = 'cash'",
    caught: ['accounts-equal-transfers', 'no-credit-below-zero'],
  },
  ...['usage_minute', 'usage_hour', 'usage_day'].map((table) => ({
    what: `a charge missing from ${table}`,
    sql: `update ${table} set charge_nano = charge_nano - 1`,
    caught: ['charges-equal-everywhere'],
  })),
  {
    what: 'a request counted twice in a rollup',
    sql: 'update usage_hour set requests = requests + 1',
    caught: ['charges-equal-everywhere'],
  },
  {
    what: 'a request deleted',
    sql: "delete from request where id = 'r1'",
    caught: ['captures-equal-charges', 'charges-equal-everywhere', 'every-record-applied-once'],
  },
  {
    what: 'a capture deleted',
    sql: `${freeTransfers}; delete from transfer where kind = 'capture'; ${restoreTransfers}`,
    caught: ['accounts-equal-transfers', 'charges-equal-everywhere', 'leases-equal-transfers'],
  },
  {
    what: 'charges moved from one request to another organization’s',
    sql: `${freeRequests}; insert into organization (id, name, created_at) values ('beta', 'Beta', 0); update request set organization_id = 'beta' where id = 'r1'; ${keepTrigger('request_never_updated')}`,
    caught: ['captures-equal-charges', 'charges-equal-everywhere', 'receipts-add-up'],
  },
  {
    what: 'a capture of requests that there are not',
    sql: `${freeTransfers}; update transfer set after_request = to_request, to_request = to_request + 9 where kind = 'capture'; ${restoreTransfers}`,
    caught: ['captures-equal-charges'],
  },
  {
    what: 'a capture from the money of another organization',
    sql: `${freeTransfers}; update transfer set debit_account = 'held:beta' where kind = 'capture'; ${restoreTransfers}`,
    caught: ['accounts-equal-transfers', 'captures-equal-charges'],
  },
  { what: 'a record lost', sql: 'delete from lease_record', caught: ['every-record-applied-once'] },
  {
    what: 'a record applied twice',
    sql: "insert into lease_record (node_id, seq, epoch, kind, amount_nano) values (1, 2, 1, 'end-epoch', 0)",
    caught: ['every-record-applied-once'],
  },
  { what: 'a sequence put back', sql: 'update node set last_seq = 2', caught: ['every-record-applied-once'] },
  {
    what: 'a record parked',
    sql: "update node set last_seq = 4; insert into parked_record (node_id, seq, reason, record, at) values (1, 4, 'why', '{}', 0)",
    caught: ['no-record-parked'],
  },
  {
    what: 'a charge above its hold',
    sql: `${freeRequests}; update request set settlement = json_set(settlement, '$[15]', '999') where id = 'r1'; ${keepTrigger('request_never_updated')}`,
    caught: ['charge-within-hold'],
  },
  { what: 'a trigger dropped', sql: 'drop trigger transfer_never_deleted', caught: ['transfers-immutable'] },
  {
    what: 'more reversed than was captured',
    sql: "insert into transfer (idempotency_key, kind, organization_id, debit_account, credit_account, amount_nano, at, reverses) select 'rev', 'reversal', 'acme', 'revenue', 'credit:acme', 3001, 0, id from transfer where kind = 'capture'; update account set debits = debits + 3001 where name = 'revenue'; update account set credits = credits + 3001 where name = 'credit:acme'",
    caught: ['transfers-immutable'],
  },
  {
    what: 'a grant reversed into another account than it came from',
    sql: "insert into transfer (idempotency_key, kind, organization_id, debit_account, credit_account, amount_nano, at, reverses) select 'rev', 'reversal', 'acme', 'credit:acme', 'cash', 1, 0, id from transfer where kind = 'grant' and mode = 'live'; update account set debits = debits + 1 where name = 'credit:acme'; update account set credits = credits + 1 where name = 'cash'",
    caught: ['transfers-immutable'],
  },
  {
    what: 'live money moved to test credit',
    sql: `${freeTransfers}; update transfer set credit_account = 'test-credit:acme' where kind = 'grant' and mode = 'live'; ${restoreTransfers};
      update account set credits = credits - 100000 where name = 'credit:acme'; update account set credits = credits + 100000 where name = 'test-credit:acme'`,
    caught: ['debits-equal-credits', 'no-credit-below-zero', 'test-and-live-apart'],
  },
  {
    what: 'a live transfer passed off as a test one',
    sql: `${freeTransfers}; update transfer set mode = 'test' where id = 1; ${restoreTransfers}`,
    caught: ['test-and-live-apart'],
  },
  {
    what: 'the lease of one mode passed off as the other’s',
    sql: "delete from lease where mode = 'test'; update lease set mode = 'test'",
    caught: ['held-equals-leases', 'leases-equal-transfers'],
  },
  {
    what: 'a live request passed off as a test one',
    sql: `${freeRequests}; update request set mode = 'test' where id = 'r1'; ${keepTrigger('request_never_updated')}`,
    caught: ['captures-equal-charges', 'charges-equal-everywhere', 'receipts-add-up'],
  },
  {
    what: 'a test key that was charged live money',
    sql: `insert into virtual_key (id, organization_id, mode, name, prefix, hash, region, created_at)
      values ('key-1', 'acme', 'test', 'a key', 'sk-bf-', 'hash', 'us', 0)`,
    caught: ['test-and-live-apart'],
  },
  {
    what: 'a key’s mode left unguarded',
    sql: 'drop trigger virtual_key_mode_never_updated',
    caught: ['transfers-immutable'],
  },
  ...[
    { what: 'a line that does not multiply out', path: '$[20][0][4]', value: '999999' },
    { what: 'a line that does not reach the rated amount', path: '$[25]', value: '1001' },
    { what: 'a write-off that does not explain the charge', path: '$[26]', value: '1' },
    { what: 'a receipt of another request', path: '$[1]', value: 'r9' },
  ].map(({ what, path: at, value }) => ({
    what,
    sql: `${freeRequests}; update request set settlement = json_set(settlement, '${at}', '${value}') where id = 'r1'; ${keepTrigger('request_never_updated')}`,
    caught: ['receipts-add-up'],
  })),
]

for (const { what, sql, caught } of corruptions) {
  test(`verifying notices ${what}`, async () => {
    expect(namesOf(await failuresAfter(sql))).toEqual([...caught])
  })
}

test('a charge above its hold is accepted when it is flagged', async () => {
  const changes = "settlement = json_set(settlement, '$[15]', '999', '$[29]', json('[\"over-hold\"]'))"
  expect(
    await failuresAfter(
      `${freeRequests}; update request set ${changes} where id = 'r1'; ${keepTrigger('request_never_updated')}`,
    ),
  ).toEqual([])
})

test('a detail counts all problems and names a few', async () => {
  const rows = Array.from({ length: 9 }, (_, index) => `(1, ${index + 4}, 'why', '{}', 0)`).join(', ')
  const failures = await failuresAfter(
    `update node set last_seq = 12; insert into parked_record (node_id, seq, reason, record, at) values ${rows}`,
  )
  expect(failures[0]).toEndWith('; and 4 more')
})

test('the database itself refuses to change a transfer or a receipt', () => {
  const db = new Database(path)
  expect(() => db.exec('update transfer set amount_nano = 1')).toThrow('append-only')
  expect(() => db.exec('delete from transfer')).toThrow('append-only')
  expect(() => db.exec('update request set charge_nano = 0')).toThrow('never changes')
  db.close()
})

test('the database itself refuses a second capture of the same run of a journal, and one of no run', () => {
  const db = new Database(path)
  const again = `insert into transfer (kind, idempotency_key, organization_id, debit_account, credit_account, amount_nano, at, after_request, to_request)
    select kind, idempotency_key, organization_id, debit_account, credit_account, amount_nano, at, after_request, to_request`
  expect(() => db.exec(`${again} from transfer where kind = 'capture'`)).toThrow('UNIQUE constraint failed')
  const ofNone = again
    .replace(/after_request, to_request$/, 'null, to_request')
    .replace(
      'kind, idempotency_key, organization_id, debit_account, credit_account, amount_nano, at, null',
      `kind, 'capture:x', organization_id, debit_account, credit_account, amount_nano, at, null`,
    )
  expect(() => db.exec(`${ofNone} from transfer where kind = 'capture'`)).toThrow('CHECK constraint failed')
  db.close()
})

test('the database itself refuses a transfer between test and live, and a key that changes its mode', () => {
  const db = new Database(path)
  const post = (mode: string, debit: string, credit: string): void =>
    void db.exec(`insert into transfer (kind, idempotency_key, organization_id, mode, debit_account, credit_account, amount_nano, at)
      values ('grant', 'x', 'acme', '${mode}', '${debit}', '${credit}', 1, 0)`)
  for (const mode of ['test', 'live']) {
    for (const [debit, credit] of [
      ['grants', 'test-credit:acme'],
      ['test-grants', 'credit:acme'],
      ['test-credit:acme', 'credit:acme'],
    ] as const)
      expect(() => post(mode, debit, credit)).toThrow('CHECK constraint failed')
  }
  expect(() => post('live', 'test-grants', 'test-credit:acme')).toThrow('CHECK constraint failed')
  expect(() => post('test', 'grants', 'credit:acme')).toThrow('CHECK constraint failed')
  db.exec(`insert into virtual_key (id, organization_id, mode, name, prefix, hash, region, created_at)
    values ('key-9', 'acme', 'test', 'a key', 'sk-bf-', 'hash', 'us', 0)`)
  expect(() => db.exec("update virtual_key set mode = 'live'")).toThrow('for its life')
  db.close()
})
