import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { systemClock } from '../lib/clock.ts'
import { providerKinds, type Adapter, type Address } from './deployment.ts'
import { createAdapter, dialectsOf, onAbortOf, providerSchema } from './providers.ts'
import { sandboxDeployments } from './sandbox-deployments.ts'
import { adapterOf, called, everyKind, provided, secretKey, wrong } from './test-adapters.ts'

const apiKey = '${KEY}'
const addressed = async (data: object, call = called()): Promise<Address> => adapterOf(data).address(call)
const generate = called({
  dialect: 'genai',
  path: '/models/gemini-3.5-flash:generateContent',
  model: 'gemini-3.5-flash',
})
const bearer = { authorization: `Bearer ${secretKey}` }

describe('where calls go, and with what', () => {
  test('openai', async () => {
    expect(await addressed({ ...everyKind.openai, organization: 'org-a', project: 'proj_b' })).toEqual({
      url: 'https://api.openai.com/v1/chat/completions',
      headers: { ...bearer, 'openai-organization': 'org-a', 'openai-project': 'proj_b' },
    })
    for (const residency of ['us', 'eu', 'ae'])
      expect(await addressed({ ...everyKind.openai, residency })).toEqual({
        url: `https://${residency}.api.openai.com/v1/chat/completions`,
        headers: bearer,
      })
    const own = { ...everyKind.openai, residency: 'eu', baseUrl: 'http://127.0.0.1:9/v1/' }
    expect((await addressed(own)).url).toBe('http://127.0.0.1:9/v1/chat/completions')
  })

  test('azure-openai, in both styles', async () => {
    const azure = everyKind['azure-openai']
    const call = called({ model: 'gpt 54/prod' })
    expect(await addressed(azure, call)).toEqual({
      url: 'https://contoso.openai.azure.com/openai/v1/chat/completions',
      headers: { 'api-key': secretKey },
    })
    const older = { ...azure, style: 'deployments', apiVersion: '2024-10-21' }
    expect(await addressed(older, call)).toEqual({
      url: 'https://contoso.openai.azure.com/openai/deployments/gpt%2054%2Fprod/chat/completions?api-version=2024-10-21',
      headers: { 'api-key': secretKey },
    })
    expect((await addressed(older, called({ path: '/responses' }))).url).toBe(
      'https://contoso.openai.azure.com/openai/responses?api-version=2024-10-21',
    )
    expect((await addressed(older, called({ path: '/files?limit=2' }))).url).toBe(
      'https://contoso.openai.azure.com/openai/files?limit=2&api-version=2024-10-21',
    )
  })

  test('google-ai-studio, in both dialects', async () => {
    const google = everyKind['google-ai-studio']
    expect(await addressed(google, generate)).toEqual({
      url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash:generateContent',
      headers: { 'x-goog-api-key': secretKey },
    })
    expect(await addressed(google)).toEqual({
      url: 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
      headers: bearer,
    })
  })

  test('vertex-ai, at every kind of location', async () => {
    const hosts = {
      global: 'aiplatform.googleapis.com',
      eu: 'aiplatform.eu.rep.googleapis.com',
      us: 'aiplatform.us.rep.googleapis.com',
      'europe-west4': 'europe-west4-aiplatform.googleapis.com',
    }
    for (const [location, host] of Object.entries(hosts))
      for (const verb of ['generateContent', 'streamGenerateContent?alt=sse', 'countTokens'])
        expect(
          await addressed(
            { ...everyKind['vertex-ai'], location },
            { ...generate, path: `/models/gemini-3.5-flash:${verb}` },
          ),
        ).toEqual({
          url: `https://${host}/v1beta1/projects/acme-prod/locations/${location}/publishers/google/models/gemini-3.5-flash:${verb}`,
          headers: bearer,
        })
  })

  test('vertex-ai takes the tier, and who is billed, in headers', async () => {
    const vertex = { ...everyKind['vertex-ai'], userProject: 'acme-billing', baseUrl: 'http://localhost:9/x' }
    for (const tier of ['flex', 'priority'])
      expect((await addressed(vertex, { ...generate, tier })).headers).toEqual({
        ...bearer,
        'x-vertex-ai-llm-request-type': 'shared',
        'x-vertex-ai-llm-shared-request-type': tier,
        'x-goog-user-project': 'acme-billing',
      })
    const standard = await addressed(vertex, { ...generate, tier: 'standard' })
    expect(Object.keys(standard.headers).toSorted()).toEqual(['authorization', 'x-goog-user-project'])
    expect(standard.url).toStartWith('http://localhost:9/x/v1beta1/projects/acme-prod/')
  })

  test('openai-compatible', async () => {
    const own = everyKind['openai-compatible']
    expect(await addressed(own)).toEqual({ url: 'http://vllm:8000/v1/chat/completions', headers: bearer })
    expect(
      (await addressed({ ...own, authHeader: 'X-Api-Key', headers: { 'X-Team': '${RESOURCE}' } })).headers,
    ).toEqual({
      'x-api-key': secretKey,
      'x-team': 'contoso',
    })
    // The credential wins over a header of the same name, whatever its case.
    expect((await addressed({ ...own, headers: { Authorization: '${RESOURCE}' } })).headers).toEqual(bearer)
    expect((await addressed({ kind: 'openai-compatible', baseUrl: 'http://10.0.0.5:8000/v1' })).headers).toEqual({})
    expect(adapterOf({ ...own, streamUsage: false }).reportsStreamUsage).toBe(false)
    expect(adapterOf(own).reportsStreamUsage).toBe(true)
  })

  test('gemini-compatible', async () => {
    expect(
      await addressed({ ...everyKind['gemini-compatible'], headers: { 'X-Team': '${RESOURCE}' } }, generate),
    ).toEqual({
      url: 'https://gemini.acme.example/v1beta/models/gemini-3.5-flash:generateContent',
      headers: { 'x-goog-api-key': secretKey, 'x-team': 'contoso' },
    })
  })

  test('sandbox, in both dialects', async () => {
    expect(await addressed(everyKind.sandbox)).toEqual({
      url: 'http://127.0.0.1:4000/v1/chat/completions',
      headers: { authorization: 'Bearer sandbox-credential' },
    })
    expect(await addressed(everyKind.sandbox, generate)).toEqual({
      url: 'http://127.0.0.1:4000/v1beta/models/gemini-3.5-flash:generateContent',
      headers: { 'x-goog-api-key': 'sandbox-credential' },
    })
    expect((await addressed({ kind: 'sandbox' })).url).toBe('http://127.0.0.1:5000/v1/chat/completions')
  })
})

