/**
 * Pictures that go wrong, and right: what is charged is what the sandbox's own count says was made, or what had come of
 * it; what credit does not cover is refused with what it would, and costs nothing.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { pictureKeys, pictureProviders } from './picture-providers.ts'
import {
  ask,
  configured,
  costNano,
  costsNothing,
  envelopeOf,
  expectClosedBooks,
  openPurse,
  servedOf,
  servedSince,
  settledOf,
  startMsMax,
  taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const grantedNano = 1_000_000_000n
let server: Server
beforeAll(async () => void (server = await startServer()))
afterAll(() => server?.stop())

const imagesOf = (model: string, streamed: boolean): Way => ({
  name: `images${streamed ? ', streamed' : ''}`,
  dialect: 'openai',
  streamed,
  model,
  path: '/v1/images/generations',
  bodyOf: (prompt, { fields }) => ({
    model,
    prompt,
    size: '1024x1024',
    quality: 'low',
    ...(streamed && { stream: true, partial_images: 2 }),
    ...fields,
  }),
})
const images = imagesOf('gpt-image-2', false)
const imagesStream = imagesOf('gpt-image-2', true)
const pictureTokens = 196
const partialTokens = 100

describe('what was made is charged, at the sandbox’s own count', () => {
  for (const way of [images, imagesStream])
    for (const model of ['gpt-image-2', 'gpt-image-1.5', 'gpt-image-1-mini'])
      test(`${way.name}: ${model}`, async () => {
        const account = await openPurse(server, '1.00')
        const fields = { n: 2, output_format: 'webp' }
        // Only gpt-image-1.5 writes beside its pictures.
        const got = await taken(
          ask(server, account.key, imagesOf(model, way.streamed), { fields, sandbox: 'tokens=40' }),
        )
        expect([got.status, got.broke]).toEqual([200, false])
        const receipt = await settledOf(server, account, got.requestId)
        const [served] = await servedOf(server, got.requestId)
        expect(receipt).toMatchObject({ endpoint: 'images.generations', ending: 'completed', flags: [], model })
        expect(served!.usage.output).toBe(model === 'gpt-image-1.5' ? 40 : 0)
        expect(BigInt(receipt.chargeNano)).toBe(costNano(model, served!.usage))
        await expectClosedBooks(server, account, grantedNano, [receipt])
      })

  test('ten pictures in one answer, whole', async () => {
    const account = await openPurse(server, '1.00')
    const got = await taken(ask(server, account.key, images, { fields: { n: 10 } }))
    const { data, usage } = JSON.parse(got.text) as { data: unknown[]; usage: { output_tokens: number } }
    expect([data.length, usage.output_tokens]).toEqual([10, 10 * pictureTokens])
    const receipt = await settledOf(server, account, got.requestId)
    expect(receipt.tokens.output).toBe(10 * pictureTokens)
    await expectClosedBooks(server, account, grantedNano, [receipt])
  })

  for (const usage of ['none', 'zero', 'garbage'])
    for (const way of [images, imagesStream])
      test(`${way.name}: where the answer’s usage is ${usage}, by the table, flagged`, async () => {
        const account = await openPurse(server, '1.00')
        const got = await taken(ask(server, account.key, way, { sandbox: `usage=${usage}` }))
        expect(got.status).toBe(200)
        const receipt = await settledOf(server, account, got.requestId)
        const [served] = await servedOf(server, got.requestId)
        expect(receipt.flags).toContain('estimated')
        expect(BigInt(receipt.chargeNano)).toBe(costNano(way.model, served!.usage))
        await expectClosedBooks(server, account, grantedNano, [receipt])
      })
})

describe('a stream that breaks', () => {
  for (const [name, sandbox] of [
    ['closes', 'truncate_after=2'],
    ['is reset', 'reset_after=2'],
  ] as const)
    test(`and ${name} behind two partial pictures: owes the prompt and 100 tokens for each, and the client is told`, async () => {
      const account = await openPurse(server, '1.00')
      const got = await taken(ask(server, account.key, imagesStream, { sandbox }))
      expect(got.text.match(/^event: image_generation\.partial_image$/gm)?.length).toBe(2)
      expect(got.text).toContain('data: {"error":')
      expect(got.text).not.toContain('image_generation.completed')
      const receipt = await settledOf(server, account, got.requestId)
      const [served] = await servedOf(server, got.requestId)
      expect(receipt).toMatchObject({ ending: 'upstream-failed', flags: ['estimated'] })
      expect(served!.sent.imageOutput).toBe(2 * partialTokens)
      expect(BigInt(receipt.chargeNano)).toBe(costNano('gpt-image-2', served!.sent))
      await expectClosedBooks(server, account, grantedNano, [receipt])
    })

  test('before anything came owes nothing', async () => {
    const account = await openPurse(server, '1.00')
    const got = await taken(ask(server, account.key, imagesStream, { sandbox: 'reset_after=0' }))
    expect(got.status).toBe(503)
    const receipt = await settledOf(server, account, got.requestId)
    expect(receipt).toMatchObject({ chargeNano: '0', lines: [] })
    await expectClosedBooks(server, account, grantedNano, [receipt])
  })

  test('a plain answer that is none owes nothing', async () => {
    const account = await openPurse(server, '1.00')
    const got = await taken(ask(server, account.key, images, { sandbox: 'garbage=1' }))
    expect(got.status).toBe(503)
    const receipt = await settledOf(server, account, got.requestId)
    expect(receipt.chargeNano).toBe('0')
    await expectClosedBooks(server, account, grantedNano, [receipt])
  })
})

describe('a client that leaves', () => {
  test('behind a partial picture is charged the whole, which the upstream makes anyway, once', async () => {
    const account = await openPurse(server, '1.00')
    const leave = new AbortController()
    const response = await ask(server, account.key, imagesStream, {
      sandbox: 'chunk_ms=300',
      signal: leave.signal,
    })
    const reader = response.body!.getReader()
    await reader.read()
    leave.abort()
    await reader.read().catch(() => undefined)
    const requestId = response.headers.get('x-request-id')!
    const receipt = await settledOf(server, account, requestId)
    const [served] = await servedOf(server, requestId)
    expect(receipt).toMatchObject({ ending: 'client-left', flags: [] })
    expect(served!.usage.imageOutput).toBe(pictureTokens + 2 * partialTokens)
    expect(BigInt(receipt.chargeNano)).toBe(costNano('gpt-image-2', served!.usage))
    await expectClosedBooks(server, account, grantedNano, [receipt])
  })

  test('before the first byte owes nothing, and the upstream call is cut off', async () => {
    const account = await openPurse(server, '1.00')
    const before = (await servedSince(server, 0)).at(-1)?.sequence ?? 0
    const leave = new AbortController()
    const asking = taken(ask(server, account.key, images, { sandbox: 'latency_ms=20000', signal: leave.signal }))
    const slow = async () => ((await (await fetch(`${server.baseUrl}/readyz`)).text()) ? true : null)
    await eventually(slow, 5_000, () => 'the server is not ready')
    await Bun.sleep(300)
    leave.abort()
    await asking.catch(() => undefined)
    const served = await eventually(
      async () => (await servedSince(server, before))[0] ?? null,
      10_000,
      () => 'the sandbox saw no request end',
    )
    expect(served).toMatchObject({ complete: false, sent: { input: 0, imageOutput: 0 } })
    const receipt = await settledOf(server, account, served.clientRequestId!)
    expect(receipt).toMatchObject({ ending: 'client-left', chargeNano: '0' })
    await expectClosedBooks(server, account, grantedNano, [receipt])
  })
})

describe('what credit does not cover', () => {
  // A picture of 7,024 tokens at 30 USD a million is 0.21072 USD, and its prompt is held by its bytes.
  const high = { quality: 'high', size: '1024x1024' }
  test.each([
    ['0.50', { ...high, n: 4 }, { fitting_n: '2', fitting_quality: 'high' }],
    ['0.10', { ...high, n: 1 }, { fitting_n: '1', fitting_quality: 'medium' }],
    ['0.05', { ...high, n: 5 }, { fitting_n: '5', fitting_quality: 'low' }],
  ])(
    'with %s USD, %j is refused with what would fit, and costs nothing; what would fit is made',
    async (usd, fields, fit) => {
      const account = await openPurse(server, usd)
      const got = await costsNothing(server, account, () => taken(ask(server, account.key, images, { fields })))
      expect([got.status, got.headers.get('x-should-retry')]).toEqual([429, 'false'])
      const error = envelopeOf(got, 'openai')
      expect(error).toMatchObject({ code: 'insufficient_quota', ...fit })
      expect(error.message).toContain(`n ${fit.fitting_n}, quality ${fit.fitting_quality}`)
      const fitting = { ...fields, n: Number(fit.fitting_n), quality: fit.fitting_quality }
      const made = await taken(ask(server, account.key, images, { fields: fitting }))
      expect(made.status).toBe(200)
      expect((JSON.parse(made.text) as { data: unknown[] }).data.length).toBe(fitting.n)
    },
  )

  test('a key’s budget says the same', async () => {
    const account = await openPurse(server, '1.00', { budget: '0.30/month' })
    const fields = { ...high, n: 2 }
    const got = await costsNothing(server, account, () => taken(ask(server, account.key, images, { fields })))
    expect(envelopeOf(got, 'openai')).toMatchObject({ fitting_n: '1', fitting_quality: 'high', budget_usd: '0.30' })
  })
})

describe('what the vendor refuses is told in its words, and costs nothing', () => {
  test.each([
    [{ n: 11, quality: 'low' }, 'integer_above_max_value'],
    [{ size: '1000x1000' }, 'invalid_value'],
    [{ quality: 'hd' }, 'invalid_value'],
    [{ response_format: 'url' }, 'unknown_parameter'],
    [{ background: 'transparent' }, 'invalid_value'],
  ])('%j', async (fields, code) => {
    const account = await openPurse(server, '1000.00')
    const got = await costsNothing(server, account, () => taken(ask(server, account.key, images, { fields })))
    expect(got.status).toBe(400)
    expect(envelopeOf(got, 'openai').code).toBe(code)
  })

  test('a prompt that its policy does not allow', async () => {
    const account = await openPurse(server, '1.00')
    const got = await costsNothing(server, account, () =>
      taken(ask(server, account.key, images, { sandbox: 'blocked=1' })),
    )
    expect([got.status, envelopeOf(got, 'openai').code]).toEqual([400, 'moderation_blocked'])
  })
})

describe('what is not served says so', () => {
  const post = async (path: string, key: string): Promise<[number, string | number | null, string]> => {
    const form = new FormData()
    form.set('prompt', 'a cat')
    form.set('image', new Blob([new Uint8Array(64)], { type: 'image/png' }), 'a.png')
    const headers = { authorization: `Bearer ${key}` }
    const got = await taken(fetch(`${server.baseUrl}${path}`, { method: 'POST', headers, body: form }))
    const { code, message } = envelopeOf(got, 'openai')
    return [got.status, code, message]
  }
  test('variations, which OpenAI has none of any more', async () => {
    const { key } = await openPurse(server, '1.00')
    expect(await post('/v1/images/variations', key)).toEqual([
      404,
      'model_not_found',
      expect.stringContaining("'dall-e-2' does not exist"),
    ])
  })
})

test('a model that makes pictures is listed, and asked at its own endpoint alone', async () => {
  const { key } = await openPurse(server, '1.00')
  const listed = await fetch(`${server.baseUrl}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
  const { data } = (await listed.json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toContain('gpt-image-2')
  const wrong = await taken(ask(server, key, imagesOf('gpt-5.4', false)))
  expect([wrong.status, envelopeOf(wrong, 'openai').param]).toEqual([400, 'model'])
})

describe('real providers', () => {
  const startWith = (deployments: readonly object[]): Promise<Server> =>
    startServer({
      env: { ...configured(JSON.stringify({ providers: pictureProviders, deployments })).env, ...pictureKeys },
    })

  for (const [provider, upstreamModel] of [
    ['openai', null],
    ['azure', 'dep-gpt-image-2'],
    ['older', 'dep-gpt-image-2'],
  ] as const)
    test(`${provider} makes them, plain and streamed, at the price of the model`, async () => {
      const deployment = { provider, model: 'gpt-image-2', region: 'us', ...(upstreamModel && { upstreamModel }) }
      const at = await startWith([deployment])
      try {
        const account = await openPurse(at, '1.00', { mode: 'live' })
        for (const way of [images, imagesStream]) {
          const got = await taken(ask(at, account.key, way))
          expect([got.status, got.broke]).toEqual([200, false])
          expect(got.text).not.toContain('dep-')
          const receipt = await settledOf(at, account, got.requestId)
          const [served] = await servedOf(at, got.requestId)
          expect(receipt).toMatchObject({ ending: 'completed', flags: [] })
          expect(BigInt(receipt.chargeNano)).toBe(costNano('gpt-image-2', served!.usage))
        }
      } finally {
        await at.stop()
      }
    })
})
