/** What vendors say when they refuse, as they document it, and what becomes of it. */
import { describe, expect, test } from 'bun:test'
import type { DialectName, Fault, RateStanding } from './deployment.ts'
import azure from './fixtures/azure-openai.json'
import compatible from './fixtures/compatible.json'
import aiStudio from './fixtures/google-ai-studio.json'
import openai from './fixtures/openai.json'
import vertex from './fixtures/vertex-ai.json'
import { adapterOf, bytesOf, refusedWith, secretKey } from './test-adapters.ts'
import { cpuMs } from '../../test/support/cpu-ms.ts'

type Fixture = {
  readonly name: string
  readonly source: string
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  readonly fault: Fault
  readonly retryAfterMs?: number
  readonly standing?: RateStanding
  /** What the client is told; `as it came`: the very same bytes. */
  readonly told?: unknown
}

const apiKey = '${KEY}'
const providers = {
  openai: { kind: 'openai', apiKey, organization: 'org-acme', project: 'proj_acme' },
  azure: { kind: 'azure-openai', apiKey, endpoint: 'https://contoso.openai.azure.com' },
  aiStudio: { kind: 'google-ai-studio', apiKey },
  vertex: { kind: 'vertex-ai', project: 'acme-prod', location: 'eu', accessToken: apiKey },
  compatible: { kind: 'openai-compatible', baseUrl: 'https://models.acme.example/v1', apiKey },
}

type Case = readonly [keyof typeof providers, DialectName, string, readonly unknown[]]
const cases: readonly Case[] = [
  ['openai', 'openai', 'upstream-model', openai],
  ['azure', 'openai', 'gpt-54-prod', azure],
  ['aiStudio', 'genai', 'gemini-3.5-flash', aiStudio],
  ['vertex', 'genai', 'gemini-up', vertex],
  ['compatible', 'openai', 'served', compatible],
]

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
/** Anything that names an account of the fixtures. */
const ofAccount =
  /\bsk-proj-\*|AIza|org-(?!…)|proj_(?!…)|acme|contoso|gpt-54-prod|gen-lang-client|\d{12}|gserviceaccount|projects\/(?!…)(?=\w+-|\d)/

for (const [name, dialect, upstreamModel, fixtures] of cases) {
  const adapter = adapterOf(providers[name])
  describe(name, () => {
    for (const fixture of fixtures as readonly Fixture[]) {
      const headers = new Headers(fixture.headers)
      const refused = refusedWith(fixture.status, fixture.body, { dialect, headers, upstreamModel })
      test(`${fixture.status}, ${fixture.name}: ${fixture.fault}`, () => {
        const { fault, retryAfterMs, body } = adapter.refusal(refused)
        expect({ fault, retryAfterMs }).toEqual({ fault: fixture.fault, retryAfterMs: fixture.retryAfterMs ?? null })
        expect(textOf(body)).not.toMatch(ofAccount)
        if (fixture.told === 'as it came') expect(body).toBe(refused.body)
        else if (fixture.told !== undefined) expect(JSON.parse(textOf(body))).toEqual(fixture.told)
        if (fault === 'client' || fault === 'policy') expect(fixture.told).toBeDefined()
        expect(adapter.standing(headers, dialect)).toEqual(fixture.standing ?? null)
        expect(fixture.source).toStartWith('https://')
      })
    }
  })
}

const everyAdapter = Object.entries(providers).map(([name, data]) => [name, adapterOf(data)] as const)

test('what is left of rate limits is read from OpenAI and Azure alone', () => {
  const headers = new Headers({ 'x-ratelimit-remaining-requests': '7' })
  const read = everyAdapter.filter(([, adapter]) => adapter.standing(headers, adapter.dialects[0]!) !== null)
  expect(read.map(([name]) => name)).toEqual(['openai', 'azure'])
})

test('a status says enough where nothing else does', () => {
  const faults: Readonly<Record<number, Fault>> = {
    302: 'upstream',
    400: 'client',
    401: 'credential',
    403: 'credential',
    404: 'client',
    405: 'client',
    408: 'timeout',
    409: 'conflict',
    410: 'missing',
    413: 'client',
    415: 'client',
    422: 'client',
    429: 'rate',
    500: 'upstream',
    502: 'upstream',
    503: 'upstream',
    504: 'timeout',
    529: 'upstream',
  }
  for (const [status, fault] of Object.entries(faults))
    for (const [, adapter] of everyAdapter)
      for (const dialect of adapter.dialects)
        expect([status, adapter.refusal(refusedWith(Number(status), '', { dialect })).fault]).toEqual([status, fault])
})