describe('configuration', () => {
  test('what is wrong is said in words of what is allowed', () => {
    const azure = everyKind['azure-openai']
    const vertex = { kind: 'vertex-ai', project: 'p', location: 'eu' }
    const said: readonly (readonly [object, string])[] = [
      [{ kind: 'anthropic' }, 'kind: a kind of provider: openai, azure-openai,'],
      [{ kind: 'openai', apiKey, baseUrl: 'http://api.acme.example' }, 'baseUrl: a URL that starts with https:// ('],
      [
        { kind: 'openai', apiKey, baseUrl: 'http://127.0.0.1.acme.example' },
        'baseUrl: a URL that starts with https://',
      ],
      [{ kind: 'openai', apiKey, baseUrl: 'https://u:p@acme.example' }, 'baseUrl: a URL that starts with https://'],
      [{ kind: 'openai', apiKey, baseUrl: 'https://acme.example/?a' }, 'baseUrl: a URL that starts with https://'],
      [{ kind: 'openai', apiKey, residency: 'ch' }, 'residency: us, eu or ae'],
      [{ kind: 'openai', apiKey, organization: 'a b' }, 'organization: an organization id'],
      [{ kind: 'openai', apiKey, style: 'v1' }, ': kind, apiKey, organization, project, residency, baseUrl'],
      [{ kind: 'openai', apiKey: secretKey }, 'apiKey: a reference to a secret'],
      [{ kind: 'openai', apiKey: '${TWO_LINES}' }, 'apiKey: a secret of one line'],
      [{ ...azure, endpoint: 'https://x.openai.azure.com/openai/v1' }, 'endpoint: the resource alone, without /openai'],
      [{ ...azure, style: 'deployments' }, 'apiVersion: a version such as 2024-10-21, which style deployments needs'],
      [{ ...azure, apiVersion: '2024-10-21' }, 'apiVersion: nothing, for style v1 has none'],
      [{ ...azure, style: 'deployments', apiVersion: 'latest' }, 'apiVersion: a version such as 2024-10-21'],
      [vertex, 'serviceAccount: either a serviceAccount or an accessToken'],
      [{ ...vertex, serviceAccount: apiKey, accessToken: apiKey }, 'serviceAccount: either a serviceAccount or an'],
      [{ ...vertex, accessToken: apiKey, location: 'europe' }, 'location: global, eu, us or a region such as'],
      [
        { kind: 'openai-compatible', baseUrl: 'http://10.acme.example/v1' },
        'baseUrl: a URL that starts with https:// (',
      ],
      [
        { kind: 'openai-compatible', baseUrl: 'https://a.example', authHeader: 'a:b' },
        'authHeader: the name of a header',
      ],
      [
        { kind: 'openai-compatible', baseUrl: 'https://a.example', authHeader: 'Host' },
        'authHeader: the name of a header',
      ],
    ]
    for (const [data, words] of said) expect(wrong(data)).toStartWith(words)
  })

  test('what is copied with a key or a URL is refused and named, and never quoted where it is a key', () => {
    const compatible = { kind: 'openai-compatible', baseUrl: 'https://a.example/v1' }
    const said: readonly (readonly [object, string])[] = [
      [{ ...compatible, apiKey: '${WITH_BEARER}' }, 'apiKey: the key alone, without `Bearer` before it'],
      [{ kind: 'openai', apiKey: '${WITH_BEARER}' }, 'apiKey: the key alone, without `Bearer`'],
      [{ kind: 'openai', apiKey: '${QUOTED}' }, 'apiKey: a secret without quotes around it'],
      [{ ...compatible, headers: { 'x-team': '${QUOTED}' } }, 'headers.x-team: a secret without quotes around it'],
      ...['/chat/completions', '/models', '/models/m', '/images/generations'].map(
        (path) => [{ ...compatible, baseUrl: `https://a.example/v1${path}` }, 'baseUrl: the URL before'] as const,
      ),
      [{ kind: 'openai', apiKey, baseUrl: 'https://a.example/v1/responses' }, 'baseUrl: the URL before'],
      [{ kind: 'gemini-compatible', baseUrl: 'https://a.example/models/m:generateContent' }, 'baseUrl: the URL before'],
      [{ kind: 'google-ai-studio', apiKey, baseUrl: 'https://a.example/v1beta' }, 'baseUrl: the host alone'],
      [{ kind: 'openai-compatible' }, 'baseUrl: a URL that starts with'],
      [{ kind: 'azure-openai', apiKey }, 'endpoint: a URL that starts with'],
      [{ kind: 'vertex-ai', location: 'eu', accessToken: apiKey }, 'project: a project id'],
    ]
    for (const [data, words] of said) expect(wrong(data)).toStartWith(words)
    for (const good of [
      { ...compatible, apiKey: '${WITH_BEARER}', authHeader: 'x-auth' },
      { ...compatible, baseUrl: 'https://models.example/openai/v1' },
      { ...compatible, baseUrl: 'https://a.example:8000/serving/models-v2/v1' },
    ])
      expect(provided(good).kind).toBe('openai-compatible')
  })

  test('a server of one’s own may be asked without encryption within a private network alone', () => {
    for (const host of [
      'localhost',
      '127.0.0.1',
      '[::1]',
      '10.1.2.3',
      '192.168.1.2',
      '172.20.0.3',
      'vllm',
      'a.internal',
      'vllm.default.svc',
      'gpu.lan',
      'nas.home.arpa',
      '[fd12:3456::1]',
    ])
      expect(provided({ kind: 'openai-compatible', baseUrl: `http://${host}:8000/v1` }).kind).toBe('openai-compatible')
    for (const host of [
      '8.8.8.8',
      '172.32.0.1',
      'acme.example',
      '[2001:db8::1]',
      '127.acme.example',
      '[fe80::1]',
      'svc.example',
    ])
      expect(wrong({ kind: 'openai-compatible', baseUrl: `http://${host}:8000/v1` })).toStartWith('baseUrl: a URL')
  })

  test('every field is described for the reference and the JSON Schema', () => {
    const json = z.toJSONSchema(providerSchema({ env: () => null, file: () => null }), { io: 'input' })
    for (const kind of json.oneOf ?? json.anyOf ?? [])
      for (const [name, field] of Object.entries((kind as { properties: Record<string, object> }).properties))
        expect([name, 'description' in field]).toEqual([name, true])
    expect(json.oneOf ?? json.anyOf).toHaveLength(providerKinds.length)
  })
})

