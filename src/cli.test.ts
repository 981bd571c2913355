import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Hono } from 'hono'
import { operatorToken, settlementOf, startTestServer } from './control/test-server.ts'
import { testFolder } from './lib/test-folder.ts'

// Not in `beforeAll`, with which its folder would go.
const admin = await startTestServer()
let server: ReturnType<typeof Bun.serve>
let url: string

beforeAll(() => {
  const app = new Hono().route('/api/admin', admin.api)
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: app.fetch })
  url = `http://127.0.0.1:${server.port}`
  writeFileSync(join(admin.dataDir, 'operator.json'), JSON.stringify({ url, token: operatorToken }))
  chmodSync(join(admin.dataDir, 'operator.json'), 0o600)
})
afterAll(() => server.stop(true))

type Ran = { readonly code: number; readonly out: string; readonly err: string }

async function mart(words: readonly string[], env: Record<string, string> = { DATA_DIR: admin.dataDir }): Promise<Ran> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'cli.ts'), ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, out, err }
}

// oxlint-disable-next-line typescript/no-explicit-any -- what `--json` prints is what these tests are about
async function json(words: readonly string[]): Promise<any> {
  const { code, out, err } = await mart([...words, '--json'])
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out)
}

test('every command of the interface does what it says, and --json prints one value', async () => {
  const org = await json(['org', 'create', 'Acme'])
  expect(await json(['org', 'list'])).toContainEqual(org)
  expect(
    await json(['credit', 'grant', '--org', org.id, '--usd', '25.00', '--note', 'hi', '--idempotency-key', 'a']),
  ).toMatchObject({ amountNano: '25000000000' })
  const terms = ['--name', 'ci', '--region', 'eu', '--rpm', '60', '--tpm', '1000', '--concurrency', '4']
  const more = ['--budget', '5.00/week', '--models', 'gpt-5.4,gpt-5.4-mini', '--expires', '2027-01-31']
  const key = await json(['key', 'create', '--org', org.id, ...terms, ...more])
  expect(key).toMatchObject({
    name: 'ci',
    region: 'eu',
    rpm: 60,
    tpm: 1000,
    concurrency: 4,
    budgetPeriod: 'week',
    models: ['gpt-5.4', 'gpt-5.4-mini'],
  })
  expect(key.key).toStartWith(key.prefix)
  expect(admin.keys.find(key.key).state).toBe('active')
  expect(await json(['key', 'update', key.id, '--rpm', 'none', '--models', 'none'])).toMatchObject({
    rpm: null,
    models: null,
    tpm: 1000,
  })
  expect((await json(['key', 'list', '--org', org.id])).map((each: { id: string }) => each.id)).toEqual([key.id])
  const rotated = await json(['key', 'rotate', key.id, '--grace', '24h'])
  expect([key.key, rotated.key].map((each) => admin.keys.find(each).state)).toEqual(['active', 'active'])
  await admin.settle(settlementOf(org.id, key.id))
  expect(await json(['balance', '--org', org.id])).toEqual({
    mode: 'test',
    balanceNano: '24987500000',
    heldNano: '0',
    reservedNano: '0',
    availableNano: '24987500000',
    availableUsd: '24.9875',
  })
  expect(await json(['org', 'show', org.id])).toMatchObject({
    name: 'Acme',
    keys: 1,
    activeKeys: 1,
    balances: [
      { mode: 'test', availableUsd: '24.9875' },
      { mode: 'live', availableUsd: '0.00' },
    ],
  })
  expect(
    (await json(['usage', '--org', org.id, '--by', 'model', '--from', '2026-11-01', '--to', '2026-12-01'])).total
      .chargeNano,
  ).toBe('12500000')
  expect(await json(['receipt', settlementOf('', '').requestId])).toMatchObject({ chargeNano: '12500000' })
  expect(await json(['ledger', 'verify'])).toMatchObject({ ok: true })
  expect(await json(['key', 'revoke', key.id])).toMatchObject({ state: 'revoked' })
  expect(admin.keys.find(rotated.key).state).toBe('revoked')
}, 60_000)

test('--test and --live say which is meant, everywhere where it matters', async () => {
  const { id } = await json(['org', 'create', 'Both'])
  for (const mode of ['test', 'live']) {
    expect(await json(['key', 'create', '--org', id, `--${mode}`])).toMatchObject({ mode })
    expect(await json(['credit', 'grant', '--org', id, '--usd', '5.00', `--${mode}`])).toMatchObject({ mode })
    expect(await json(['balance', '--org', id, `--${mode}`])).toMatchObject({ mode, availableUsd: '5.00' })
    expect(await json(['usage', '--org', id, `--${mode}`])).toMatchObject({ mode })
  }
  const { code, err } = await mart(['balance', '--org', id, '--test', '--live'])
  expect([code, err]).toEqual([2, 'mart: --test and --live exclude each other; see `mart balance --help`\n'])
}, 60_000)

