import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Secret } from '../lib/secret.ts'
import { pricesSchema } from '../money/price-book-data.ts'
import { deadlinesFor } from './deadlines.ts'
import type { Environment } from './environment.ts'
import { readMartFile } from './load.ts'
import { ConfigError } from './refusal.ts'
import { testFolder } from '../lib/test-folder.ts'

const folder = testFolder('file')
const path = join(folder, 'mart.yaml')
writeFileSync(join(folder, 'key.txt'), 'hunter3\n')
const env: Environment = { OPENAI_API_KEY: 'hunter2', COLLECTOR: 'collector.example', NOTHING: '' }

function read(text: string) {
  writeFileSync(path, text)
  return readMartFile(path, env, pricesSchema)
}

function refusalOf(text: string): string {
  try {
    read(text)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toContain('\n')
    expect(error.message).toStartWith(`${path}: `)
    return error.message.slice(path.length + 2)
  }
  throw new Error(`nothing was refused in ${text}`)
}

const refuses = (cases: readonly (readonly [text: string, line: string])[]): void => {
  for (const [text, line] of cases) expect(refusalOf(text), text).toBe(line)
}

const providers = `
providers:
  openai:
    kind: openai
    apiKey: \${OPENAI_API_KEY}
  google:
    kind: google-ai-studio
    apiKey: {file: key.txt}
  sandbox:
    kind: sandbox
`
const deployed = (...deployments: readonly string[]): string =>
  `${providers}\ndeployments:\n${deployments.map((each) => `  - {${each}}\n`).join('')}`
const gpt = 'model: gpt-5.4, provider: openai, region: us'

test('a deployment that says no more than it must has the documented defaults', () => {
  const { deployments } = read(deployed(gpt))
  expect(deployments).toEqual([
    {
      name: 'openai-gpt-5-4',
      model: 'gpt-5.4',
      provider: 'openai',
      region: 'us',
      upstreamModel: null,
      weight: 1,
      priority: 0,
      rpm: null,
      tpm: null,
      outputTokensMax: null,
      enabled: true,
      pricePpm: 1_000_000n,
      costPpm: 1_000_000n,
      onAbort: 'drain',
    },
  ])
})

test('what is held while credit is short, and what a deployment can do, are settings with bounds', () => {
  const { holds, deployments } = read(
    `${deployed(`${gpt}, outputTokensMax: 4096`)}\nholds: { outputTokensUnstated: 2000, plentyTimes: 0, exposedUsdMax: 3 }\n`,
  )
  expect(holds).toEqual({ outputTokensUnstated: 2_000, plentyTimes: 0n, exposedUsdMax: 3n })
  expect(deployments[0]!.outputTokensMax).toBe(4_096)
  expect(() => read(`${deployed(gpt)}\nholds: { outputTokensUnstated: 0 }\n`)).toThrow('holds.outputTokensUnstated')
  expect(() => read(deployed(`${gpt}, outputTokensMax: 0`))).toThrow('outputTokensMax')
})

