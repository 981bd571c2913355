import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalog } from '../catalog/catalog.ts'
import catalogModels from '../catalog/models.json' with { type: 'json' }
import { pricesSchema } from '../money/price-book-data.ts'
import { loadPriceBook } from '../money/price-book.ts'
import { rate } from '../money/rating.ts'
import { pieceClasses, tokenClasses, type Usage } from '../money/usage.ts'
import { readMartFile } from './load.ts'
import { listPrices, markupOf, overlaidCatalogData, overlaidPrices } from './overlay.ts'
import { testFolder } from '../lib/test-folder.ts'

const path = join(testFolder('own-models'), 'mart.yaml')
function read(text: string) {
  writeFileSync(path, text)
  return readMartFile(path, {}, pricesSchema)
}
function refusalOf(text: string): string {
  try {
    read(text)
  } catch (error) {
    return (error as Error).message.slice(path.length + 2)
  }
  throw new Error(`nothing was refused in ${text}`)
}
const refuses = (cases: readonly (readonly [text: string, line: string])[]): void => {
  for (const [text, line] of cases) expect(refusalOf(text), text).toBe(line)
}
const catalogOf = (text: string) => loadCatalog(overlaidCatalogData(catalogModels, read(text)))

const price = 'price: {usdPerMillion: {input: "0.27", output: "1.10"}}'
const own = (id: string, more = `contextTokens: 8192, ${price}`): string => `models: {"${id}": {${more}}}`
const now = Date.now()
const tomorrow = new Date(now + 86_400_000).toISOString().slice(0, 10)

test('a model of one’s own that says no more than it must is a text model of the OpenAI dialect', () => {
  expect(catalogOf(own('deepseek/deepseek-chat')).find('deepseek/deepseek-chat')).toMatchObject({
    id: 'deepseek/deepseek-chat',
    isOwn: true,
    dialect: 'openai',
    kind: 'text',
    listed: true,
    description: '',
    snapshots: [],
    aliases: [],
    ownedBy: 'deepseek',
    released: null,
    contextTokens: 8192,
    inputTokensMax: 8192,
    outputTokensMax: 8192,
    inputModalities: ['text'],
    outputModalities: ['text'],
    features: [],
    lifecycle: { shutdown: null, replacement: null, note: null },
    priceNote: null,
    sources: ['mart.yaml'],
  })
})

test('a model of one’s own is what the file says of it', () => {
  const model = catalogOf(`models:
  painter@v2:
    dialect: genai
    kind: image
    description: Paints.
    ownedBy: atelier
    released: 2026-05-01
    inputTokensMax: 4000
    outputTokensMax: 2000
    inputModalities: [text, image]
    price: { usdPerMillion: { input: "1", output: "2", imageOutput: "30" } }
    lifecycle: { shutdown: 2030-01-01, listed: false }
lifecycle: { painter@v2: { replacement: gpt-5.4 } }
aliases: { brush: painter@v2 }
`).find('brush')
  expect(model).toMatchObject({
    id: 'painter@v2',
    dialect: 'genai',
    kind: 'image',
    description: 'Paints.',
    ownedBy: 'atelier',
    released: '2026-05-01',
    contextTokens: null,
    inputTokensMax: 4000,
    outputTokensMax: 2000,
    inputModalities: ['text', 'image'],
    outputModalities: ['text', 'image'],
    listed: false,
    lifecycle: { shutdown: '2030-01-01', replacement: 'gpt-5.4' },
    aliases: ['brush'],
  })
})

test('an embeddings model takes many texts in one request: the context is the limit of each, and bytes bound them all', () => {
  const text = own('e5', 'kind: embeddings, contextTokens: 512, price: {usdPerMillion: {input: "0.01"}}')
  expect(catalogOf(text).find('e5')).toMatchObject({
    contextTokens: 512,
    inputTokensMax: 10_000_000,
    outputTokensMax: null,
  })
})

test('names are taken as providers write them', () => {
  for (const id of [
    'llama3.1:8b',
    'deepseek/deepseek-chat',
    'meta-llama/llama-3.1-8b-instruct:free',
    '@cf/meta/llama-3.1-8b-instruct',
    'qwen2.5-7b-instruct@q4_k_m',
    'accounts/fireworks/models/llama-v3p1-8b-instruct',
    'hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M',
    'arn:aws:bedrock:us-east-1:1234:inference-profile/us.amazon.nova-lite-v1:0',
    'org+model',
  ])
    expect(catalogOf(own(id)).find(id)?.id, id).toBe(id)
})

test('names that could not be asked for are refused', () => {
  const allowed = 'letters, digits and . _ - / : @ +, at most 200, beginning with a letter, a digit or @'
  for (const id of ['a b', '/a', '.a', 'a?b', 'a#b', 'a%2Fb', 'ä', '*', 'a'.repeat(201)])
    expect(refusalOf(own(id)), id).toEndWith(` has no valid name; allowed: ${allowed}`)
  for (const id of ['a//b', 'a/', 'a/../b'])
    expect(refusalOf(own(id)), id).toEndWith('allowed: a name without //, .. and a / at its end')
  expect(refusalOf(own('models/a'))).toBe(
    'models.models/a has no valid name; allowed: a name that does not begin with models/',
  )
})