test('pages, binary, and what is too long are told as a plain envelope of the dialect', () => {
  const page = '<html><head><title>413 Request Entity Too Large</title></head><body>contoso</body></html>'
  const long = { error: { message: 'x'.repeat(64 * 1024), type: 'a', param: null, code: null } }
  for (const [, adapter] of everyAdapter)
    for (const dialect of adapter.dialects)
      for (const body of [page, '', '"text"', '[]', 'null', long, '\u0000\uffff']) {
        const message = 'The model answered with status 413.'
        const told = JSON.parse(textOf(adapter.refusal(refusedWith(413, body, { dialect })).body)) as unknown
        expect(told).toEqual({
          error:
            dialect === 'openai'
              ? { message, type: 'invalid_request_error', param: null, code: null }
              : { code: 413, message, status: 'INVALID_ARGUMENT' },
        })
      }
})

describe("Google's OpenAI-compatible endpoint", () => {
  const adapter = adapterOf(providers.aiStudio)
  const refusal = (name: string) => {
    const fixture = aiStudio.find((each) => each.name.startsWith(name))!
    const body = [Array.isArray(fixture.body) ? fixture.body[0] : fixture.body]
    return adapter.refusal(refusedWith(fixture.status, body, { dialect: 'openai' }))
  }

  test('errors are read as Google means them', () => {
    expect(refusal('a wrong key').fault).toBe('credential')
    expect(refusal('a model that is not there').fault).toBe('missing')
    expect(refusal('too many calls in a minute')).toMatchObject({ fault: 'rate', retryAfterMs: 37_500 })
    expect(refusal("a day's share").fault).toBe('quota')
  })

  test("errors are told in OpenAI's envelope", () => {
    const { fault, body } = refusal('an error in a list')
    expect(fault).toBe('client')
    expect(JSON.parse(textOf(body))).toEqual({
      error: {
        code: 'INVALID_ARGUMENT',
        message: 'Please use a valid role: user, model.',
        status: 'INVALID_ARGUMENT',
        type: 'invalid_request_error',
        param: null,
      },
    })
  })
})

test('our own key is never told, however a vendor repeats it', () => {
  for (const [, adapter] of everyAdapter)
    for (const dialect of adapter.dialects) {
      const message = `The header "Bearer ${secretKey}" is wrong, see ${secretKey}.`
      const error = { message, type: 'x', param: secretKey, code: null, details: [{ detail: secretKey }] }
      expect(textOf(adapter.refusal(refusedWith(400, { error }, { dialect })).body)).not.toContain('never-to-be-shown')
    }
})

test('no error is slow to read, whatever a client had the vendor repeat', () => {
  const pieces = [
    'a.',
    'a-',
    'a@a.',
    'projects/',
    'project 1',
    'sk-',
    'permission to access the x ',
    'try again in 1.1',
    '1',
  ]
  for (const [, adapter] of everyAdapter)
    for (const dialect of adapter.dialects)
      for (const piece of pieces) {
        const message = piece.repeat(30_000 / piece.length)
        const begunAt = cpuMs()
        for (const status of [400, 403, 429]) adapter.refusal(refusedWith(status, { error: { message } }, { dialect }))
        expect([piece, cpuMs() - begunAt < 250]).toEqual([piece, true])
      }
})

test('no error is too deep to read', () => {
  const deep = `{"error":{"message":"m","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
  for (const [, adapter] of everyAdapter)
    for (const dialect of adapter.dialects)
      expect(adapter.refusal(refusedWith(400, deep, { dialect })).fault).toBe('client')
})

test('bytes that need no change are the same object, spaces and all', () => {
  const pretty = `{\n  "error": { "message": "Bad value 1.0", "type": "a", "param": null, "code": null }\n}\n`
  const refused = refusedWith(400, pretty)
  expect(adapterOf(providers.openai).refusal(refused).body).toBe(refused.body)
  expect(bytesOf(pretty)).toEqual(refused.body)
})