test('secrets come from the environment and from files beside the configuration, and are not written out', () => {
  const file = read(`${deployed(gpt)}
tracing:
  endpoint: https://\${COLLECTOR}/otlp/
  headers:
    authorization: \${OPENAI_API_KEY}
    x-key: {file: ${join(folder, 'key.txt')}}
`)
  const { openai, google } = file.providers as Record<string, { readonly apiKey?: unknown }>
  const { authorization, 'x-key': key } = file.tracing.headers
  const revealed = [openai!.apiKey, google!.apiKey, authorization, key].map((each) => (each as Secret).reveal())
  expect(revealed).toEqual(['hunter2', 'hunter3', 'hunter2', 'hunter3'])
  expect(file.tracing.endpoint).toBe('https://collector.example/otlp')
  const written = JSON.stringify(file, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
  expect(written).not.toContain('hunter')
})

test('a deployment is named for its provider and model, and for its region where another is called the same', () => {
  const names = read(
    deployed(
      gpt,
      'model: gpt-5.2, provider: sandbox, region: us',
      'model: gpt-5.2, provider: sandbox, region: eu',
      'model: gpt-4o, provider: openai, region: us, name: openai-gpt-5',
      'model: gpt-5, provider: openai, region: us',
      'model: "*", provider: sandbox, region: eu',
    ),
  ).deployments.map(({ name }) => name)
  expect(names).toEqual([
    'openai-gpt-5-4',
    'sandbox-gpt-5-2-us',
    'sandbox-gpt-5-2-eu',
    'openai-gpt-5',
    'openai-gpt-5-us',
    'sandbox-eu',
  ])
})

test('an alias stands for its model wherever a model is named in requests and deployments', () => {
  const file = read(`${deployed('model: fast, provider: openai, region: us')}\naliases: {fast: gpt-5.4-nano}\n`)
  expect(file.deployments[0]!.model).toBe('gpt-5.4-nano')
  expect(file.aliases).toEqual({ fast: 'gpt-5.4-nano' })
})

test('deadlines of a kind of model stand before those of all', () => {
  const { deadlines } = read(
    'deadlines: {connectMs: 900, idleMs: 1000, byKind: {video: {firstByteMs: 500, totalMs: 700}}}',
  )
  expect(deadlinesFor(deadlines, 'video')).toMatchObject({
    connectMs: 900,
    firstByteMs: 500,
    idleMs: 1000,
    totalMs: 700,
  })
  expect(deadlinesFor(deadlines, 'text')).toEqual({
    connectMs: 900,
    heartbeatMs: 15_000,
    firstByteMs: 600_000,
    idleMs: 1000,
    totalMs: 1_800_000,
  })
})

test('without a provider the sandbox serves every region that a policy serves', () => {
  const file = read(
    'regions: {de: {serves: [fra, ber]}, any: {serves: [fra, us], mayChoose: [de]}}\ndefaults: {region: de}',
  )
  expect(file.deployments.map(({ name, model, provider }) => [name, model, provider])).toEqual([
    ['sandbox-fra', null, 'sandbox'],
    ['sandbox-ber', null, 'sandbox'],
    ['sandbox-us', null, 'sandbox'],
  ])
  expect(Object.keys(file.providers)).toEqual(['sandbox'])
})

test('providers that serve nothing are refused, and so are deployments of which none is enabled', () => {
  refuses([
    [providers, 'deployments is missing; allowed: at least one deployment, because there are providers'],
    [
      `${providers}\ndeployments: []`,
      'deployments is []; allowed: at least one deployment, because there are providers',
    ],
    [deployed(`${gpt}, enabled: false`), 'deployments.0.enabled is false; allowed: true for at least one deployment'],
  ])
})

test('a deployment of an unknown provider, model or region is refused with the closest names', () => {
  refuses([
    [
      deployed('model: gpt-5.4, provider: opnai, region: us'),
      'deployments.0.provider is "opnai"; allowed: a name of `providers`, such as openai, google, sandbox',
    ],
    [`deployments: [{${gpt}}]`, 'deployments.0.provider is "openai"; allowed: a name of `providers`, which are none'],
    [
      deployed('model: gpt5.4-mini, provider: openai, region: us'),
      'deployments.0.model is "gpt5.4-mini"; allowed: a model of the catalog or of `models`, or an alias, such as gpt-5.4-mini, gpt-5-mini, gpt-4.1-mini',
    ],
    [
      deployed('model: "*", provider: openai, region: us'),
      'deployments.0.model is "*"; allowed: a model of the catalog or of `models`, or an alias; only a sandbox serves every model',
    ],
    [
      deployed(gpt, 'model: gpt-5.4, provider: openai, region: mars'),
      'deployments.1.region is "mars"; allowed: a region that a policy serves: us or eu',
    ],
  ])
  expect(refusalOf(deployed('model: constructor, provider: openai, region: us'))).toContain('.model is "constructor"')
  expect(refusalOf(deployed('model: gpt-5.4, provider: constructor, region: us'))).toContain(
    '.provider is "constructor"',
  )
  expect(refusalOf(`${deployed('model: quick, provider: openai, region: us')}\naliases: {quick1: gpt-5}`)).toContain(
    'such as quick1, ',
  )
})

test('a model whose dialect the kind of provider does not speak is refused', () => {
  refuses([
    [
      deployed('model: gemini-3.5-flash, provider: openai, region: us'),
      'deployments.0.model is "gemini-3.5-flash"; allowed: a model of the openai dialect, which is what openai speaks; gemini-3.5-flash is of genai',
    ],
    [
      deployed('model: gpt-5.4, provider: google, region: us'),
      'deployments.0.model is "gpt-5.4"; allowed: a model of the genai dialect, which is what google-ai-studio speaks; gpt-5.4 is of openai',
    ],
  ])
  expect(read(deployed('model: gemini-3.5-flash, provider: sandbox, region: us')).deployments).toHaveLength(1)
})

test('two deployments of one name are refused, be it written or worked out', () => {
  refuses([
    [
      deployed(`${gpt}, name: a`, 'model: gpt-5, provider: openai, region: us, name: a'),
      'deployments.1.name is "a"; allowed: a name of its own; deployments.0 is a already',
    ],
    [
      deployed(gpt, gpt),
      'deployments.1.name is missing; allowed: a name of its own; deployments.0 is openai-gpt-5-4-us already',
    ],
  ])
})

test('names that could not stand in a URL or a metric are refused', () => {
  const allowed = 'a name of at most 63 small letters, digits and hyphens'
  refuses([
    ['providers: {Open AI: {kind: sandbox}}', `providers."Open AI" has no valid name; allowed: ${allowed}`],
    [deployed(`${gpt}, name: -a`), `deployments.0.name is "-a"; allowed: ${allowed}`],
    ['regions: {us: {serves: [US]}}', `regions.us.serves.0 is "US"; allowed: ${allowed}`],
    [
      'aliases: {a b: gpt-5}',
      'aliases."a b" has no valid name; allowed: letters, digits and . _ - / : @ +, at most 200, beginning with a letter, a digit or @',
    ],
  ])
  expect(refusalOf('regions: {api: {serves: [us]}}')).toStartWith(
    'regions.api has no valid name; allowed: any name but v1,',
  )
})

test('policies refer to policies that exist', () => {
  refuses([
    ['defaults: {region: mars}', 'defaults.region is "mars"; allowed: us or eu'],
    [
      'regions: {eu: {serves: [eu]}, de: {serves: [de]}, fr: {serves: [fr]}}',
      'defaults.region is missing; allowed: eu, de or fr',
    ],
    [
      'regions: {us: {serves: [us], mayChoose: [eu]}}',
      'regions.us.mayChoose.0 is "eu"; allowed: nothing, because there is no other policy',
    ],
    [
      'regions: {us: {serves: [us]}, eu: {serves: [eu], mayChoose: [eu]}}',
      'regions.eu.mayChoose.0 is "eu"; allowed: us',
    ],
    ['regions: {us: {serves: []}}', 'regions.us.serves is []; allowed: at least one region'],
    ['regions: {}', 'regions is {}; allowed: at least one policy'],
  ])
})

test('aliases, lifecycles and prices are of models that the catalog has', () => {
  refuses([
    ['aliases: {gpt-4o: gpt-5}', 'aliases.gpt-4o is taken; allowed: a name that the catalog does not have'],
    [
      'aliases: {gpt-4o-2024-08-06: gpt-5}',
      'aliases.gpt-4o-2024-08-06 is taken; allowed: a name that the catalog does not have',
    ],
    [
      'aliases: {best: gpt-9}',
      'aliases.best is "gpt-9"; allowed: a model of the catalog or of `models`, such as gpt-5, gpt-4o, gpt-5.4',
    ],
    [
      'lifecycle: {gpt-9: {listed: false}}',
      'lifecycle.gpt-9 is unknown; allowed: a model of the catalog or of `models`, such as gpt-5, gpt-4o, gpt-5.4',
    ],
    ['lifecycle: {gpt-5: {shutdown: soon}}', 'lifecycle.gpt-5.shutdown is "soon"; allowed: a day, YYYY-MM-DD, or null'],
    [
      'priceBook: {models: {gpt-9: {}}}',
      'priceBook.models.gpt-9 is unknown; allowed: a model of the catalog or of `models`, such as gpt-5, gpt-4o, gpt-5.4',
    ],
    ['priceBook: {markupPpm: 0.2}', 'priceBook.markupPpm is 0.2; allowed: a whole number from -1000000 to 100000000'],
    [
      'priceBook: {models: {gpt-5: {prices: [{from: 2026-01-01, until: 2027-01-01}]}}}',
      'priceBook.models.gpt-5.prices.0.tiers is missing; allowed: a mapping',
    ],
    [
      'priceBook: {models: {gpt-5: {prices: [{from: 2026-01-01, tiers: {standard: [{usdPerMillion: {thoughts: "1.00"}}]}}]}}}',
      'priceBook.models.gpt-5.prices.0.tiers.standard.0.usdPerMillion.thoughts is unknown; allowed: input, cachedInput, cacheWrite, audioInput, cachedAudioInput, imageInput, cachedImageInput, videoInput, cachedVideoInput, output, reasoning, audioOutput, imageOutput; not thoughts',
    ],
    [
      'priceBook: {models: {gpt-5: {prices: []}}}',
      'priceBook.models.gpt-5.prices is []; allowed: at least one; there is no price',
    ],
    [
      'priceBook: {models: {gpt-5: {prices: [{from: 2026-01-01, tiers: {standard: [{usdPerMillion: {input: 1.25}}]}}]}}}',
      'priceBook.models.gpt-5.prices.0.tiers.standard.0.usdPerMillion.input is 1.25; allowed: a decimal USD amount in quotes, with at most six decimals',
    ],
  ])
})

test('a price that leaves out what a model makes is refused, so that nothing is given away', () => {
  const priced = (model: string, row: string): string =>
    `priceBook: {models: {${model}: {prices: [{from: 2026-01-01, tiers: {standard: [${row}]}}]}}}`
  refuses([
    [
      priced('gpt-5.4', '{usdPerMillion: {input: "1.00"}}'),
      'priceBook.models.gpt-5.4.prices.0.tiers.standard.0 is {"usdPerMillion":{"input":"…"}}; allowed: a row with a price for output',
    ],
    [
      priced('sora-2', '{usdPerMillion: {input: "1.00"}}'),
      'priceBook.models.sora-2.prices.0.tiers.standard.0 is {"usdPerMillion":{"input":"…"}}; allowed: a row with a price for videoSecond',
    ],
  ])
  for (const [model, row] of [
    ['gpt-5.4', '{usdPerMillion: {input: "1.00", output: "2"}}'],
    ['sora-2', '{usdPerPiece: {videoSecond: "0.1"}}'],
    ['gpt-image-2', '{usdPerMillion: {input: "1.00", imageOutput: "2"}}'],
    ['text-embedding-3-small', '{usdPerMillion: {input: "0"}}'],
  ] as const)
    expect(read(priced(model, row)).priceBook.models[model]?.prices).toHaveLength(1)
})

test('what is out of bounds is refused with the bounds', () => {
  refuses([
    [deployed(`${gpt}, weight: 0`), 'deployments.0.weight is 0; allowed: a whole number from 1 to 1000'],
    [deployed(`${gpt}, priority: 101`), 'deployments.0.priority is 101; allowed: a whole number from 0 to 100'],
    [deployed(`${gpt}, pricePpm: -1`), 'deployments.0.pricePpm is -1; allowed: a whole number from 0 to 100000000'],
    [deployed(`${gpt}, onAbort: stop`), 'deployments.0.onAbort is "stop"; allowed: drain or cut'],
    [deployed(`${gpt}, enabled: 1`), 'deployments.0.enabled is 1; allowed: true or false'],
    ['deadlines: {connectMs: 49}', 'deadlines.connectMs is 49; allowed: a whole number from 50 to 60000'],
    ['deadlines: {byKind: {audio: {}}}', 'deadlines.byKind.audio is unknown; allowed: text, image, video, embeddings'],
    ['failover: {attemptsMax: 11}', 'failover.attemptsMax is 11; allowed: a whole number from 1 to 10'],
    ['metrics: {port: 0}', 'metrics.port is 0; allowed: a whole number from 1 to 65535'],
    ['tracing: {sampleRatio: 1.5}', 'tracing.sampleRatio is 1.5; allowed: a number from 0 to 1'],
    [
      'tracing: {endpoint: collector}',
      'tracing.endpoint is "collector"; allowed: a URL that starts with http:// or https://',
    ],
    ['log: {requests: yes}', 'log.requests is "yes"; allowed: true or false'],
  ])
})

test('a variable that is not set is refused by its name', () => {
  const withKey = (key: string): string => `providers: {openai: {kind: openai, apiKey: ${key}}}`
  for (const name of ['ABSENT', 'NOTHING'])
    expect(refusalOf(withKey(`"\${${name}}"`))).toBe(
      `providers.openai.apiKey is "\${${name}}"; allowed: \${${name}} to be set in the environment`,
    )
  expect(refusalOf(withKey('{file: absent.txt}'))).toEndWith(
    'allowed: a file that can be read and is not empty, at a path relative to this file',
  )
  expect(refusalOf('tracing: {endpoint: "https://${ABSENT}/"}')).toBe(
    'tracing.endpoint is "https://${ABSENT}/"; allowed: ${ABSENT} to be set in the environment',
  )
})

test('a secret that stands in the file itself is refused and not shown, wherever it was put', () => {
  const secret = 'sk-live-hunter2'
  const files = [
    `providers: {openai: {kind: openai, apiKey: ${secret}}}`,
    `providers: {openai: {kind: openai, apiKey: [${secret}]}}`,
    `providers: {openai: {kind: openai, apiKey: {file: x, value: ${secret}}}}`,
    `providers: {openai: {kind: openai, apikey: ${secret}}}`,
    `providers: {openai: ${secret}}`,
    'providers: {openai: hunter2}',
    'providers: [{kind: openai, apiKey: hunter2}]',
    `providers: ${secret}`,
    `providers: {openai: {kind: ${secret}}}`,
    'providers: {openai: {kind: openai, apiKey: "Bearer hunter2"}}',
    'tracing: {headers: {authorization: hunter2}}',
    'tracing: {headers: hunter2}',
    'tracing: {endpoint: "ftp://mart:hunter2@collector"}',
    `tracing: {endpoint: ${secret}}`,
    `defaults: {region: ${secret}}`,
    `${secret}: 1`,
    'providers: {openai: {kind: openai, apiKey: *hunter2}}',
    'providers: {openai: {kind: openai, apiKey: !secret hunter2}}',
    'providers: {openai: {kind: openai, apiKey: "hunter2}}',
    '- hunter2',
  ]
  for (const text of files) expect(refusalOf(text), text).not.toContain('hunter2')
  expect(refusalOf(files[0]!)).toStartWith(
    'providers.openai.apiKey is not shown here; allowed: a reference to a secret: ${NAME} for an environment variable',
  )
})

test('the file and all that it holds are frozen', () => {
  const file = read(deployed(gpt))
  const parts = [file, file.providers, file.providers['openai'], file.deployments[0], file.deadlines.byKind.text]
  for (const part of parts) expect(Object.isFrozen(part)).toBe(true)
})
