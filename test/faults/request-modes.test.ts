/** Simulated and real never mix: whatever is configured, and whatever fails. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { processes } from './process-support.ts'
import * as ways from './request-support.ts'
import {
  break_,
  configOf,
  credentialsOf,
  geminiModel,
  mend,
  openaiModel,
  seenOf,
  type Wanted,
} from './upstream-support.ts'

const countTokens = (model: string): ways.Way => ({
  ...ways.withModel(ways.generate, model),
  name: 'genai, countTokens',
  path: `/genai/v1beta/models/${model}:countTokens`,
})
const modelsOf = async (server: Server, { key }: Account): Promise<{ openai: string[]; genai: string[] }> => {
  const [openai, genai] = await Promise.all(
    ['/v1/models', '/genai/v1beta/models?pageSize=1000'].map(async (path) => {
      const headers = { authorization: `Bearer ${key}` }
      return (await (await fetch(server.baseUrl + path, { headers })).json()) as Record<
        string,
        { id: string; name: string }[]
      >
    }),
  )
  return { openai: openai!['data']!.map(({ id }) => id), genai: genai!['models']!.map(({ name }) => name) }
}
const ask = (server: Server, { key }: Account, way: ways.Way, options: Parameters<typeof ways.ask>[3] = {}) =>
  ways.taken(ways.ask(server, key, way, { outputTokens: 60, ...options, ...ways.within(20_000) }))
const isSimulated = ({ headers }: ways.Taken): boolean => headers.get('x-mart-sandbox') === 'true'

describe('without a real provider', () => {
  let server: Server
  let live: Account
  let test_: Account
  beforeAll(async () => {
    server = await startServer()
    live = await ways.openPurse(server, '10', { concurrency: null, mode: 'live' })
    test_ = await ways.openPurse(server, '10', { concurrency: null })
  }, ways.startMsMax)
  afterAll(() => server.stop())

  for (const way of [...ways.ways, ways.embed, countTokens(ways.geminiModel)]) {
    test(`a live key gets 503 and is told why: ${way.name}`, async () => {
      const before = await ways.balanceOf(server, live, 'live')
      const count = await ways.servedCount(server)
      const got = await ask(server, live, way)
      expect([got.status, isSimulated(got), got.headers.get('retry-after')]).toEqual([503, false, '60'])
      const { error } = JSON.parse(got.text) as { error: { code: unknown; message: string; status?: string } }
      expect(error.message).toContain(`No real provider serves the model '${way.model}'`)
      expect(error.message).toContain('A test key gets simulated answers.')
      if (way.dialect === 'openai')
        expect([error.code, got.headers.get('x-should-retry')]).toEqual(['no_provider', 'false'])
      else {
        expect([error.code, error.status]).toEqual([503, 'UNAVAILABLE'])
        expect(got.text).toContain('"NO_PROVIDER"')
      }
      expect(await ways.servedCount(server)).toBe(count)
      expect(await ways.balanceOf(server, live, 'live')).toEqual(before)
    })
  }

  test('the log says so once a minute for each model, however many ask', async () => {
    for (let round = 0; round < 5; round += 1) await ask(server, live, ways.chat)
    const told = (): number =>
      server.output().split(`"event":"no-real-provider","model":"${ways.chatModel}"`).length - 1
    expect(
      await eventually(
        () => Promise.resolve(told() || null),
        5_000,
        () => 'the log says nothing',
      ),
    ).toBe(1)
  })

  test('the lists of a live key have no model, those of a test key have them all', async () => {
    expect(await modelsOf(server, live)).toEqual({ openai: [], genai: [] })
    const { openai, genai } = await modelsOf(server, test_)
    expect(openai).toContain(openaiModel)
    expect(genai).toContain(`models/${geminiModel}`)
  })

  const errors = ['status=429', 'status=500', 'reset=0'] as const
  test('every answer to a test key says that it is simulated: plain, streamed, free, and where it failed', async () => {
    for (const way of [...ways.ways, ways.embed, countTokens(ways.geminiModel)]) {
      const got = await ask(server, test_, way)
      expect([way.name, got.status, isSimulated(got)]).toEqual([way.name, 200, true])
    }
    for (const way of ways.ways) {
      for (const sandbox of errors) {
        const got = await ask(server, test_, way, { sandbox })
        expect([way.name, sandbox, got.status >= 400, isSimulated(got)]).toEqual([way.name, sandbox, true, true])
      }
    }
    const refused = await ask(server, test_, ways.chat, { fields: { temperature: 'hot' } })
    expect([refused.status, isSimulated(refused)]).toEqual([400, true])
  })
})

const real: Wanted = { pose: 'openai', account: 'real' }
const spare: Wanted = { pose: 'openai', account: 'spare', more: { priority: 1 } }
const chat = ways.withModel(ways.chat, openaiModel)
const chatStream = ways.withModel(ways.chatStream, openaiModel)

describe('with real providers', () => {
  for (const sandbox of ['none configured', 'one configured, and preferred'] as const) {
    describe(sandbox, () => {
      let server: Server
      let live: Account
      let test_: Account
      beforeAll(async () => {
        const file = JSON.parse(configOf([real, spare])) as { providers: Record<string, object>; deployments: object[] }
        if (sandbox !== 'none configured') {
          file.providers['play'] = { kind: 'sandbox' }
          for (const region of ['us', 'eu'])
            file.deployments.push({ provider: 'play', model: '*', region, priority: 0, weight: 100 })
        }
        const { env } = ways.configured(JSON.stringify(file))
        server = await startServer({ env: { ...env, ...credentialsOf([real, spare]) } })
        live = await ways.openPurse(server, '10', { concurrency: null })
        test_ = await ways.openPurse(server, '10', { concurrency: null, mode: 'test' })
      }, ways.startMsMax)
      afterAll(() => server.stop())

      test('live keys reach real deployments alone, test keys the sandbox alone, for the same model', async () => {
        for (let round = 0; round < 10; round += 1) {
          for (const way of [chat, chatStream]) {
            const [realGot, testGot] = await Promise.all([ask(server, live, way), ask(server, test_, way)])
            expect([realGot.status, isSimulated(realGot), testGot.status, isSimulated(testGot)]).toEqual([
              200,
              false,
              200,
              true,
            ])
            expect((await seenOf(server, realGot.requestId)).map(({ account }) => account)).toEqual(['real'])
            expect((await seenOf(server, testGot.requestId)).map(({ pose }) => pose)).toEqual([null])
          }
        }
      })

      test('a live key whose every real deployment fails is told so, and never gets the sandbox', async () => {
        for (const at of [real, spare]) await break_(server, at, { status: 500 })
        const got = await ask(server, live, chat)
        for (const at of [real, spare]) await mend(server, at)
        expect([got.status >= 500, isSimulated(got)]).toEqual([true, false])
        const receipt = await ways.settledOf(server, live, got.requestId)
        expect([...new Set(receipt.attempts.map(({ deployment }) => deployment))].toSorted()).toEqual(['real', 'spare'])
        expect([receipt.mode, receipt.chargeNano]).toEqual(['live', '0'])
      })

      test('a test key whose sandbox fails never reaches anything real', async () => {
        const got = await ask(server, test_, chat, { sandbox: 'status=500' })
        expect([got.status >= 500, isSimulated(got)]).toEqual([true, true])
        const receipt = await ways.settledOf(server, test_, got.requestId)
        expect(receipt.attempts.every(({ deployment }) => deployment !== 'real' && deployment !== 'spare')).toBe(true)
        expect(receipt.mode).toBe('test')
      })

      test('a model that no real deployment serves is 503 for a live key, and served to a test key in every region', async () => {
        const gemini = ways.withModel(ways.generate, geminiModel)
        expect((await ask(server, live, gemini)).status).toBe(503)
        expect((await ask(server, live, countTokens(geminiModel))).status).toBe(503)
        for (const way of [gemini, countTokens(geminiModel), { ...chat, path: `/eu${chat.path}` }]) {
          const got = await ask(server, test_, way)
          expect([way.path, got.status, isSimulated(got)]).toEqual([way.path, 200, true])
        }
      })

      test('a model that real deployments serve in another region alone stays a matter of the region', async () => {
        const got = await ask(server, live, { ...chat, path: `/eu${chat.path}` })
        expect([got.status, got.text.includes('region_unavailable')]).toEqual([403, true])
      })

      test('lists show what the asking key can use', async () => {
        expect(await modelsOf(server, live)).toEqual({ openai: [openaiModel], genai: [] })
        const { openai, genai } = await modelsOf(server, test_)
        expect([openai.length > 5, genai.length > 5]).toEqual([true, true])
      })

      test('a receipt says its mode, also to a key of the other mode of the same organization', async () => {
        const path = `/organizations/${live.organizationId}/keys`
        const { key } = await ways.operate<{ key: string }>(server, 'POST', path, { mode: 'test' })
        const { requestId } = await ask(server, live, chat)
        const headers = { authorization: `Bearer ${key}` }
        const receipt = await fetch(`${server.baseUrl}/v1/receipts/${requestId}`, { headers })
        expect([receipt.status, ((await receipt.json()) as { mode: string }).mode]).toEqual([200, 'live'])
        const stranger = { authorization: `Bearer ${test_.key}` }
        expect((await fetch(`${server.baseUrl}/v1/receipts/${requestId}`, { headers: stranger })).status).toBe(404)
      })

      test('test credit buys nothing real: a live key of an organization with test credit alone is refused', async () => {
        const { key } = await ways.operate<{ key: string }>(
          server,
          'POST',
          `/organizations/${test_.organizationId}/keys`,
          { mode: 'live' },
        )
        const got = await ask(server, { ...test_, key }, chat)
        expect([got.status, got.text.includes('insufficient_quota')]).toEqual([429, true])
        expect(await ways.balanceOf(server, test_, 'live')).toEqual({
          balanceNano: 0n,
          heldNano: 0n,
          availableNano: 0n,
        })
      })
    })
  }
})

test('the built-in sandbox of an installation with real providers starts with the first test request, and serves it', async () => {
  const { env } = ways.configured(configOf([real]).replaceAll('${MART_SANDBOX_URL}', 'http://127.0.0.1:9'))
  const server = await startServer({ sandbox: 'built-in', env: { ...env, ...credentialsOf([real]) } })
  try {
    const children = (): number => processes().filter(({ parent }) => parent === server.pid()).length
    expect(children()).toBe(0)
    const account = await ways.openPurse(server, '1', { mode: 'test', concurrency: null })
    const both = await Promise.all([ask(server, account, chat), ask(server, account, ways.generate)])
    expect(both.map((got) => [got.status, isSimulated(got)])).toEqual([
      [200, true],
      [200, true],
    ])
    expect(children()).toBe(1)
  } finally {
    await server.stop()
  }
}, 60_000)
