/** The sandbox as Vertex AI. */
import { describe, expect, test } from 'bun:test'
import * as pose from './pose-support.ts'

pose.useSandbox()

const model = 'gemini-3.5-flash'
type Where = { readonly name?: string; readonly project?: string; readonly location?: string; readonly model?: string }
const pathOf = (verb: string, where: Where = {}): string => {
  const { name = 'a', project = name, location = 'global' } = where
  const models = `publishers/google/models/${where.model ?? model}`
  return `/as/vertex/${name}/v1/projects/${project}/locations/${location}/${models}:${verb}`
}
const ask = async (path: string, body: object = pose.contents('hello'), more: Record<string, string> = {}) =>
  pose.post(path, body, { ...(await pose.vertexHeaders(/vertex\/([^/]+)/.exec(path)![1]!)), ...more })

describe('access tokens', () => {
  test('for a signed assertion of the account’s own service account', async () => {
    expect((await pose.exchange('new', pose.assertionOf('new'))).json.error).toBe('invalid_grant')
    await pose.send('PUT', '/sandbox/accounts/vertex/new/public-key', pose.publicKey)
    const { status, json } = await pose.exchange('new', pose.assertionOf('new'))
    expect(status).toBe(200)
    expect(json).toEqual({ access_token: expect.stringMatching(/^ya29\./), expires_in: 3_599, token_type: 'Bearer' })
    const google = pose.assertionOf('new', { aud: 'https://oauth2.googleapis.com/token' })
    expect((await pose.exchange('new', google)).status).toBe(200)
    const elsewhere = pose.assertionOf('new', { aud: 'https://proxy.example/as/vertex/new/token' })
    expect((await pose.exchange('new', elsewhere)).status).toBe(200)
    expect(await pose.account('vertex/new')).toMatchObject({
      tokensMinted: 3,
      hasPublicKey: true,
      refused: { '400': 1 },
    })
  })

  test('for no other assertion', async () => {
    await pose.send('PUT', '/sandbox/accounts/vertex/a/public-key', pose.publicKey)
    const now = Math.floor(Date.now() / 1_000)
    const wrong: readonly [object, string][] = [
      [{ iss: 'sa-b@b.iam.gserviceaccount.com' }, 'invalid_grant'],
      [{ aud: 'https://example.com/token' }, 'invalid_grant'],
      [{ aud: 'http://127.0.0.1/as/vertex/b/token' }, 'invalid_grant'],
      [{ scope: 'openid' }, 'invalid_scope'],
      [{ exp: now + 7_200 }, 'invalid_grant'],
      [{ iat: now - 7_200, exp: now - 3_600 }, 'invalid_grant'],
      [{ iat: now + 900, exp: now + 1_000 }, 'invalid_grant'],
    ]
    for (const [claims, error] of wrong) {
      const got = await pose.exchange('a', pose.assertionOf('a', claims))
      expect([got.status, got.json.error]).toEqual([400, error])
    }
    expect((await pose.exchange('a', pose.assertionOf('a', {}, pose.otherKey))).json).toEqual({
      error: 'invalid_grant',
      error_description: 'Invalid JWT Signature.',
    })
    expect((await pose.exchange('a', 'x.y.z')).status).toBe(400)
    expect((await pose.post('/as/vertex/a/token', 'grant_type=password')).json.error).toBe('unsupported_grant_type')
    expect((await pose.send('PUT', '/sandbox/accounts/vertex/a/public-key', 'no key')).status).toBe(400)
  })

  test('that end, that are revoked, and an endpoint that fails by itself', async () => {
    await pose.control('vertex/short', { tokenExpiresIn: 1 })
    const headers = await pose.vertexHeaders('short')
    const call = () => pose.post(pathOf('generateContent', { name: 'short' }), pose.contents('x'), headers)
    expect((await call()).status).toBe(200)
    await Bun.sleep(1_050)
    expect((await call()).json.error).toMatchObject({ code: 401, details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }] })
    await pose.control('vertex/short', {})
    const fresh = await pose.vertexHeaders('short')
    await pose.control('vertex/short', { revokedToken: true })
    const path = pathOf('generateContent', { name: 'short' })
    const revoked = await pose.post(path, pose.contents('x'), fresh)
    expect([revoked.status, revoked.json.error.status]).toEqual([401, 'UNAUTHENTICATED'])
    expect((await ask(path)).status).toBe(200)
    await pose.control('vertex/short', { tokenStatus: 503 })
    expect((await pose.exchange('short', pose.assertionOf('short'))).status).toBe(503)
    // Trouble of the models is no trouble of the token endpoint, which is another host.
    await pose.control('vertex/short', { status: 503, reset: true })
    expect((await pose.exchange('short', pose.assertionOf('short'))).status).toBe(200)
  })
})