test('people get aligned text, and the secret of a key only where it is made', async () => {
  const { id } = await json(['org', 'create', 'People'])
  const made = await mart(['key', 'create', '--org', id])
  expect(made.out).toMatch(/^sk-bf-[0-9a-f-]{36}\n\nThis secret is shown only here/)
  const listed = await mart(['key', 'list', '--org', id])
  expect(listed.out).not.toContain(made.out.split('\n')[0]!)
  const [heading, row] = listed.out.split('\n')
  expect(heading!.indexOf('PREFIX')).toBe(row!.indexOf('sk-bf-'))
  expect((await mart(['usage', '--org', id])).out).toStartWith('No test usage from 2026-11-01')
}, 30_000)

test('bad usage ends with 2 and one line that says where help is', async () => {
  const wrong = [
    [],
    ['frobnicate'],
    ['org'],
    ['org', 'create'],
    ['org', 'create', 'a', 'b'],
    ['org', 'list', '--frob'],
    ['key', 'create'],
    ['key', 'create', '--org', ''],
    ['key', 'create', '--org', 'x', '--rpm', 'many'],
    ['key', 'update', 'x'],
    ['credit', 'grant', '--org', 'x'],
    ['credit', 'grant', '--org', 'x', '--usd', '1e3'],
    ['balance', '--org'],
  ]
  for (const words of wrong) {
    const { code, out, err } = await mart([...words, '--json'])
    expect({ words, code, out, lines: err.split('\n').length }).toEqual({ words, code: 2, out: '', lines: 2 })
  }
}, 60_000)

test('help is there on each level', async () => {
  const [all, group, one] = await Promise.all([
    mart(['--help']),
    mart(['key', '--help']),
    mart(['key', 'create', '--help']),
  ])
  expect([all, group, one].map(({ code, err }) => [code, err])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ])
  for (const command of [
    'org create NAME',
    'key rotate ID',
    'credit grant',
    'balance',
    'usage',
    'receipt REQUEST_ID',
    'ledger verify',
    'config check [FILE]',
  ])
    expect(all.out).toContain(`mart ${command}`)
  expect(group.out).not.toContain('mart org')
  expect(one.out).toContain('--budget USD/PERIOD')
}, 30_000)

test('a refusal ends with 1 and one line on stderr, and names neither secret nor token', async () => {
  const secret = 'sk-bf-12345678-1234-4234-8234-123456789012'
  const { code, out, err } = await mart(['key', 'revoke', secret, '--json'])
  expect([code, out]).toEqual([1, ''])
  expect(err).toStartWith('mart: There is no key with this id.')
  expect(err).not.toContain(secret)
  const wrongToken = await mart(['org', 'list'], { MART_URL: url, MART_OPERATOR_TOKEN: 'not-the-token' })
  expect([wrongToken.code, wrongToken.err.includes('not-the-token')]).toEqual([1, false])
}, 30_000)

test('the server is found through the environment as well, and its absence is said', async () => {
  const found = await mart(['org', 'list', '--json'], { MART_URL: `${url}/`, MART_OPERATOR_TOKEN: operatorToken })
  expect(found.code).toBe(0)
  const empty = testFolder('empty')
  expect(await mart(['org', 'list'], { DATA_DIR: empty })).toMatchObject({ code: 1, out: '' })
  const gone = await mart(['org', 'list'], { MART_URL: 'http://127.0.0.1:9', MART_OPERATOR_TOKEN: 'x' })
  expect([gone.code, gone.err]).toEqual([1, 'mart: the server at http://127.0.0.1:9 does not answer; is it running?\n'])
  const half = await mart(['org', 'list'], { MART_URL: url })
  expect([half.code, half.err.split('\n').length]).toEqual([1, 2])
}, 30_000)

