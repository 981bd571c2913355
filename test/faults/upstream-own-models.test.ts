/** Models of an operator's own come and go with the configuration; what was admitted keeps its price, even over a crash. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

const own = 'acme/llama3.1:8b'
const chat = ways.withModel(ways.chat, own)
const chatStream = ways.withModel(ways.chatStream, own)

/** The sandbox is a server of one's own here, which calls the model by another name. */
const configOf = (input: string | null): string =>
  JSON.stringify({
    providers: { server: { kind: 'openai-compatible', baseUrl: '${MART_SANDBOX_URL}/v1', apiKey: '${SANDBOX_KEY}' } },
    models:
      input === null ? {} : { [own]: { contextTokens: 100_000, price: { usdPerMillion: { input, output: '7' } } } },
    deployments: [
      { model: 'gpt-5.4-mini', provider: 'server', region: 'us' },
      ...(input === null ? [] : [{ model: own, provider: 'server', region: 'us', upstreamModel: 'gpt-4o-mini' }]),
    ],
  })

let server: Server
let customer: Account
let path: string
beforeAll(async () => {
  const { env } = ways.configured(configOf('3'))
  path = env.MART_CONFIG
  server = await startServer({ env: { ...env, SANDBOX_KEY: 'sandbox-credential' } })
  customer = await ways.openPurse(server, '100', { concurrency: null })
}, ways.startMsMax)
afterAll(() => server.stop())

function journalText(): string {
  const folder = join(server.dataDir, 'journal')
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

const statusOf = async (): Promise<number> => (await ways.taken(ways.ask(server, customer.key, chat))).status
const reloaded = async (text: string, status: number): Promise<void> => {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
  let last = 0
  await eventually(
    async () => ((last = await statusOf()) === status ? true : null),
    5_000,
    () => `answered ${last}, not ${status}`,
  )
}

/** Micro-USD a token, as whole nano-USD. */
async function costNano(requestId: string, input: bigint): Promise<bigint> {
  const [served] = await ways.servedOf(server, requestId)
  const { usage } = served!
  return BigInt(usage.input + usage.cachedInput) * input * 1_000n + BigInt(usage.output + usage.reasoning) * 7_000n
}

test('a model that is taken out or repriced while it answers is charged what it was admitted at; later ones are not served, or at the new price', async () => {
  const slow = ways.taken(ways.ask(server, customer.key, chatStream, { sandbox: 'tokens=40 chunk_ms=50' }))
  await eventually(
    async () => ((await ways.balanceOf(server, customer)).heldNano > 0n ? true : null),
    5_000,
    () => 'nothing was held',
  )
  await reloaded(configOf(null), 404)
  const { requestId, broke } = await slow
  const receipt = await ways.settledOf(server, customer, requestId)
  expect({ broke, model: receipt.model, flags: receipt.flags }).toEqual({ broke: false, model: own, flags: [] })
  expect(BigInt(receipt.chargeNano)).toBe(await costNano(requestId, 3n))

  await reloaded(configOf('5'), 200)
  const again = await ways.taken(ways.ask(server, customer.key, chat))
  const next = await ways.settledOf(server, customer, again.requestId)
  expect(BigInt(next.chargeNano)).toBe(await costNano(again.requestId, 5n))
})

test('a stream that a crash cut off is charged at the price of its admission, although its model is gone at the restart', async () => {
  const response = await ways.ask(server, customer.key, chatStream, { sandbox: 'tokens=2000 chunk_ms=20' })
  const requestId = response.headers.get('x-request-id')!
  const reading = ways.taken(response)
  // The journal has a note of it: the only record that says how far it came.
  await eventually(
    () => Promise.resolve(journalText().includes('"kind":"progress"') ? true : null),
    10_000,
    () => 'no progress was noted',
  )
  await server.kill('SIGKILL')
  expect((await reading).broke).toBe(true)
  writeFileSync(path, configOf(null))
  await server.restart()
  const receipt = await ways.settledOf(server, customer, requestId)
  expect(receipt).toMatchObject({ ending: 'in-doubt', model: own, flags: ['estimated'] })
  expect(BigInt(receipt.chargeNano)).toBeGreaterThan(0n)
  expect(receipt.lines.map(({ class: each, picoPerUnit }) => [each, picoPerUnit])).toEqual([
    ['input', '5000000'],
    ['output', '7000000'],
  ])
  expect(await ways.operate<{ ok: boolean }>(server, 'GET', '/ledger/verify')).toMatchObject({ ok: true })
}, 40_000)