describe('no secret shows', () => {
  const shown = (value: unknown): string =>
    `${JSON.stringify(value)} ${String(value)} ${Bun.inspect(value, { depth: 9 })}`

  test('in a provider or its adapter', () => {
    for (const data of Object.values(everyKind)) {
      expect(shown(provided(data))).not.toContain(secretKey)
      expect(shown(adapterOf(data))).not.toContain(secretKey)
    }
  })

  test('in what is said of wrong configuration', () => {
    for (const data of [{ apiKey: secretKey }, { apiKey: [secretKey] }, { apiKey: '${TWO_LINES}' }])
      for (const kind of providerKinds) expect(wrong({ kind, ...data })).not.toMatch(/never-to-be-shown|one-secret/)
  })
})

test('every kind speaks the dialects that it is configured for', () => {
  for (const kind of providerKinds) {
    const adapter: Adapter = adapterOf(everyKind[kind])
    expect([kind, ...adapter.dialects]).toEqual([kind, ...dialectsOf(kind)])
    expect(adapter.renewCredential()).toBe(false)
  }
})

test('pictures of OpenAI’s models are asked of those that make them', () => {
  const kinds = providerKinds.filter((kind) => adapterOf(everyKind[kind]).operations.includes('images.generations'))
  expect(kinds).toEqual(['openai', 'azure-openai', 'openai-compatible', 'sandbox'])
})

