import { afterEach, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  checkConfigFile,
  ConfigError,
  loadClientConfig,
  loadConfig as loadConfigWith,
  type Environment,
} from './config.ts'
import { pricesSchema } from './money/price-book-data.ts'
import { testFolder } from './lib/test-folder.ts'

const loadConfig = (env: Environment) => loadConfigWith(env, pricesSchema)

const folder = testFolder('config')
const here = process.cwd()
afterEach(() => process.chdir(here))

function fileOf(text: string): string {
  const path = join(folder, `${Bun.randomUUIDv7()}.yaml`)
  writeFileSync(path, text)
  return path
}

function refusalOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

test('a start without configuration has the documented defaults', () => {
  process.chdir(folder)
  const { providers, deployments, written, environment, ...config } = loadConfig({ PATH: '/bin', PORT: '' })
  expect(written).toEqual({})
  expect(environment.filter(({ source }) => source !== 'default')).toEqual([])
  expect(config).toEqual({
    port: 8080,
    host: '127.0.0.1',
    dataDir: resolve('data'),
    publicUrl: null,
    secret: null,
    sandboxUrl: null,
    defaults: { region: 'us', rpm: null, tpm: null, concurrency: null },
    martFile: null,
    memory: {
      bytesMax: 201_326_592,
      organizationBytesMax: 134_217_728,
      answersBytesMax: 134_217_728,
      answerQuietMsMax: 15_000,
      spoolBytesMax: 8_589_934_592,
      organizationSpoolBytesMax: 4_294_967_296,
    },
    people: { signUp: 'closed', grant: { testUsd: 100, liveUsd: 0 }, secondFactor: 'optional', oidc: null, smtp: null },
    webhooks: { allowedNetworks: [] },
    drain: { concurrentMax: 256, msMax: 60_000 },
    idempotency: {
      answers: 'kept',
      answerBytesMax: 33_554_432,
      organizationBytesMax: 268_435_456,
      bytesMax: 1_073_741_824,
      waitMsMax: 1_800_000,
    },
    deadlines: {
      connectMs: 5_000,
      firstByteMs: 600_000,
      idleMs: 300_000,
      totalMs: 1_800_000,
      heartbeatMs: 15_000,
      byKind: { text: {}, image: {}, video: {}, embeddings: {} },
    },
    regions: { us: { serves: ['us'], mayChoose: ['eu'] }, eu: { serves: ['eu'], mayChoose: [] } },
    holds: { outputTokensUnstated: 16_384, plentyTimes: 20n, exposedUsdMax: 10n },
    failover: { attemptsMax: 3, jitterMs: 50 },
    priceBook: { markupPpm: 0n, models: {} },
    models: {},
    aliases: {},
    lifecycle: {},
    metrics: { port: null, host: '127.0.0.1' },
    tracing: { endpoint: null, headers: {}, sampleRatio: 1 },
    server: {
      trustedProxies: [],
      proxyProtocol: false,
      hosts: [],
      connectionsMax: 20_000,
      upstreamConnectionsMax: 20_000,
      address: { connectionsMax: 4_096, newConnectionsPerMinute: 30_000, wrongKeysPerMinute: 300 },
      compress: true,
    },
    cors: { origins: ['*'] },
    log: { requests: true, addresses: true, format: 'auto' },
  })
  expect(Object.values(providers).map(({ kind }) => kind)).toEqual(['sandbox'])
  expect(deployments.map(({ name, model, region }) => [name, model, region])).toEqual([
    ['sandbox-us', null, 'us'],
    ['sandbox-eu', null, 'eu'],
  ])
})

test('mart.yaml in the working folder is read without being named', () => {
  const path = testFolder('config')
  writeFileSync(join(path, 'mart.yaml'), 'defaults:\n  rpm: 60\n')
  process.chdir(path)
  expect(loadConfig({}).defaults.rpm).toBe(60)
})

test('the configuration cannot be changed once it is read', () => {
  const config = loadConfig({ MART_CONFIG: fileOf('drain: {msMax: 5}') })
  const parts = [config, config.drain, config.defaults, config.deployments, config.deployments[0], config.regions['us']]
  expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
})

test('a wrong environment is refused with one line that names variable, value and what is allowed', () => {
  expect(refusalOf(() => loadConfig({ PORT: '80a' }))).toBe(
    'environment: PORT is "80a"; allowed: a whole number from 0 (any free port) to 65535',
  )
  expect(refusalOf(() => loadConfig({ PORT: '65536' }))).toContain('PORT is "65536"')
  expect(refusalOf(() => loadConfig({ MART_CONFG: 'x' }))).toStartWith(
    'environment: MART_CONFG is unknown; allowed: MART_CONFIG, ',
  )
  expect(refusalOf(() => loadConfig({ PUBLIC_URL: 'gateway.example' }))).toBe(
    'environment: PUBLIC_URL is "gateway.example"; allowed: a URL that starts with http:// or https://',
  )
})

