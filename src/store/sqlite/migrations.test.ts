import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { installation, organizations, version1Folder } from '../../../test/support/version-1.ts'
import { failuresOf } from '../contract-steps.ts'
import { packSettlement } from '../settlement-text.ts'
import { secondsOfVideo, spendOf } from '../spend.ts'
import { batchOf, noon, settlementOf } from '../store-fixtures.ts'
import type { Installation, Mode, Settlement } from '../store.ts'
import { migrate, migrations, unknownInstallation } from './migrations.ts'
import { prepareReports } from './reports.ts'
import { openSqliteStore } from './sqlite-store.ts'

test('migrations are frozen, so that yesterday’s data folders open', () => {
  const checksums = migrations.map(({ id, sql }) => [id, createHash('sha256').update(sql).digest('hex')])
  expect(checksums).toEqual([
    [1, '524d24010f5ecf7d53a2a0b583ef5b13db6e5f0600c01da44c8ce5038b337746'],
    [2, '2a8a8a55b33ac9d7e992bfeb712e07c2b98a6103a556e71bb6c8a4d3e8da2bdf'],
    [3, '0b3fabffdb628f971e34f3b6a24da9af23fe80de9d234431883c8ae769e126b6'],
    [4, '599e263682f4013b6faf27ef928c5d903cab3f2379a9965edd5169ea5eb1aa07'],
    [5, 'ecc3ae5d8dae54e8456b5aa43841baa757730d14aba2cda8c1b448631e1370b0'],
    [6, '42e1ae1d739bb6b5e830318884d85f7c953d753095f83e3da8320c9a54db0e77'],
    [7, 'e8e6b3bf713aa5ee7902eae7f6f0ce53b22d23fd17defba783ffd578f64edb67'],
    [8, '5b9f6db109b473f90478d236cfef6cbd6ddb750f72aeedbb184ad4ca67a62a67'],
    [9, '73f6e80b9a2c75face3e22b179d0ee3bf89776895010db5f90f491bc24ed26c0'],
    [10, '59c194ff80c986c7a2eb015c9de57faa8cfe7cc9ce6e79f1412f2f748b681b40'],
    [11, '034fabd0c1c737ea9c721aea9e5227f375f55d5fc906647272d1e78e5f46caeb'],
    [12, '438ce78b5ca92bbb3f81cc5debaa860f0c50593f9484d0d6f6cd546b728995c4'],
    [13, 'a4367d538580b4e869b0c2ef48f96c7fcf0c42bda71ef48fcf507de2cde60136'],
    [14, '61c57a77a9bf73051fcd69f837da087dfbd75f340a1636b71fa98ce720dd1293'],
  ])
})

const ids = Object.values(organizations)
/** What the migrated store says of each organization: its mode, and its money of that mode and of the other. */
async function carriedOver(path: string, of: Installation) {
  const store = openSqliteStore({ path, installation: of })
  const keys = await store.keys()
  const found = await Promise.all(
    ids.map(async (id) => {
      const mode = keys.find(({ organizationId }) => organizationId === id)!.mode
      const other: Mode = mode === 'test' ? 'live' : 'test'
      const [own, none] = [await store.balance(id, mode), await store.balance(id, other)]
      return { id, mode, balanceNano: own.balanceNano, leasedNano: own.leasedNano, otherNano: none.balanceNano }
    }),
  )
  return { store, found }
}

test('organizations that were simulated become test, and every balance is what it was, to the nano', async () => {
  const { path, before } = version1Folder()
  const { store, found } = await carriedOver(path, installation)
  const { sandbox, simulated } = organizations
  for (const { id, mode, balanceNano, leasedNano, otherNano } of found) {
    expect([id, mode]).toEqual([id, id === sandbox || id === simulated ? 'test' : 'live'])
    expect([leasedNano, otherNano]).toEqual([before.get(`held:${id}`)!, 0n])
    expect(balanceNano).toBe(before.get(`credit:${id}`)! + before.get(`held:${id}`)!)
  }
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  await store.close()
})

test('what was captured, granted and counted of simulated organizations is test money', async () => {
  const { path, before } = version1Folder()
  await openSqliteStore({ path, installation }).close()
  const db = new Database(path, { readonly: true, safeIntegers: true })
  const one = (sql: string): bigint => Object.values(db.query(sql).get() as object)[0] as bigint
  const balanceOf = (name: string): bigint => one(`select credits - debits from account where name = '${name}'`)
  const chargedNano = one(
    `select sum(charge_nano) from request where organization_id in ('${organizations.sandbox}', '${organizations.simulated}')`,
  )
  expect(chargedNano).toBe(660_700n)
  expect(balanceOf('test-revenue')).toBe(chargedNano)
  expect(balanceOf('revenue')).toBe(before.get('revenue')! - chargedNano)
  expect(balanceOf('test-grants') + balanceOf('grants')).toBe(before.get('grants')!)
  expect(balanceOf('test-grants')).toBe(-105_000_000_000n)
  for (const table of ['request', 'usage_minute', 'usage_hour', 'usage_day'])
    expect(one(`select sum(charge_nano) from ${table} where mode = 'test'`)).toBe(chargedNano)
  expect(one("select count(*) from transfer where mode = 'live' and debit_account glob 'test-*'")).toBe(0n)
  db.close()
})

