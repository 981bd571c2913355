/**
 * Secrets and prompts stay where they belong: after every kind of failure they are in no log, no file of
 * the data folder, and no answer but to whoever sent them.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runMart, type Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

const mark = crypto.randomUUID().slice(0, 8)
const promptMark = `SECRET-PROMPT-${mark}`
/** Whatever else a body carries. */
const bodyMark = `SECRET-BODY-${mark}`
const prompt = `What is a river? ${promptMark}`
const strangerKey = `sk-bf-${mark}-STRANGER-KEY-0000000000000000`
const upstreamCredential = 'sandbox-credential'

let server: Server
let account: Account
let revoked: Account
let poor: Account
let operatorToken = ''
/** Every answer, errors in the middle of streams included. */
const answers: ways.Taken[] = []

beforeAll(async () => {
  server = await startServer()
  account = await support.openHouse(server)
  revoked = await support.openHouse(server)
  poor = await ways.openPurse(server, '0.000001')
  await ways.operate(server, 'POST', `/keys/${revoked.keyId}/revoke`)
  operatorToken = tokenNow()
  await failInEveryWay()
}, ways.startMsMax)
afterAll(() => server.stop())

const tokenNow = (): string =>
  (JSON.parse(readFileSync(join(server.dataDir, 'operator.json'), 'utf8')) as { token: string }).token

async function failInEveryWay(): Promise<void> {
  for (const way of ways.ways) {
    for (const key of [account.key, revoked.key, poor.key, strangerKey]) await failAs(way, key)
    for (const sandbox of upstreamFaults)
      await keep(ways.ask(server, account.key, way, { sandbox, prompt, fields: extras(way) }))
    await leave(way)
    await keep(ways.ask(server, account.key, ways.withModel(way, `${way.model}-does-not-exist`), { prompt }))
  }
  await keep(ways.ask(server, account.key, ways.embed, { prompt, fields: { dimensions: bodyMark } }))
  await failOperating()
  await dieUnderWay()
}

const upstreamFaults = [
  'status=401 code=invalid_api_key',
  'status=400',
  'status=429 retry_after=1',
  'status=500',
  'garbage=1',
  'reset_after=0',
  'reset_after=2',
  'truncate_after=2',
  'usage=garbage tokens=5',
  'usage=none tokens=5',
  'served=unknown-model tokens=5',
  'no_such_directive=1',
  'tokens=5',
]

const extras = (way: ways.Way): object =>
  way.dialect === 'openai'
    ? { user: bodyMark, metadata: { note: bodyMark } }
    : { systemInstruction: { parts: [{ text: bodyMark }] } }

/** The same key in every place where SDKs put one, with bodies that are fine, wrong and broken. */
async function failAs(way: ways.Way, key: string): Promise<void> {
  const places: { readonly headers: Record<string, string>; readonly query: string }[] = [
    { headers: { authorization: `Bearer ${key}` }, query: '' },
    { headers: { 'x-goog-api-key': key }, query: '' },
    { headers: {}, query: `key=${key}` },
    { headers: { authorization: `Basic ${key}` }, query: `api_key=${key}` },
    { headers: { authorization: `Bearer ${upstreamCredential}x` }, query: `key=${key}&key=${key}x` },
  ]
  const bodies = [
    JSON.stringify(way.bodyOf(prompt, { fields: extras(way) })),
    JSON.stringify({
      ...way.bodyOf(prompt, {}),
      model: 7,
      contents: promptMark,
      temperature: bodyMark,
      stream: bodyMark,
    }),
    `{"messages": ["${promptMark}", `,
    promptMark,
  ]
  for (const { headers, query } of places) {
    for (const body of bodies) {
      const url = `${server.baseUrl}${way.path}${way.path.includes('?') ? '&' : '?'}${query}`
      await keep(fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }))
    }
    await keep(fetch(`${server.baseUrl}${way.path}/unknown?${query}`, { headers }))
  }
}

async function leave(way: ways.Way): Promise<void> {
  for (const sandbox of ['latency_ms=2000', 'tokens=50 chunk_ms=20']) {
    const options = { sandbox, prompt, signal: AbortSignal.timeout(150) }
    await ways
      .ask(server, account.key, way, options)
      .then((response) => response.text())
      .catch(() => undefined)
  }
}

async function failOperating(): Promise<void> {
  for (const path of [
    '/organizations',
    '/keys/none/revoke',
    `/${operatorToken}`,
    '/receipts/req_none',
    '/organizations/none/grants',
  ]) {
    for (const method of ['GET', 'POST']) {
      for (const token of [operatorToken, `${operatorToken}x`, account.key]) {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
        const body =
          method === 'POST' ? `{"name": ["${bodyMark}"], "usd": "${bodyMark}", "key": "${account.key}"}` : null
        await keep(fetch(`${server.baseUrl}/api/admin${path}`, { method, headers, body }))
      }
    }
  }
  await runMart(server, ['receipt', account.key])
}

