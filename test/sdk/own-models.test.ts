/**
 * An operator's own models by the official SDKs: the example configurations as they stand, but for the
 * addresses of their providers, and every kind of provider.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { checkConfigFile } from '../../src/config.ts'
import type { MartFile } from '../../src/config/resolve.ts'
import { pricesSchema } from '../../src/money/price-book-data.ts'
import type { Settlement } from '../../src/store/store.ts'
import * as ways from '../faults/request-support.ts'
import { inputTokens, outputTokens, startAnyUpstream, type AnyUpstream } from '../support/any-upstream.ts'
import { mart, type Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'

const folder = resolve(import.meta.dir, '../../examples/config')
const examples = readdirSync(folder).map((name) => ({
  name: basename(name, '.yaml'),
  path: join(folder, name),
  text: readFileSync(join(folder, name), 'utf8'),
}))

/** Every variable that an example refers to, set to its own name. */
const variables = Object.fromEntries(
  examples
    .flatMap(({ text }) => [...text.matchAll(/\$\{([A-Z_]{2,})\}/g)])
    .map(([, name]) => [name!, name!.toLowerCase().replaceAll('_', '-')]),
)

describe.each(examples)('the example $name', ({ path, text }) => {
  test('starts as it is, once its variables are set, and says what it is for', () => {
    const { file } = checkConfigFile(path, variables, pricesSchema)
    const deployed = file.deployments.map(({ model }) => model)
    expect(Object.keys(file.models).filter((id) => !deployed.includes(id))).toEqual([])
    expect(text).toStartWith('# ')
  })
})

type Example = {
  readonly providers: Record<string, Record<string, unknown>>
  readonly models: Record<string, object>
  readonly deployments: readonly {
    readonly model: string
    readonly provider: string
    readonly upstreamModel?: string
  }[]
  readonly aliases?: object
  readonly priceBook?: { readonly models: object }
}

/** Each kind once more, with a model of its own that it is asked for by its own name. */
const kinds: Readonly<Record<string, (url: string) => object>> = {
  openai: (url) => ({ kind: 'openai', baseUrl: `${url}/v1`, apiKey: '${KEY}' }),
  azure: (url) => ({ kind: 'azure-openai', endpoint: url, apiKey: '${KEY}' }),
  'azure-deployments': (url) => ({
    kind: 'azure-openai',
    endpoint: url,
    style: 'deployments',
    apiVersion: '2024-10-21',
    apiKey: '${KEY}',
  }),
  'google-openai': (url) => ({ kind: 'google-ai-studio', baseUrl: url, apiKey: '${KEY}' }),
  compatible: (url) => ({ kind: 'openai-compatible', baseUrl: `${url}/v1` }),
  google: (url) => ({ kind: 'google-ai-studio', baseUrl: url, apiKey: '${KEY}' }),
  vertex: (url) => ({ kind: 'vertex-ai', project: 'p', location: 'us', accessToken: '${KEY}', baseUrl: url }),
  gemini: (url) => ({ kind: 'gemini-compatible', baseUrl: `${url}/v1beta` }),
}
const ofGenai = ['google', 'vertex', 'gemini']
const ownOf = (kind: string): string => `acme/own-${kind}:8b`

/** All examples and kinds in one file, whose providers are at `url`, each below a path of its own. */
function configAt(url: string): Example {
  const moved = examples.map(({ name, text }) => {
    const { providers, ...rest } = parse(text) as Example
    const at = Object.entries(providers).map(([id, provider]) => [id, movedTo(`${url}/${name}`, provider)])
    return { providers: Object.fromEntries(at) as Example['providers'], ...rest }
  })
  const ofKinds = {
    providers: Object.fromEntries(Object.entries(kinds).map(([kind, at]) => [`of-kind-${kind}`, at(`${url}/${kind}`)])),
    models: Object.fromEntries(
      Object.keys(kinds).map((kind) => [
        ownOf(kind),
        { ...(ofGenai.includes(kind) && { dialect: 'genai' }), contextTokens: 32_768, price },
      ]),
    ),
    deployments: Object.keys(kinds).map((kind) => ({ model: ownOf(kind), provider: `of-kind-${kind}`, region: 'us' })),
    aliases: { 'my-alias': ownOf('compatible'), 'my-gemma': ownOf('gemini') },
  } as unknown as Example
  const all = [...moved, ofKinds]
  return {
    providers: Object.assign({}, ...all.map((each) => each.providers)),
    models: Object.assign({}, ...all.map((each) => each.models)),
    deployments: all.flatMap((each) => each.deployments),
    aliases: Object.assign({}, ...all.map((each) => each.aliases)),
    priceBook: { models: Object.assign({}, ...all.map((each) => each.priceBook?.models)) },
  }
}
const price = { usdPerMillion: { input: '2', output: '8' } }

