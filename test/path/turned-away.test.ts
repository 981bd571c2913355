/** A call that was turned away is told of with the model that it was for, wherever on its way that was. */
import { afterEach, expect, test } from 'bun:test'
import type { KeyChanges } from '../../src/store/store.ts'
import { startGateway, testKey, type TestGateway } from './gateway.ts'

const provider = { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/one' }
const config = {
  providers: { one: provider, two: { kind: 'google-ai-studio', apiKey: '${KEY}', baseUrl: 'http://127.0.0.1:1/two' } },
  deployments: [
    { model: 'gpt-5.4', provider: 'one', region: 'us' },
    { model: 'gemini-2.5-flash', provider: 'two', region: 'us' },
  ],
}
let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())

const chat = { url: '/v1/chat/completions', body: { model: 'gpt-5.4', messages: [{ role: 'user', content: 'hi' }] } }
const gemini = {
  url: '/genai/v1beta/models/gemini-2.5-flash:generateContent',
  body: { contents: [{ parts: [{ text: 'hi' }] }] },
}
const calls = { chat, gemini }

type Told = { readonly code: string; readonly openai?: object; readonly genai?: object; readonly changes?: KeyChanges }
/** Ways to be turned away behind the model. */
const ways: Readonly<Record<string, Told>> = {
  'without credit': { code: 'insufficient_credit' },
  'beyond its budget': { code: 'budget_exceeded', changes: { budgetNano: 1n, budgetPeriod: 'day' } },
  'for a field of its body': { code: 'invalid_request', openai: { messages: 7 }, genai: { contents: 7 } },
}

for (const [name, { code, openai, genai, changes = {} }] of Object.entries(ways))
  test(`a call that is turned away ${name} is told of with its model, in both dialects`, async () => {
    const creditUsd = code === 'insufficient_credit' ? 0n : 1_000n
    const { ask, ended, deps } = (gateway = await startGateway(config, () => ({ pieces: [] }), { creditUsd }))
    deps.keys.put({ ...testKey, ...changes })
    await ask('POST', calls.chat.url, { body: { ...chat.body, ...openai } })
    await ask('POST', calls.gemini.url, { body: { ...gemini.body, ...genai } })
    expect(ended.map(({ model, failure }) => [model, failure])).toEqual([
      ['gpt-5.4', code],
      ['gemini-2.5-flash', code],
    ] as never)
  })

test('a model that nobody provides is told of by its name; one that is not listed as the client wrote it; a body that cannot be read with none', async () => {
  const { ask, ended } = (gateway = await startGateway({ ...config, deployments: config.deployments.slice(1) }, () => ({
    pieces: [],
  })))
  await ask('POST', chat.url, { body: chat.body })
  await ask('POST', chat.url, { body: { ...chat.body, model: 'gpt-made-up' } })
  await ask('POST', chat.url, { body: { ...chat.body, model: ['gpt-5.4'] } })
  await ask('POST', chat.url, { body: { ...chat.body, model: 'gpt-made-up', messages: 7 } })
  expect(ended.map(({ model, failure }) => [model, failure])).toEqual([
    ['gpt-5.4', 'no_provider'],
    ['gpt-made-up', 'model_not_found'],
    [null, 'invalid_request'],
    [null, 'invalid_request'],
  ])
})