test('PUBLIC_URL is taken as browsers spell it, and with no password for everybody to see', () => {
  for (const [given, taken] of [
    ['HTTPS://Mart.Example:443/', 'https://mart.example'],
    ['https://mart.example/gateway/', 'https://mart.example/gateway'],
    ['http://mart.example:8080', 'http://mart.example:8080'],
  ] as const)
    expect(loadConfig({ PUBLIC_URL: given }).publicUrl).toBe(taken)
  expect(refusalOf(() => loadConfig({ PUBLIC_URL: 'https://mart:hunter2@mart.example' }))).toBe(
    'environment: PUBLIC_URL is "https://…@mart.example"; allowed: a URL without a user and a password',
  )
})

test('mail is not sent by a server that does not know where it is: its links would lead wherever their asker says', () => {
  const file = fileOf('people: {smtp: {host: mail.example, from: mart@mart.example}}')
  expect(() => loadConfig({ MART_CONFIG: file })).toThrow('PUBLIC_URL must say where people reach this server')
  const { publicUrl, people } = loadConfig({ MART_CONFIG: file, PUBLIC_URL: 'https://mart.example' })
  expect([publicUrl, people.smtp?.host]).toEqual(['https://mart.example', 'mail.example'])
})

test('stores that this release does not have are refused, never ignored, and their passwords not shown', () => {
  for (const name of ['DATABASE_URL', 'REDIS_URL']) {
    const line = refusalOf(() => loadConfig({ [name]: 'postgres://mart:hunter2@db/mart' }))
    expect(line).toContain(name)
    expect(line).not.toContain('hunter2')
  }
})

test('a secret that is wrong is not shown', () => {
  expect(refusalOf(() => loadConfig({ MART_SECRET: 'hunter2' }))).toBe(
    'environment: MART_SECRET is not shown here; allowed: at least 32 characters',
  )
  expect(refusalOf(() => loadConfig({ PUBLIC_URL: 'ftp://mart:hunter2@host/' }))).not.toContain('hunter2')
})

test('a wrong mart.yaml is refused with one line that names file, path, value and what is allowed', () => {
  const cases: [string, string][] = [
    [
      'drian: {}',
      'drian is unknown; allowed: defaults, providers, models, deployments, regions, holds, memory, failover, deadlines, drain, idempotency, priceBook, aliases, lifecycle, metrics, tracing, server, people, webhooks, cors, log',
    ],
    ['defaults: {rmp: 5}', 'defaults.rmp is unknown; allowed: region, rpm, tpm, concurrency'],
    ['defaults: {rpm: 0}', 'defaults.rpm is 0; allowed: a whole number from 1 to 1000000000'],
    ['defaults: {rpm: soon}', 'defaults.rpm is "soon"; allowed: a whole number from 1 to 1000000000'],
    ['defaults: {region: mars}', 'defaults.region is "mars"; allowed: us or eu'],
    ['drain: [1]', 'drain is [1]; allowed: a mapping'],
    ['- 1', 'the whole file is [1]; allowed: a mapping'],
    ['drain: {msMax: 1}\ndrain: {msMax: 2}', 'line 2, column 1: Map keys must be unique; allowed: YAML 1.2'],
    [
      'drain: {msMax: 1}\n---\ndrain: {msMax: 2}',
      'line 2, column 1: Source contains multiple documents; allowed: one document: no second line of ---',
    ],
    [
      'providers:\n  a: { kind: openai, apiKey: ${KEY} }',
      "line 2, column 31: Unexpected flow-map-start at node end; allowed: YAML 1.2, which wants quotes around '${NAME}' within { and }",
    ],
  ]
  for (const [text, line] of cases) {
    const path = fileOf(text)
    expect(refusalOf(() => loadConfig({ MART_CONFIG: path }))).toBe(`${path}: ${line}`)
  }
})

test('a file that is not UTF-8 is told so', () => {
  for (const bytes of [Buffer.from('drain: {}', 'utf16le'), Buffer.from('# \xe4', 'latin1')]) {
    const path = join(folder, 'encoded.yaml')
    writeFileSync(path, bytes)
    expect(refusalOf(() => loadConfig({ MART_CONFIG: path }))).toBe(`${path}: is not text in UTF-8; save it as UTF-8`)
  }
})

test('what several providers have in common may be written once, by a merge key', () => {
  const text = `
providers:
  one: &server { kind: openai-compatible, baseUrl: http://one/v1, streamUsage: false }
  two: { <<: *server, baseUrl: http://two/v1 }
deployments:
  - { model: gpt-5.4, provider: two, region: us }
`
  expect(loadConfig({ MART_CONFIG: fileOf(text) }).providers['two']).toMatchObject({
    baseUrl: 'http://two/v1',
    streamUsage: false,
  })
})

test('a file that was named and is not there is refused; one that was not named may be absent', () => {
  const absent = join(folder, 'absent.yaml')
  expect(refusalOf(() => loadConfig({ MART_CONFIG: absent }))).toBe(`${absent}: cannot be read (ENOENT)`)
  process.chdir(folder)
  expect(checkConfigFile(null, {}, pricesSchema).path).toBeNull()
})

test('an operator token is never sent to a server it was not given for', () => {
  expect(refusalOf(() => loadClientConfig({ MART_URL: 'https://other.example' }))).toContain('belong together')
  expect(loadClientConfig({ MART_URL: 'https://other.example/', MART_OPERATOR_TOKEN: 't' }).server).toEqual({
    url: 'https://other.example',
    operatorToken: 't',
  })
})