function movedTo(url: string, provider: Record<string, unknown>): Record<string, unknown> {
  if (provider['kind'] === 'azure-openai') return { ...provider, endpoint: url }
  const { baseUrl } = provider
  const path = typeof baseUrl === 'string' ? new URL(baseUrl.replaceAll('$', '')).pathname : ''
  return { ...provider, baseUrl: url + path }
}

let upstream: AnyUpstream
let server: Server
let account: Account
let file: MartFile
let openai: OpenAI
let google: GoogleGenAI
const clients = (key: string) => ({
  openai: new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: key, maxRetries: 0 }),
  google: new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${server.baseUrl}/genai` } }),
})

beforeAll(async () => {
  upstream = startAnyUpstream()
  const { env } = ways.configured(JSON.stringify(configAt(upstream.url)))
  const all = { ...env, ...variables, KEY: 'key-of-ours' }
  file = checkConfigFile(env.MART_CONFIG, all, pricesSchema).file
  server = await startServer({ env: all })
  account = await ways.openPurse(server, '100', { concurrency: null })
  ;({ openai, google } = clients(account.key))
}, ways.startMsMax)
afterAll(async () => {
  await server?.stop()
  await upstream?.stop()
})

type Served = { readonly text: string; readonly receipt: Settlement; readonly asked: AnyUpstream['asked'][number] }

/** Asks a model by its SDK, whole. */
async function serve(name: string): Promise<Served> {
  const before = upstream.asked.length
  const { text, requestId } = await answerOf(name)
  const receipt = await ways.settledOf(server, account, requestId)
  expect(upstream.asked).toHaveLength(before + 1)
  return { text, receipt, asked: upstream.asked[before]! }
}

async function answerOf(name: string): Promise<{ readonly text: string; readonly requestId: string }> {
  const { dialect, kind } = file.models[file.aliases[name] ?? name]!
  if (dialect === 'genai') {
    const answer = await google.models.generateContent({ model: name, contents: 'Hello!' })
    return { text: answer.text!, requestId: answer.sdkHttpResponse!.headers!['x-request-id']! }
  }
  if (kind === 'embeddings') {
    const { data, response } = await openai.embeddings
      .create({ model: name, input: 'Hello!', encoding_format: 'float' })
      .withResponse()
    return { text: data.data[0]!.embedding.join(' '), requestId: response.headers.get('x-request-id')! }
  }
  const messages = [{ role: 'user', content: 'Hello!' }] as const
  const { data, response } = await openai.chat.completions
    .create({ model: name, messages: [...messages] })
    .withResponse()
  return { text: data.choices[0]!.message.content!, requestId: response.headers.get('x-request-id')! }
}

function modelIn({ path, body }: Served['asked']): string {
  const { model } = body
  return typeof model === 'string' ? model : decodeURIComponent(/\/models\/(.+):/.exec(path)![1]!)
}
/** USD per million tokens × tokens is, digit for digit, millionths of a dollar. */
const nanoOf = (usdPerMillion: string, tokens: number): bigint =>
  (ways.nanoOf(usdPerMillion) * BigInt(tokens)) / 1_000_000n

const served = examples.flatMap(({ name, text }) =>
  (parse(text) as Example).deployments.map((deployment) => ({ example: name, ...deployment })),
)
const first = served.filter(({ model }, index) => served.findIndex((each) => each.model === model) === index)

test.each(first)(
  'the example $example: $model is served under its own name and charged its price',
  async ({ example, model, upstreamModel }) => {
    upstream.echo = 'gpt-5.4'
    const { text, receipt, asked } = await serve(model)
    const { kind, free, price: single, prices } = file.models[model]!
    expect(text).toBe(kind === 'embeddings' ? '0.5 -0.5' : 'hi')
    expect(modelIn(asked)).toBe(upstreamModel ?? model)
    expect(asked.path).toStartWith(`/${example}/`)
    expect(receipt).toMatchObject({ model, ending: 'completed', serviceTier: 'standard' })
    const usd = (single ?? prices?.at(-1)?.tiers.standard[0])?.usdPerMillion
    const listNano = free
      ? 0n
      : nanoOf(usd!['input']!, inputTokens) + (kind === 'embeddings' ? 0n : nanoOf(usd!['output']!, outputTokens))
    const markupPpm = 1_000_000n + (file.priceBook.models[model]?.markupPpm ?? 0n)
    expect(BigInt(receipt.chargeNano)).toBe((listNano * markupPpm) / 1_000_000n)
  },
)

test.each(Object.keys(kinds))(
  '%s: an own name reaches the upstream as it is, and what that calls itself does not change the price',
  async (kind) => {
    // The vendor's own name of a dearer model of the catalog.
    upstream.echo = ofGenai.includes(kind) ? 'gemini-3.1-pro-preview' : 'gpt-5.4-2026-03-05'
    const { receipt, asked } = await serve(ownOf(kind))
    if (kind === 'azure-deployments')
      expect(asked.path).toContain('/deployments/acme%2Fown-azure-deployments%3A8b/chat/completions?')
    expect(modelIn(asked)).toBe(ownOf(kind))
    expect(asked.headers.get('authorization') ?? '').not.toContain('sk-bf-')
    expect(receipt).toMatchObject({ model: ownOf(kind), servedModel: upstream.echo, priceFrom: ownOf(kind), flags: [] })
    expect(BigInt(receipt.chargeNano)).toBe(nanoOf('2', inputTokens) + nanoOf('8', outputTokens))
  },
)

test('a request by alias: the upstream hears its own name, the answer is untouched, the receipt names the model', async () => {
  upstream.echo = 'upstream-says'
  for (const [alias, kind] of [
    ['my-alias', 'compatible'],
    ['my-gemma', 'gemini'],
  ] as const) {
    const { asked, receipt } = await serve(alias)
    expect(modelIn(asked)).toBe(ownOf(kind))
    expect(receipt).toMatchObject({ model: ownOf(kind), servedModel: 'upstream-says' })
  }
  const { data } = await openai.chat.completions
    .create({ model: 'my-alias', messages: [{ role: 'user', content: 'Hello!' }] })
    .withResponse()
  expect(data.model).toBe('upstream-says')
  const stream = await openai.chat.completions.create({
    model: 'my-alias',
    messages: [{ role: 'user', content: 'Hello!' }],
    stream: true,
  })
  for await (const chunk of stream) expect(chunk.model).toBe('upstream-says')
  expect(modelIn(upstream.asked.at(-1)!)).toBe(ownOf('compatible'))
  expect((await google.models.countTokens({ model: 'my-gemma', contents: 'Hello!' })).totalTokens).toBe(inputTokens)
  expect(upstream.asked.at(-1)!.path).toContain(`/models/${encodeURIComponent(ownOf('gemini'))}:countTokens`)
})

test('lists show own models and aliases, and each can be had by its name, whatever characters are in it', async () => {
  const ids = (await Array.fromAsync(await openai.models.list())).map(({ id }) => id)
  const ownIds = Object.keys(file.models).filter((id) => file.models[id]!.dialect === 'openai')
  for (const id of [...ownIds, 'llama', 'my-alias']) {
    expect(ids).toContain(id)
    expect((await openai.models.retrieve(id)).id).toBe(id)
  }
  const pages = await google.models.list({ config: { pageSize: 2 } })
  const names = (await Array.fromAsync(pages)).map(({ name }) => name!)
  const genaiIds = Object.keys(file.models).filter((id) => file.models[id]!.dialect === 'genai')
  expect(names.toSorted()).toEqual([...genaiIds, 'my-gemma'].map((id) => `models/${id}`).toSorted())
  for (const id of [...genaiIds, 'my-gemma']) expect((await google.models.get({ model: id })).name).toBe(`models/${id}`)
})

test('a name that ends like an address is a name: GET of `llama3.1:latest` and the like', async () => {
  const got = await fetch(`${server.baseUrl}/genai/v1beta/models/gemma:latest`, {
    headers: { 'x-goog-api-key': account.key },
  })
  expect([got.status, ((await got.json()) as { error: { message: string } }).error.message]).toEqual([
    404,
    "The model 'gemma:latest' does not exist or you do not have access to it.",
  ])
})

test('a free model needs no credit: $0 is enough, its receipts show what was used at nothing, limits still apply', async () => {
  const empty = await ways.openPurse(server, null, { rpm: 2 })
  const { openai: poor } = clients(empty.key)
  const messages = [{ role: 'user', content: 'Hello!' }] as const
  for (const streamed of [false, true]) {
    const { data, response } = await poor.chat.completions
      .create({ model: 'llama3.1:8b', messages: [...messages], stream: streamed })
      .withResponse()
    if (streamed) for await (const _ of data as AsyncIterable<unknown>);
    const receipt = await ways.settledOf(server, empty, response.headers.get('x-request-id')!)
    expect(receipt).toMatchObject({ chargeNano: '0', holdNano: '0', ratedNano: '0', flags: [] })
    expect(receipt.lines.map(({ class: each, quantity, picoPerUnit }) => [each, quantity, picoPerUnit])).toEqual([
      ['input', inputTokens, '0'],
      ['output', outputTokens, '0'],
    ])
  }
  const limited = await poor.chat.completions
    .create({ model: 'llama3.1:8b', messages: [...messages] })
    .catch((error: unknown) => error)
  expect(limited).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
  const other = await ways.openPurse(server, null)
  const refused = await clients(other.key)
    .openai.chat.completions.create({ model: 'qwen3-8b', messages: [...messages] })
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ status: 429, code: 'insufficient_quota' })
  expect(await ways.operate<{ ok: boolean }>(server, 'GET', '/ledger/verify')).toMatchObject({ ok: true })
})

test('a key for some models may use and sees their aliases, and no others', async () => {
  type Key = { readonly id: string; readonly key: string; readonly models: readonly string[] }
  const limited = await mart<Key>(server, [
    'key',
    'create',
    '--org',
    account.organizationId,
    '--models',
    'llama,my-alias,models/painter',
  ])
  expect(limited.models).toEqual(['llama3.1:8b', ownOf('compatible'), 'painter'])
  const { openai: narrow, google: narrowGoogle } = clients(limited.key)
  const ids = (await Array.fromAsync(await narrow.models.list())).map(({ id }) => id)
  expect(ids.toSorted()).toEqual(['llama3.1:8b', 'llama', ownOf('compatible'), 'my-alias'].toSorted())
  const names = (await Array.fromAsync(await narrowGoogle.models.list())).map(({ name }) => name)
  expect(names).toEqual(['models/painter'])
  const messages = [{ role: 'user', content: 'Hello!' }] as const
  for (const model of ids)
    expect((await narrow.chat.completions.create({ model, messages: [...messages] })).choices).toHaveLength(1)
  for (const model of ['qwen3-8b', 'my-gemma'])
    expect(
      await narrow.chat.completions.create({ model, messages: [...messages] }).catch((error: unknown) => error),
    ).toMatchObject({ status: 404, code: 'model_not_found' })
})

test(
  'the sandbox answers for own models of every kind that is served, and their own prices are charged',
  async () => {
    const models = {
      'acme/chat:8b': { contextTokens: 8_192, price },
      'acme/e5': { kind: 'embeddings', contextTokens: 512, price: { usdPerMillion: { input: '2' } } },
      'acme/gem': { dialect: 'genai', contextTokens: 8_192, price },
      'acme/paint': {
        dialect: 'genai',
        kind: 'image',
        contextTokens: 8_192,
        price: { usdPerMillion: { ...price.usdPerMillion, imageOutput: '30' } },
      },
    }
    const simulated = await startServer({
      env: ways.configured(JSON.stringify({ models, aliases: { chat: 'acme/chat:8b' } })).env,
    })
    try {
      const customer = await ways.openPurse(simulated, '100', { concurrency: null })
      const asked = [
        ways.withModel(ways.chat, 'acme/chat:8b'),
        ways.withModel(ways.chatStream, 'chat'),
        { ...ways.embed, model: 'acme/e5', bodyOf: (input: string) => ({ model: 'acme/e5', input }) },
        ways.withModel(ways.generate, 'acme/gem'),
        ways.withModel(ways.generateStream, 'acme/paint'),
      ]
      for (const way of asked) {
        const got = await ways.taken(ways.ask(simulated, customer.key, way))
        expect([way.model, got.status, got.headers.get('x-mart-sandbox')]).toEqual([way.model, 200, 'true'])
        const { model, lines } = await ways.settledOf(simulated, customer, got.requestId)
        expect(model).toBe(way.model === 'chat' ? 'acme/chat:8b' : way.model)
        expect(lines[0]).toMatchObject({ class: 'input', picoPerUnit: '2000000' })
      }
    } finally {
      await simulated.stop()
    }
  },
  ways.startMsMax,
)
