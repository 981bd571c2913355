/**
 * What each kind of provider does differently, and what must never be seen of it: nothing of a customer
 * goes up but the question, nothing of our account comes down, and no SDK can tell one provider from another.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const deployments = [
  { pose: 'openai', account: 'oai' },
  { pose: 'azure', account: 'azone', upstreamModel: `dep-${up.openaiModel}` },
  {
    pose: 'azure',
    account: 'aztwo',
    upstreamModel: `dep-${up.openaiModel}`,
    provider: { style: 'deployments', apiVersion: '2024-10-21' },
  },
  { pose: 'ai-studio', account: 'studio' },
  { pose: 'vertex', account: 'vert' },
] as const satisfies readonly up.Wanted[]

let fleet: up.Fleet
beforeAll(async () => {
  // Each is the only one of a region of its own, so that a test says which one it asks.
  const wanted = deployments.map((each) => ({ ...each, region: each.account }))
  const policies = wanted.map(({ account }) => [account, { serves: [account] }] as const)
  const regions = {
    us: { serves: ['oai'], mayChoose: policies.map(([name]) => name) },
    ...Object.fromEntries(policies),
  }
  fleet = await up.startFleet(wanted, { regions })
}, ways.startMsMax)
afterAll(() => fleet.server.stop())

const at = (account: string, way: ways.Way): ways.Way => ({ ...way, path: `/${account}${way.path}` })
const waysOf = ({ pose }: up.Wanted): readonly ways.Way[] =>
  pose === 'openai' || pose === 'azure' ? [up.chat, up.chatStream] : [up.generate, up.generateStream, up.generateArray]

/** What the sandbox's accounts are called, wherever it names them. */
const privateWords = (account: string): readonly string[] => [
  `org-${account}`,
  `proj_${account}`,
  `key-${account}`,
  '123456789',
  'dep-gpt',
]

describe('every kind, every way', () => {
  for (const deployment of deployments)
    for (const way of waysOf(deployment)) {
      const { pose, account } = deployment
      test(`${account} (${pose}), ${way.name}: served and charged for what the provider counted`, async () => {
        const got = await up.asked(fleet, at(account, way))
        await up.expectServedBy(fleet, got, [account])
        for (const name of [
          'openai-organization',
          'openai-project',
          'set-cookie',
          'cf-ray',
          'x-ms-region',
          'apim-request-id',
        ])
          expect({ [name]: got.headers.get(name) }).toEqual({ [name]: null })
        // Limits, where any are shown, are those of the customer's key, which has none here.
        expect(got.headers.get('x-ratelimit-limit-requests')).toBeNull()
        for (const word of privateWords(account)) expect(got.text).not.toContain(word)
      })

      test(`${account} (${pose}), ${way.name}: nothing of the customer goes up but the question`, async () => {
        const got = await ways.taken(
          fetch(`${fleet.server.baseUrl}${at(account, way).path}`, {
            method: 'POST',
            headers: {
              ...ways.keyHeader(way.dialect, fleet.customer.key),
              'content-type': 'application/json',
              cookie: 'session=secret',
              'x-forwarded-for': '203.0.113.9',
              'user-agent': 'customer/1.0',
              'openai-organization': 'org-of-the-customer',
              'x-goog-user-project': 'customer',
            },
            body: JSON.stringify(way.bodyOf('hi', { outputTokens: 30 })),
          }),
        )
        expect(got.status).toBe(200)
        const [seen] = await up.seenOf(fleet.server, got.requestId)
        const known = [
          'accept',
          'accept-encoding',
          'api-key',
          'authorization',
          'connection',
          'content-length',
          'content-type',
        ]
        const ours = [
          'host',
          'openai-organization',
          'openai-project',
          'user-agent',
          'x-client-request-id',
          'x-goog-api-key',
        ]
        expect(seen!.sent.clientHeaders.filter((name) => ![...known, ...ours].includes(name))).toEqual([])
        // One credential, in the place of its kind.
        const credential = {
          openai: 'authorization',
          azure: 'api-key',
          'ai-studio': 'x-goog-api-key',
          vertex: 'authorization',
        }[pose]
        const credentials = seen!.sent.clientHeaders.filter((name) =>
          ['authorization', 'api-key', 'x-goog-api-key'].includes(name),
        )
        expect(credentials).toEqual([credential])
      })

      test(`${account} (${pose}), ${way.name}: a refusal tells the client what it did wrong, and nothing of our account`, async () => {
        await up.break_(fleet.server, deployment, { status: 400 })
        const got = await up.asked(fleet, at(account, way))
        await up.mend(fleet.server, deployment)
        expect(got.status).toBe(400)
        for (const word of privateWords(account)) expect(got.text).not.toContain(word)
        const text = got.text.replace(/^\[([^]*)\]\s*$/, '$1')
        ways.envelopeOf({ ...got, text }, way.dialect)
      })
    }
})