test('receipts of before say the mode of what they were', async () => {
  const { path } = version1Folder()
  const store = openSqliteStore({ path, installation })
  const db = new Database(path, { readonly: true })
  for (const { id, organization_id: of } of db.query('select id, organization_id from request').all() as {
    id: string
    organization_id: string
  }[]) {
    const isTest = of === organizations.sandbox || of === organizations.simulated
    expect((await store.receipt(id))?.mode).toBe(isTest ? 'test' : 'live')
  }
  db.close()
  await store.close()
})

test('organizations without requests are test where no real provider is configured, and those that a real one served are not', async () => {
  const { path } = version1Folder()
  const { store, found } = await carriedOver(path, { ...installation, realProviders: [] })
  const { sandbox, simulated, idle } = organizations
  const tests = found.filter(({ mode }) => mode === 'test').map(({ id }) => id)
  expect(tests.toSorted()).toEqual([sandbox, simulated, idle].toSorted())
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  await store.close()
})

test('a deployment that nobody knows any more counts as real: nobody’s money is taken for play money by mistake', async () => {
  const { path } = version1Folder()
  const { store, found } = await carriedOver(path, { simulatedDeployments: [], realProviders: ['real'] })
  expect(found.filter(({ mode }) => mode === 'test').map(({ id }) => id)).toEqual([organizations.sandbox])
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  await store.close()
})

test('a migrated database takes requests of both modes, and opens again without being migrated again', async () => {
  const { path } = version1Folder()
  const first = openSqliteStore({ path, installation })
  const node = await first.openNode('main')
  const { sandbox, real } = organizations
  const settled = [
    settlementOf({ requestId: 'r1', organizationId: sandbox, mode: 'test' }),
    settlementOf({ requestId: 'r2', organizationId: sandbox, mode: 'live' }),
    settlementOf({ requestId: 'r3', organizationId: real, mode: 'live' }),
  ].map((settlement) => ({ kind: 'settle' as const, epoch: node.epoch, settlement }))
  await first.grantCredit({
    organizationId: sandbox,
    mode: 'live',
    amountNano: 5_000n,
    note: null,
    idempotencyKey: 'x',
  })
  expect((await first.applyJournal(batchOf(node, 15, settled))).applied).toBe(true)
  await first.close()
  const again = openSqliteStore({ path, installation: { simulatedDeployments: ['real'], realProviders: [] } })
  expect((await again.balance(sandbox, 'live')).balanceNano).toBe(4_000n)
  expect(failuresOf(await again.verifyLedger())).toEqual([])
  await again.close()
})

test('the view of receipts names each value by its own name', async () => {
  const { path } = version1Folder()
  const store = openSqliteStore({ path, installation })
  const settlement = settlementOf({ requestId: 'r1', organizationId: organizations.sandbox, mode: 'test' })
  const node = await store.openNode('main')
  await store.applyJournal(batchOf(node, 15, [{ kind: 'settle', epoch: node.epoch, settlement }]))
  await store.close()
  const db = new Database(path, { readonly: true })
  const row = db.query("select * from receipt where id = 'r1'").get() as Record<string, unknown>
  db.close()
  const { number, node_id, seq, epoch, id, ...named } = row
  expect([Number(number) % 2 ** 40, node_id, seq, epoch, id]).toEqual([16, 1, 16, 3, 'r1'])
  const {
    requestId: _,
    dialect: _dialect,
    pricePpm: _ppm,
    onAbort: _onAbort,
    idempotency: _key,
    tokens,
    ...values
  } = settlement
  const { input, cachedInput, output, reasoning } = tokens
  const expected = {
    ...values,
    inputTokens: input,
    cachedInputTokens: cachedInput,
    outputTokens: output,
    reasoningTokens: reasoning,
  }
  const seen = Object.fromEntries(Object.entries(named).map(([name, value]) => [camelCase(name), value]))
  expect(Object.keys(seen).toSorted()).toEqual(Object.keys(expected).toSorted())
  for (const [name, value] of Object.entries(expected)) {
    if (name === 'lines' || name === 'attempts') continue
    expect([name, asColumn(value)]).toEqual([name, String(seen[name])])
  }
})
const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
/** As `->>` gives it: JSON for what is no plain value. */
const asColumn = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