test('nothing of the catalog is overridden: its ids and snapshots are taken, by models and by aliases', () => {
  for (const id of ['gpt-5.4', 'gpt-4o-2024-08-06'])
    expect(refusalOf(own(id))).toBe(
      `models.${id} is taken; allowed: a name that the catalog does not have; priceBook and lifecycle change what it says of a model, aliases give it another name`,
    )
  expect(refusalOf(`${own('llama')}\naliases: {llama: gpt-5.4}`)).toBe(
    'aliases.llama is taken; allowed: a name that `models` does not have',
  )
})

test('a model without a price is refused unless it is free, and is not both', () => {
  refuses([
    [own('a', 'contextTokens: 1'), 'models.a.price is missing; allowed: a price, or prices with dates, or free: true'],
    [
      own('a', 'contextTokens: 1, free: false'),
      'models.a.price is missing; allowed: a price, or prices with dates, or free: true',
    ],
    [
      own('a', `contextTokens: 1, free: true, ${price}`),
      'models.a.free is true; allowed: nothing beside price: one of price, prices and free: true',
    ],
    [
      own(
        'a',
        `contextTokens: 1, ${price}, prices: [{from: 2026-01-01, tiers: {standard: [{usdPerMillion: {input: "1", output: "2"}}]}}]`,
      ),
      'models.a.prices is [{"from":"…","tiers":{"standard":[{"usdPerMillion":{"input":"…","output":"…"}}]}…; allowed: nothing beside price: one of price, prices and free: true',
    ],
    [
      `${own('a', 'contextTokens: 1, free: true')}\npriceBook: {models: {a: {prices: [{from: 2026-01-01, tiers: {standard: [{usdPerMillion: {input: "1", output: "2"}}]}}]}}}`,
      'priceBook.models.a.prices is [{"from":"…","tiers":{"standard":[{"usdPerMillion":{"input":"…","output":"…"}}]}…; allowed: nothing, because models.a.free is true',
    ],
  ])
})

test('a price that lacks what the model makes is refused by the name of the class', () => {
  const priced = (more: string, row: string): string => own('a', `contextTokens: 1, ${more}, price: ${row}`)
  refuses([
    [
      priced('kind: text', '{usdPerMillion: {input: "1"}}'),
      'models.a.price is {"usdPerMillion":{"input":"…"}}; allowed: a row with a price for output',
    ],
    [
      priced('kind: text', '{usdPerMillion: {output: "1"}}'),
      'models.a.price is {"usdPerMillion":{"output":"…"}}; allowed: a row with a price for input',
    ],
    [
      priced('kind: image', '{usdPerMillion: {input: "1", output: "1"}}'),
      'models.a.price is {"usdPerMillion":{"input":"…","output":"…"}}; allowed: a row with a price for imageOutput',
    ],
    [
      priced('kind: image, dialect: genai', '{usdPerMillion: {input: "1", imageOutput: "1"}}'),
      'models.a.price is {"usdPerMillion":{"input":"…","imageOutput":"…"}}; allowed: a row with a price for output',
    ],
    [
      priced('kind: video', '{usdPerMillion: {input: "1"}}'),
      'models.a.price is {"usdPerMillion":{"input":"…"}}; allowed: a row with a price for videoSecond',
    ],
    [
      priced('kind: embeddings', '{usdPerPiece: {searchQuery: "1"}}'),
      'models.a.price is {"usdPerPiece":{"searchQuery":"…"}}; allowed: a row with a price for input',
    ],
    [
      own(
        'a',
        'contextTokens: 1, prices: [{from: 2026-01-01, tiers: {standard: [{usdPerMillion: {input: "1", output: "2"}}], batch: [{usdPerMillion: {input: "1"}}]}}]',
      ),
      'models.a.prices.0.tiers.batch.0 is {"usdPerMillion":{"input":"…"}}; allowed: a row with a price for output',
    ],
    [
      priced('kind: text', '{usdPerMillion: {input: "1", output: "2", thoughts: "3"}}'),
      'models.a.price.usdPerMillion.thoughts is unknown; allowed: input, cachedInput, cacheWrite, audioInput, cachedAudioInput, imageInput, cachedImageInput, videoInput, cachedVideoInput, output, reasoning, audioOutput, imageOutput; not thoughts',
    ],
    [
      priced('kind: text', '{usdPerMillion: {input: 1, output: "2"}}'),
      'models.a.price.usdPerMillion.input is 1; allowed: a decimal USD amount in quotes, with at most six decimals',
    ],
  ])
})

test('a price that begins in the future is no price today, for a model of one’s own and in the price book', () => {
  const later = `[{from: ${tomorrow}, tiers: {standard: [{usdPerMillion: {input: "1", output: "2"}}]}}]`
  const allowed = `allowed: at least one price that is in force today; the first begins on ${tomorrow}`
  expect(refusalOf(own('a', `contextTokens: 1, prices: ${later}`))).toEndWith(allowed)
  expect(refusalOf(`priceBook: {models: {gpt-5.4: {prices: ${later}}}}`)).toEndWith(allowed)
})