test('answers that nobody reads are read on where the vendor bills them anyway', () => {
  const cut = providerKinds.filter((kind) => onAbortOf(kind) === 'cut')
  expect(cut).toEqual(['openai-compatible', 'gemini-compatible'])
})

test('only Azure has annotation chunks', () => {
  const kinds = providerKinds.filter((kind) => adapterOf(everyKind[kind]).hasAnnotationChunks)
  expect(kinds).toEqual(['azure-openai'])
})

test('a sandbox has a deployment of every model in each region', () => {
  const deployments = sandboxDeployments(['us', 'eu'], adapterOf(everyKind.sandbox))
  expect(deployments.map(({ id, region }) => [id, region])).toEqual([
    ['sandbox-us', 'us'],
    ['sandbox-eu', 'eu'],
  ])
  for (const { adapter, ...deployment } of deployments) {
    expect(deployment).toMatchObject({ kind: 'sandbox', model: null, upstreamModel: null, isTracked: false })
    expect(deployment).toMatchObject({ onAbort: 'drain', weight: 1, priority: 0, pricePpm: 1_000_000n })
    expect(adapter.dialects).toEqual(['openai', 'genai'])
  }
})

test('an access token of its own is never renewed', () => {
  const adapter = createAdapter(provided(everyKind['vertex-ai']), { fetch, clock: systemClock, builtIn: () => '' })
  expect(adapter.renewCredential()).toBe(false)
})