describe('Azure', () => {
  test('its filter chunks reach nobody: every chunk has an id, and a choice with a delta or the usage', async () => {
    for (const account of ['azone', 'aztwo'])
      for (const fields of [{}, { stream_options: { include_usage: true } }]) {
        const got = await up.asked(fleet, at(account, up.chatStream), { sandbox: 'async_filter=1 tokens=30', fields })
        const chunks = ways.recordsOf(got.text, up.chatStream) as {
          id: string
          choices: { delta?: object }[]
          usage?: unknown
        }[]
        expect(chunks.length).toBeGreaterThan(5)
        for (const { id, choices, usage } of chunks) {
          expect(id).not.toBe('')
          if (!usage) expect(choices[0]?.delta).toBeDefined()
        }
        expect(chunks.some(({ usage }) => Boolean(usage))).toBe('stream_options' in fields)
        await up.expectServedBy(fleet, got, [account])
      }
  })

  test('the official SDK streams, accumulates and parses as against OpenAI itself', async () => {
    for (const account of ['azone', 'aztwo', 'oai']) {
      const client = new OpenAI({
        apiKey: fleet.customer.key,
        baseURL: `${fleet.server.baseUrl}/${account}/v1`,
        maxRetries: 0,
      })
      const messages = [{ role: 'user' as const, content: 'Tell me of rivers [[sandbox: async_filter=1 tokens=40]]' }]
      const stream = client.chat.completions.stream({
        model: up.openaiModel,
        messages,
        stream_options: { include_usage: true },
      })
      let said = ''
      for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? ''
      const completion = await stream.finalChatCompletion()
      expect(completion.choices[0]!.message.content).toBe(said)
      expect(completion.model).toStartWith(up.openaiModel)
      expect(completion.usage!.completion_tokens).toBeGreaterThan(0)
    }
  })

  test('an error is in OpenAI’s own envelope, and what its policy blocks says so', async () => {
    const got = await up.asked(fleet, at('azone', up.chat), { sandbox: 'blocked=1' })
    expect(got.status).toBe(400)
    expect(ways.envelopeOf(got, 'openai').code).toBe('content_filter')
    expect(got.text).toContain('ResponsibleAIPolicyViolation')
  })
})

describe('Google', () => {
  const storeOf = async (account: string, fields: object): Promise<unknown> => {
    const got = await up.asked(fleet, at(account, up.generate), { fields })
    expect(got.status).toBe(200)
    return (await up.seenOf(fleet.server, got.requestId))[0]!.sent.store
  }
  test('AI Studio is told to keep nothing, unless the client wants it kept', async () => {
    expect([
      await storeOf('studio', {}),
      await storeOf('studio', { store: true }),
      await storeOf('studio', { store: false }),
    ]).toEqual([false, true, false])
  })

  test('Vertex AI gets no field that only AI Studio has, and a role with every content', async () => {
    expect(await storeOf('vert', { store: true, mediaProcessing: {} })).toBeOneOf([undefined, null])
    for (const contents of [[{ parts: [{ text: 'hi' }] }], { parts: [{ text: 'hi' }] }])
      expect((await up.asked(fleet, at('vert', up.generate), { fields: { contents } })).status).toBe(200)
  })

  test('Vertex AI’s chunks that only say the traffic type do not count as usage', async () => {
    const got = await up.asked(fleet, at('vert', up.generateStream), { sandbox: 'tokens=50 reasoning=20' })
    expect(got.text).toContain('trafficType')
    const receipt = await up.expectServedBy(fleet, got, ['vert'])
    expect(receipt.flags).toEqual([])
  })

  test('counting tokens works at both', async () => {
    for (const account of ['studio', 'vert']) {
      const way = { ...up.generate, path: up.generate.path.replace('generateContent', 'countTokens') }
      const got = await up.asked(
        fleet,
        at(account, { ...way, bodyOf: () => ({ contents: [{ parts: [{ text: 'hello there' }] }] }) }),
      )
      expect({ status: got.status, text: got.status === 200 ? '' : got.text }).toEqual({ status: 200, text: '' })
      expect((JSON.parse(got.text) as { totalTokens: number }).totalTokens).toBeGreaterThan(0)
    }
  })

  test('an access token that is revoked is fetched anew, and the client sees nothing of it', async () => {
    await up.expectServedBy(fleet, await up.asked(fleet, at('vert', up.generate)), ['vert'])
    await up.break_(fleet.server, { pose: 'vertex', account: 'vert' }, { revokedToken: true })
    await up.expectServedBy(fleet, await up.asked(fleet, at('vert', up.generate)), ['vert', 'vert'])
    await up.mend(fleet.server, { pose: 'vertex', account: 'vert' })
  })
})

test('no credential of ours is in anything that the gateway printed or answered', async () => {
  const answers = await Promise.all([
    ways.operate<object>(fleet.server, 'GET', '/deployments'),
    ways.operate<object>(fleet.server, 'POST', '/config/reload', {}),
  ])
  const said = fleet.server.output() + JSON.stringify(answers)
  for (const { account } of deployments) expect(said).not.toContain(`key-${account}`)
  expect(said).not.toContain('PRIVATE KEY')
})