test('a secret that a rotation of before replaced works until its own end', async () => {
  const { path } = version1Folder()
  const db = new Database(path)
  const ofReal = `where organization_id = '${organizations.real}'`
  db.exec(`update virtual_key set previous_hash = 'replaced', previous_hash_until = 1790000000123 ${ofReal}`)
  db.close()
  const store = openSqliteStore({ path, installation })
  const replaced = (await store.keys()).filter((key) => key.replaced.length > 0)
  expect(replaced).toMatchObject([
    { organizationId: organizations.real, replaced: [{ hash: 'replaced', prefix: null, until: 1_790_000_000_123 }] },
  ])
  await store.close()
})

const classes = [
  'input',
  'output',
  'imageOutput',
  'toolImageOutput',
  'videoSecond',
  'videoSecond1080p',
  'webSearchCall',
]
const mediaOfBefore = fc.array(
  fc.record({
    lines: fc.array(
      fc.record({
        class: fc.constantFrom(...classes),
        quantity: fc.nat(100),
        unit: fc.constant('token'),
        picoPerUnit: fc.constant('1'),
        amountPico: fc.nat(1_000_000).map(String),
      }),
      { maxLength: 4 },
    ),
    unpaid: fc.nat(300),
    minute: fc.nat(3_000),
    model: fc.constantFrom('sora-2', 'gpt-image-2'),
    mode: fc.constantFrom('test', 'live'),
  }),
  { minLength: 1, maxLength: 20 },
)

test('of requests of before their receipts say what pictures and films cost, and how long the films were', () => {
  fc.assert(
    fc.property(mediaOfBefore, (requests) => {
      const db = new Database(':memory:', { safeIntegers: true, strict: true })
      migrate(db, 0, unknownInstallation, migrations.slice(0, 13))
      db.exec("pragma foreign_keys = off; insert into organization (id, name, created_at) values ('acme', 'Acme', 1)")
      const settled = requests.map(({ lines, unpaid, minute, model, mode }, index) => {
        const rated = (lines.reduce((sum, { amountPico }) => sum + Number(amountPico), 0) + 999) / 1_000
        const chargeNano = String(Math.max(0, Math.floor(rated) - unpaid))
        const at = { admittedAt: noon + minute * 60_000 }
        return settlementOf({ requestId: `r${index}`, organizationId: 'acme', lines, chargeNano, model, mode, ...at })
      })
      for (const [index, settlement] of settled.entries()) putBefore(db, index, settlement)
      migrate(db, 1, unknownInstallation)
      const reports = prepareReports(db)
      for (const mode of ['test', 'live'] as const)
        for (const [from, to] of [
          [0, 9e15],
          [noon + 60_000, noon + 5_400_000],
          [noon + 7_200_000, noon + 180_000_000],
        ]) {
          const rows = reports.usage({ organizationId: 'acme', mode, by: 'model', from: from!, to: to! })
          const [first, last] = [from! - (from! % 60_000), Math.ceil(to! / 60_000) * 60_000]
          for (const { group, ...row } of rows) {
            const within = settled.filter(
              (each) =>
                each.mode === mode && each.model === group && each.admittedAt >= first && each.admittedAt < last,
            )
            const spent = within.map(spendOf)
            expect(row).toMatchObject({
              videoSeconds: within.reduce((sum, { lines }) => sum + secondsOfVideo(lines), 0),
              imageNano: spent.reduce((sum, { image }) => sum + image, 0n),
              videoNano: spent.reduce((sum, { video }) => sum + video, 0n),
              images: 0,
            })
          }
        }
      db.close()
    }),
    { numRuns: 30 },
  )
})

/** As the program of before left it: version 3 of its text, and sums of its requests and charges. */
function putBefore(db: Database, index: number, settlement: Settlement): void {
  const { requestId, organizationId, mode, chargeNano, admittedAt, keyId, model, upstream, region, endpoint } =
    settlement
  const text = JSON.stringify(packSettlement(settlement)).replace(/^\[4/, '[3')
  db.prepare(
    'insert into request (number, epoch, id, organization_id, mode, charge_nano, settlement) values (?, 1, ?, ?, ?, ?, ?)',
  ).run(index + 1, requestId, organizationId, mode, BigInt(chargeNano), text)
  for (const [table, bucketMs] of [
    ['minute', 60_000],
    ['hour', 3_600_000],
    ['day', 86_400_000],
  ] as const)
    db.prepare(`
      insert into usage_${table} (organization_id, mode, bucket, key_id, model, upstream, region, endpoint, requests,
        errors, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, charge_nano, latency_ms_sum)
      values (?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, 0, 0, 0, ?, 0) on conflict do update set requests = requests + 1`).run(
      organizationId,
      mode,
      admittedAt - (admittedAt % bucketMs),
      keyId,
      model,
      upstream,
      region,
      endpoint,
      BigInt(chargeNano),
    )
}