test('what bounds a hold must be known', () => {
  const text = 'a number of tokens, unless there is'
  refuses([
    [own('a', price), `models.a.contextTokens is missing; allowed: ${text} inputTokensMax`],
    [own('a', `inputTokensMax: 5, ${price}`), `models.a.contextTokens is missing; allowed: ${text} outputTokensMax`],
    [own('a', `contextTokens: 0, ${price}`), 'models.a.contextTokens is 0; allowed: a whole number from 1 to 10000000'],
    [
      own('a', 'kind: video, price: {usdPerPiece: {videoSecond: "1"}}'),
      `models.a.contextTokens is missing; allowed: ${text} inputTokensMax`,
    ],
  ])
  expect(catalogOf(own('a', `inputTokensMax: 5, outputTokensMax: 6, ${price}`)).find('a')?.contextTokens).toBeNull()
})

test('what a model makes, takes and gives is of those that there are', () => {
  refuses([
    [own('a', `dialect: anthropic, ${price}`), 'models.a.dialect is "anthropic"; allowed: openai or genai'],
    [own('a', `kind: audio, ${price}`), 'models.a.kind is "audio"; allowed: text, image, video, embeddings'],
    [
      own('a', `contextTokens: 1, inputModalities: [smell], ${price}`),
      'models.a.inputModalities.0 is "smell"; allowed: text, image, audio, video, pdf',
    ],
    [
      own('a', `contextTokens: 1, outputModalities: [image], ${price}`),
      'models.a.outputModalities is ["…"]; allowed: a list with text, which is what its kind makes',
    ],
    [
      own('a', `tokens: 1, ${price}`),
      'models.a.tokens is unknown; allowed: dialect, kind, description, ownedBy, released, contextTokens, inputTokensMax, outputTokensMax, inputModalities, outputModalities, price, prices, free, lifecycle',
    ],
  ])
})

test('a model of one’s own is accepted wherever one of the catalog is, and meant by hints', () => {
  const providers = 'providers: {vllm: {kind: openai-compatible, baseUrl: "http://127.0.0.1:1/v1"}}'
  const deployed = (model: string): string =>
    `${own('llama3.1:8b')}\n${providers}\ndeployments: [{model: "${model}", provider: vllm, region: us}]`
  const file = read(
    `${deployed('small')}\naliases: {small: "llama3.1:8b"}\nlifecycle: {"llama3.1:8b": {listed: false}}\npriceBook: {models: {"llama3.1:8b": {markupPpm: 5}}}`,
  )
  expect(file.deployments).toMatchObject([{ model: 'llama3.1:8b', name: 'vllm-small' }])
  expect(read(deployed('llama3.1:8b')).deployments[0]!.name).toBe('vllm-llama3-1-8b')
  expect(refusalOf(deployed('llama3:8b'))).toContain(
    'allowed: a model of the catalog or of `models`, or an alias, such as llama3.1:8b, ',
  )
  expect(refusalOf(`${own('llama3.1:8b')}\nlifecycle: {llama3.1: {}}`)).toContain('such as llama3.1:8b, ')
  expect(
    refusalOf(
      `${own('g', `dialect: genai, contextTokens: 1, ${price}`)}\n${providers}\ndeployments: [{model: g, provider: vllm, region: us}]`,
    ),
  ).toBe(
    'deployments.0.model is "g"; allowed: a model of the openai dialect, which is what openai-compatible speaks; g is of genai',
  )
})

test('a single price holds on every day and in every tier, and the price book changes it as it does others', () => {
  const file = read(`${own('a')}\npriceBook: {markupPpm: 1000000}`)
  const [list, charged] = [
    loadPriceBook(listPrices(catalogModels, file)),
    loadPriceBook(overlaidPrices(catalogModels, file), markupOf(file)),
  ]
  expect(list.priceOf('a', 0)).toMatchObject({ from: '1970-01-01', name: 'a' })
  for (const tier of ['standard', 'flex', 'priority', 'batch'] as const) {
    expect(list.priceOf('a', now)!.tiers[tier][0]!.picoPerUnit).toMatchObject({
      input: 270_000n,
      cachedInput: 270_000n,
      output: 1_100_000n,
      reasoning: 1_100_000n,
    })
    expect(charged.priceOf('a', now)!.tiers[tier][0]!.picoPerUnit).toMatchObject({ input: 540_000n })
  }
})

test('a free model has a price of nothing for everything, so that its receipts show what was used', () => {
  const file = read(`${own('a', 'contextTokens: 1, free: true')}\npriceBook: {markupPpm: 200000}`)
  const book = loadPriceBook(overlaidPrices(catalogModels, file), markupOf(file))
  const usage: Usage = Object.fromEntries([...tokenClasses, ...pieceClasses].map((each) => [each, 7]))
  const rated = rate(usage, book.priceOf('a', now)!, 'priority')
  expect(rated.lines).toHaveLength(tokenClasses.length + pieceClasses.length)
  expect(rated).toMatchObject({ ratedNano: 0n as never, tier: 'standard', unpriced: [] })
})