describe('who is let in, and where', () => {
  test('no key and no stranger', async () => {
    for (const headers of [{}, { authorization: 'Bearer ya29.x' }, { 'x-goog-api-key': 'key-a' }])
      expect((await pose.post(pathOf('generateContent'), pose.contents('x'), headers)).status).toBe(401)
  })

  test('its own project alone, whose number the refusal names', async () => {
    const other = (await ask(pathOf('generateContent', { project: 'b' }))).json.error
    expect(other).toMatchObject({ code: 403, status: 'PERMISSION_DENIED' })
    expect(other.message).toMatch(/projects\/123456789\d{3}\//)
    expect(other.details[0].metadata.consumer).toMatch(/^projects\/123456789\d{3}$/)
  })

  test('at locations that are some, with models that are there', async () => {
    for (const location of ['global', 'us', 'eu', 'europe-west4'])
      expect((await ask(pathOf('generateContent', { location }))).status).toBe(200)
    expect((await ask(pathOf('generateContent', { location: 'mars' }))).status).toBe(404)
    expect((await ask(pathOf('generateContent', { location: 'europe-west4', model: 'gemini-2.5-flash' }))).status).toBe(
      200,
    )
    for (const elsewhere of ['gemini-2.5-flash', 'gemini-3.1-pro-preview', 'gemini-3-pro-image', 'gpt-5']) {
      const { status, json } = await ask(pathOf('generateContent', { location: 'eu', model: elsewhere }))
      expect([status, json.error.status]).toEqual([404, 'NOT_FOUND'])
    }
  })

  test('what it serves is on record with its location', async () => {
    await ask(pathOf('generateContent', { location: 'eu' }), pose.contents('x'), { 'x-client-request-id': 'req_eu' })
    expect(await pose.servedAs('req_eu')).toMatchObject([
      { pose: 'vertex', account: 'a', region: 'eu', model, upstreamModel: model },
    ])
  })
})

test('fields of AI Studio are unknown names, and a role is needed', async () => {
  const messageOf = async (body: object, verb = 'generateContent'): Promise<string> => {
    const { status, json } = await ask(pathOf(verb), body)
    expect(status).toBe(400)
    return (Array.isArray(json) ? json[0] : json).error.message
  }
  expect(await messageOf(pose.contents('x', { store: false }))).toContain('Unknown name "store"')
  const civic = { generation_config: { enable_enhanced_civic_answers: true } }
  expect(await messageOf(pose.contents('x', civic))).toContain('Unknown name "enable_enhanced_civic_answers"')
  const media = { contents: [{ role: 'user', parts: [{ text: 'x', mediaProcessing: {} }] }] }
  expect(await messageOf(media)).toContain('"mediaProcessing" at \'contents[0].parts\'')
  expect(await messageOf({ contents: [{ parts: [{ text: 'x' }] }] }, 'streamGenerateContent')).toBe(
    'Please use a valid role: user, model.',
  )
  expect(await messageOf({ generateContentRequest: pose.contents('x') }, 'countTokens')).toContain(
    '"generateContentRequest"',
  )
  expect((await ask(pathOf('countTokens'), pose.contents('x'))).json.totalTokens).toBeGreaterThan(0)
})

describe('answers', () => {
  test('say when, how likely and whose traffic', async () => {
    const { json, headers } = await ask(pathOf('generateContent'))
    expect(json).toMatchObject({
      candidates: [{ finishReason: 'STOP', avgLogprobs: expect.any(Number) }],
      usageMetadata: { trafficType: 'ON_DEMAND', totalTokenCount: expect.any(Number) },
      createTime: expect.stringMatching(/Z$/),
    })
    expect(headers.has('x-gemini-service-tier')).toBe(false)
    for (const [tier, traffic] of [
      ['flex', 'ON_DEMAND_FLEX'],
      ['priority', 'ON_DEMAND_PRIORITY'],
    ] as const) {
      const header = { 'X-Vertex-AI-LLM-Shared-Request-Type': tier }
      const got = await ask(pathOf('generateContent'), pose.contents('x'), header)
      expect(got.json.usageMetadata.trafficType).toBe(traffic)
    }
  })

  test('count tokens in the last chunk alone, as events and as an array', async () => {
    const path = pathOf('streamGenerateContent')
    const chunksOf = async (query: string) => {
      const got = await ask(path + query)
      return query === '' ? got.json : pose.recordsOf(got)
    }
    for (const query of ['?alt=sse', '']) {
      const chunks: { readonly usageMetadata: object }[] = await chunksOf(query)
      const last = chunks.pop()!
      expect(chunks.length).toBeGreaterThan(2)
      for (const { usageMetadata } of chunks) expect(usageMetadata).toEqual({ trafficType: 'ON_DEMAND' })
      expect(last.usageMetadata).toMatchObject({ trafficType: 'ON_DEMAND', promptTokenCount: expect.any(Number) })
    }
  })
})

test('429 has no RetryInfo and names the project; out of quota says so', async () => {
  await pose.control('vertex/a', { status: 429, retryAfter: 5 })
  const { json, headers } = await ask(pathOf('generateContent'))
  expect(json.error.message).toMatch(/^Resource exhausted.*projects\/123456789\d{3}/)
  expect(JSON.stringify(json)).not.toContain('RetryInfo')
  expect(headers.get('retry-after')).toBe('5')
  await pose.control('vertex/a', { quota: true })
  expect((await ask(pathOf('generateContent'))).json.error.message).toMatch(
    /^Quota exceeded.*project_number:123456789\d{3}/,
  )
  await pose.control('vertex/a', { status: 500 })
  expect((await ask(pathOf('generateContent'))).json.error.message).toMatch(/projects\/123456789\d{3}/)
})