test('an operator token is made, used from elsewhere within its scopes, listed and revoked', async () => {
  const made = await mart(['token', 'create', '--name', 'portal', '--scope', 'read, keys'])
  const [token] = made.out.split('\n')
  const env = { MART_URL: url, MART_OPERATOR_TOKEN: token! }
  expect((await mart(['org', 'list'], env)).code).toBe(0)
  const refused = await mart(['org', 'create', 'x', '--json'], env)
  expect([refused.code, refused.out]).toEqual([1, ''])
  expect(refused.err).toStartWith('mart: This operator token lacks the scope admin; it has read, keys.')
  const listed = (await json(['token', 'list'])) as { id: string; name: string }[]
  const { id } = listed.find(({ name }) => name === 'portal')!
  expect((await mart(['token', 'list'])).out).not.toContain(token!)
  expect(await json(['token', 'revoke', id])).toMatchObject({ state: 'revoked' })
  expect((await mart(['org', 'list'], env)).code).toBe(1)
  expect((await mart(['token', 'create', '--name', 'x', '--scope', 'root'])).code).toBe(2)
}, 30_000)

test('what an operator does about money and organizations is done by a command each, and said in words', async () => {
  const org = (await json(['org', 'create', 'Slip'])) as { id: string }
  await json(['credit', 'grant', '--org', org.id, '--usd', '25.00', '--test'])
  expect(await json(['credit', 'revoke', '--org', org.id, '--usd', '5', '--test', '--note', 'slip'])).toMatchObject({
    mode: 'test',
    amountUsd: '5.00',
    reversals: [{ amountNano: '5000000000' }],
  })
  const tooMuch = await mart(['credit', 'revoke', '--org', org.id, '--usd', '21', '--test'])
  expect([tooMuch.code, tooMuch.out]).toEqual([1, ''])
  expect(tooMuch.err).toStartWith('mart: Only $20.00 of test credit is unspent')
  await json(['org', 'suspend', org.id, '--why', 'slips'])
  expect((await mart(['org', 'show', org.id])).out).toMatch(/state +suspended since .*\nwhy +slips/)
  await json(['org', 'resume', org.id])
  expect(await json(['org', 'rename', org.id, 'Slip & Co'])).toMatchObject({ name: 'Slip & Co', state: 'active' })
  const byDay = await mart(['usage', '--test', '--by', 'day', '--from', '2026-11-21', '--to', '2026-11-23'])
  expect(byDay.out).toMatch(/DAY .*\n2026-11-21 .*\n2026-11-22 .*\ntotal /)
  const key = (await json(['key', 'create', '--org', org.id, '--test', '--budget', '2/day'])) as { id: string }
  expect(await json(['key', 'list', '--org', org.id])).toMatchObject([{ id: key.id, budgetSpentUsd: '0.00' }])
  expect((await mart(['key', 'list', '--org', org.id])).out).toMatch(/BUDGET +SPENT +RESETS +LAST USED/)
  expect((await mart(['usage', '--by', 'colour'])).err).toStartWith('mart: --by must be one of model, key, region')
  for (const [words, says] of [
    [['credit', 'grant', '--org', org.id, '--usd', 'ten'], '--usd must be '],
    [['usage', '--from', 'yesterday'], '--from must be '],
    [['token', 'create', '--name', 'x', '--scope', 'root'], '--scope must be '],
    [['org', 'create', 'x'.repeat(101)], 'NAME must be '],
    [['key', 'create', '--org', org.id, '--budget', '5/fortnight'], '--budget must be '],
  ] as const) {
    const { code, err } = await mart([...words])
    expect([code, err.slice(0, `mart: ${says}`.length)]).toEqual([2, `mart: ${says}`])
  }
}, 60_000)

test('a ledger that does not add up ends with 1 and still prints its checks', async () => {
  const checks = [{ name: 'sums', ok: false, detail: 'off by 1' }]
  const broken = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ ok: false, checks }) })
  const env = { MART_URL: `http://127.0.0.1:${broken.port}`, MART_OPERATOR_TOKEN: 'x' }
  const { code, out } = await mart(['ledger', 'verify', '--json'], env)
  await broken.stop(true)
  expect([code, JSON.parse(out)]).toEqual([1, { ok: false, checks }])
}, 30_000)

test('a configuration file is checked without a server', async () => {
  const good = join(admin.dataDir, 'good.yaml')
  const bad = join(admin.dataDir, 'bad.yaml')
  writeFileSync(good, 'defaults: {rpm: 60}\n')
  writeFileSync(bad, 'defaults: {rmp: 60}\n')
  expect(await mart(['config', 'check', good, '--json'], {})).toMatchObject({ code: 0, err: '' })
  const { code, err } = await mart(['config', 'check', bad], {})
  expect([code, err]).toEqual([1, `mart: ${bad}: defaults.rmp is unknown; allowed: region, rpm, tpm, concurrency\n`])
}, 30_000)