/** Killed with prompts under way, and started again, so that recovery has had its say. */
async function dieUnderWay(): Promise<void> {
  const asking = ways.ways.map((way) =>
    keep(ways.ask(server, account.key, way, { sandbox: 'tokens=80 chunk_ms=50 latency_ms=100', prompt })),
  )
  await Bun.sleep(800)
  await Promise.all([server.kill('SIGKILL'), ...asking])
  await server.restart()
}

async function keep(asking: Promise<Response>): Promise<void> {
  answers.push(await ways.taken(asking))
}

const keysOf = (): [string, string][] => [
  ['the key', account.key],
  ['a revoked key', revoked.key],
  ['a poor key', poor.key],
  ['a stranger’s key', strangerKey],
  ['the upstream credential', upstreamCredential],
  ['the operator’s token', operatorToken],
  ['the operator’s token now', tokenNow()],
]
const contentsOf = (): [string, string][] => [
  ['the prompt', promptMark],
  ['the body', bodyMark],
]
/** As they are, and as Base64, in which a careless dump would have them. */
const found = (text: string, secrets: readonly (readonly [string, string])[]): string[] =>
  secrets
    .filter(([, secret]) => text.includes(secret) || text.includes(Buffer.from(secret).toString('base64')))
    .map(([name]) => name)

const refusals = (): readonly ways.Taken[] => answers.filter(({ status }) => status !== 200)

test('the run reached every kind of failure', () => {
  const statuses = new Set(refusals().map(({ status }) => status))
  for (const status of [400, 401, 404, 429, 503]) expect([...statuses]).toContain(status)
  expect(refusals().length).toBeGreaterThan(300)
  expect(answers.some(({ status, broke }) => status === 200 && broke)).toBe(true)
})

test('neither keys nor credentials nor prompts are in what the gateway prints', () => {
  const lines = server.output().split('\n')
  expect(lines.some((line) => line.includes('request-failed'))).toBe(true)
  // What is kept of the output has its beginning, so nothing was dropped.
  expect(server.output()).toContain('shown only this once')
  const leaks = lines.flatMap((line) =>
    found(line, [...keysOf(), ...contentsOf()]).map((name) => `${name}: ${line.slice(0, 300)}`),
  )
  expect(leaks).toEqual([])
})

test('neither keys nor credentials nor prompts are in any file of the data folder', async () => {
  const shot = await support.shoot(server, account, { way: ways.chat, sandbox: 'tokens=5' })
  await ways.settledOf(server, account, shot.requestId)
  const look = (): string[] =>
    filesOf(server.dataDir).flatMap(({ name, text }) =>
      found(text, secretsFor(name)).map((secret) => `${secret} in ${name}`),
    )
  const names = filesOf(server.dataDir).map(({ name }) => name)
  for (const part of ['mart.db', 'mart.db-wal', 'journal-', 'operator.json'])
    expect(names.some((name) => name.includes(part))).toBe(true)
  expect(look()).toEqual([])
  // The same search finds what does belong there.
  expect(filesOf(server.dataDir).some(({ text }) => text.includes(account.organizationId))).toBe(true)
  await server.kill()
  expect(look()).toEqual([])
  await server.restart()
})

/** The one file that is there to hold the operator's token, for its owner alone. */
const secretsFor = (file: string): [string, string][] =>
  [...keysOf(), ...contentsOf()].filter(([name]) => file !== 'operator.json' || name !== 'the operator’s token now')

function filesOf(folder: string): { readonly name: string; readonly text: string }[] {
  const names = readdirSync(folder, { recursive: true }) as string[]
  const files = names.filter((name) => statSync(join(folder, name)).isFile())
  return files.map((name) => ({ name, text: readFileSync(join(folder, name), 'latin1') }))
}

const saidIn = ({ status, headers, text }: ways.Taken): string => `${status} ${JSON.stringify([...headers])} ${text}`
const leaksIn = (given: readonly ways.Taken[], secrets: readonly (readonly [string, string])[]): string[] =>
  given.map(saidIn).flatMap((said) => found(said, secrets).map((name) => `${name}: ${said.slice(0, 300)}`))

test('no answer says a key or a credential, and no error what was in the body', () => {
  expect([...new Set(leaksIn(answers, keysOf()))]).toEqual([])
  expect([...new Set(leaksIn(refusals(), contentsOf()))]).toEqual([])
})
