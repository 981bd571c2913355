/** The sandbox as OpenAI. */
import { describe, expect, test } from 'bun:test'
import { account, chat, control, post, restore, send, servedAs, useSandbox, type Got } from './pose-support.ts'

useSandbox()

const ask = (name: string, headers: Record<string, string> = {}, body: object = chat('hello')): Promise<Got> =>
  post(`/as/openai/${name}/v1/chat/completions`, body, { authorization: `Bearer key-${name}`, ...headers })

describe('who is let in', () => {
  test('its own key alone, a wrong one masked in the refusal', async () => {
    expect((await ask('a')).status).toBe(200)
    const wrong = await ask('a', { authorization: 'Bearer key-of-another-account' })
    expect(wrong.status).toBe(401)
    expect(wrong.json.error).toMatchObject({ type: 'invalid_request_error', param: null, code: 'invalid_api_key' })
    expect(wrong.json.error.message).toStartWith('Incorrect API key provided: key-**************ount.')
    const none = await post('/as/openai/a/v1/chat/completions', chat('x'))
    expect([none.status, none.json.error.code]).toEqual([401, null])
    expect((await ask('a', { authorization: 'Bearer sk-bf-1' })).status).toBe(400)
  })

  test('its own organization and project alone', async () => {
    expect((await ask('a', { 'openai-organization': 'org-a', 'openai-project': 'proj_a' })).status).toBe(200)
    const project = await ask('a', { 'openai-project': 'proj_b' })
    expect([project.status, project.json.error.code]).toEqual([401, 'mismatched_project'])
    const organization = await ask('a', { 'openai-organization': 'org-b' })
    expect([organization.status, organization.json.error.code]).toEqual([401, 'mismatched_organization'])
  })
})

test('an answer carries what must not come down to a customer, and the count says where it was served', async () => {
  const got = await ask('a', { 'x-client-request-id': 'req_openai', 'x-extra': '1' }, chat('hello', { store: false }))
  expect(Object.fromEntries(got.headers)).toMatchObject({
    'openai-organization': 'org-a',
    'openai-project': 'proj_a',
    'x-ratelimit-limit-requests': '10000',
    'x-request-id': expect.stringMatching(/^req_/),
    'cf-ray': expect.any(String),
  })
  expect(got.headers.getSetCookie()).toHaveLength(1)
  for (const what of ['limit', 'remaining', 'reset'])
    for (const of of ['requests', 'tokens']) expect(got.headers.has(`x-ratelimit-${what}-${of}`)).toBe(true)
  expect(got.json.model).toBe('gpt-5.4-mini-2026-03-17')
  const [served] = await servedAs('req_openai')
  expect(served).toMatchObject({
    pose: 'openai',
    account: 'a',
    region: null,
    model: 'gpt-5.4-mini',
    upstreamModel: 'gpt-5.4-mini',
    sent: { ...served.usage, store: false },
  })
  expect(served.store).toBe(false)
  expect(served.clientHeaders).toContain('x-extra')
  expect(served.sent.clientHeaders).toContain('x-extra')
  expect((await send('GET', '/sandbox/count')).json.byAccount['openai/a'].requests).toBeGreaterThan(0)
})

test('streams, embeddings and models are there, and none of Google’s models', async () => {
  expect((await ask('a', {}, chat('x', { stream: true }))).text).toEndWith('data: [DONE]\n\n')
  const headers = { authorization: 'Bearer key-a' }
  const embedding = { model: 'text-embedding-3-small', input: 'x' }
  expect((await post('/as/openai/a/v1/embeddings', embedding, headers)).json.data).toHaveLength(1)
  expect((await send('GET', '/as/openai/a/v1/models', undefined, headers)).json.object).toBe('list')
  expect((await send('GET', '/as/openai/a/v1/models/gpt-5.4', undefined, headers)).json.id).toBe('gpt-5.4')
  expect((await ask('a', {}, chat('x', { model: 'gemini-3.5-flash' }))).json.error.code).toBe('model_not_found')
  expect((await post('/as/openai/a/v1/nothing', {}, headers)).json.error.message).toContain('Invalid URL')
})

describe('an account does what it is told', () => {
  test('any status, with a code and a time to come back, until it is restored', async () => {
    expect((await control('openai/told', { status: 503, code: 'busy', retryAfter: 2 })).status).toBe(200)
    const busy = await ask('told')
    expect([busy.status, busy.json.error.code, busy.headers.get('retry-after')]).toEqual([503, 'busy', '2'])
    await restore('openai/told')
    expect((await ask('told')).status).toBe(200)
    expect(await account('openai/told')).toEqual({
      pose: 'openai',
      account: 'told',
      control: {},
      served: 1,
      refused: { '503': 1 },
    })
  })

  test('429 names the organization; out of quota is a 429 of its own', async () => {
    await control('openai/told', { status: 429, retryAfter: 7 })
    const limited = await ask('told')
    expect(limited.json.error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' })
    expect(limited.json.error.message).toContain('in organization org-told on requests per min (RPM)')
    expect(limited.headers.get('retry-after')).toBe('7')
    await control('openai/told', { quota: true })
    const broke = await ask('told')
    expect([broke.status, broke.headers.get('retry-after')]).toEqual([429, null])
    expect(broke.json.error).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' })
    expect(broke.json.error.message).toContain('org-told')
    await control('openai/told', { quota: true, code: 'credit_balance_exhausted' })
    expect((await ask('told')).json.error).toMatchObject({
      type: 'insufficient_quota',
      code: 'credit_balance_exhausted',
    })
  })

  test('a ceiling of calls a minute: the headers count down, then 429 with the time until the minute is over', async () => {
    await control('openai/slow', { rpm: 2 })
    const left = async () => (await ask('slow')).headers.get('x-ratelimit-remaining-requests')
    expect([await left(), await left()]).toEqual(['1', '0'])
    const over = await ask('slow')
    expect(over.status).toBe(429)
    expect(over.json.error.message).toContain('Limit 2, Used 2, Requested 1')
    const seconds = Number(over.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(50)
    expect(seconds).toBeLessThanOrEqual(60)
    expect((await ask('fast')).status).toBe(200)
  })

  test('it is late, resets or never answers; what was reset or stalled is not served', async () => {
    await control('openai/bad', { latencyMs: 80 })
    const started = performance.now()
    expect((await ask('bad')).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThan(75)
    await control('openai/bad', { reset: true })
    const failure = await ask('bad', { 'x-client-request-id': 'req_reset' }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    await control('openai/bad', { stall: true })
    const stalled = ask('bad', { 'x-client-request-id': 'req_stall' }).catch(() => 'cut')
    await Bun.sleep(60)
    expect((await account('openai/bad')).refused).toEqual({ reset: 1, stall: 1 })
    expect([...(await servedAs('req_reset')), ...(await servedAs('req_stall'))]).toEqual([])
    expect(await Promise.race([stalled, Bun.sleep(20).then(() => 'waiting')])).toBe('waiting')
  })

  test('what it cannot be told is refused', async () => {
    for (const wrong of [{ sttaus: 500 }, { status: 200 }, { rpm: 0 }, { quota: 'yes' }])
      expect((await control('openai/a', wrong)).status).toBe(400)
    expect((await send('PUT', '/sandbox/accounts/openai/a', 'x')).status).toBe(400)
    expect((await control('anthropic/a', {})).status).toBe(404)
    expect((await send('GET', '/sandbox/accounts')).json.data.length).toBeGreaterThan(2)
  })
})

test('a blocked prompt is 400, content_policy_violation', async () => {
  const blocked = await ask('a', { 'x-sandbox': 'blocked=1' })
  expect([blocked.status, blocked.json.error.code]).toEqual([400, 'content_policy_violation'])
  const headers = { authorization: 'Bearer sandbox-credential', 'x-sandbox': 'blocked=1' }
  const plain = await post('/v1/chat/completions', chat('hello'), headers)
  expect([plain.status, plain.json.error.code]).toEqual([400, 'content_policy_violation'])
})

test('one client request id finds the calls at all accounts, refused ones left out', async () => {
  const id = { 'x-client-request-id': 'req_everywhere' }
  await control('openai/down', { status: 503 })
  for (const name of ['first', 'down', 'second']) await ask(name, id)
  await post('/as/azure/first/openai/v1/chat/completions', chat('hello'), { 'api-key': 'key-first', ...id })
  const served: { readonly pose: string; readonly account: string }[] = await servedAs('req_everywhere')
  expect(served.map(({ pose, account: name }) => `${pose}/${name}`)).toEqual([
    'openai/first',
    'openai/second',
    'azure/first',
  ])
})

test('the prompt cache is the account’s own', async () => {
  const long = chat(Array.from({ length: 1_500 }, (_, at) => `word${at}`).join(' '))
  const cached = async (name: string) => (await ask(name, {}, long)).json.usage.prompt_tokens_details.cached_tokens
  expect(await cached('one')).toBe(0)
  expect(await cached('one')).toBeGreaterThan(1_024)
  expect(await cached('two')).toBe(0)
  const plain = await post('/v1/chat/completions', long, { authorization: 'Bearer sandbox-credential' })
  expect(plain.json.usage.prompt_tokens_details.cached_tokens).toBe(0)
})

test('what was refused is forgotten with the count; what an account was told is not', async () => {
  await control('openai/kept', { status: 500 })
  await ask('kept')
  await send('POST', '/sandbox/reset')
  expect(await account('openai/kept')).toMatchObject({ control: { status: 500 }, served: 0, refused: {} })
})

test('max_tokens is refused of a model that reasons, which the sandbox by itself takes', async () => {
  const body = chat('hello', { max_tokens: 20 })
  const { status, json } = await ask('a', {}, body)
  expect([status, json.error?.param, json.error?.code]).toEqual([400, 'max_tokens', 'unsupported_parameter'])
  expect(json.error.message).toContain("Use 'max_completion_tokens' instead")
  expect((await ask('a', {}, { ...body, model: 'gpt-4o' })).status).toBe(200)
  const plain = await post('/v1/chat/completions', body, { authorization: 'Bearer sandbox-credential' })
  expect([plain.status, plain.json.usage.completion_tokens <= 20]).toEqual([200, true])
})

describe('responses', () => {
  const at = (name: string) => ({ authorization: `Bearer key-${name}` })
  const create = (name: string, body: object): Promise<Got> =>
    post(`/as/openai/${name}/v1/responses`, { model: 'gpt-5.4-mini', input: 'hello', ...body }, at(name))

  test('are their account’s alone, sealed thoughts included, and the count says where they were made', async () => {
    const sealing = { include: ['reasoning.encrypted_content'], store: true }
    const made = await post(
      '/as/openai/a/v1/responses',
      { model: 'gpt-5.4-mini', input: 'hi', ...sealing },
      {
        ...at('a'),
        'x-client-request-id': 'posed-response',
      },
    )
    expect(made.status).toBe(200)
    const { id, output } = made.json
    expect(await servedAs('posed-response')).toMatchObject([{ pose: 'openai', account: 'a', store: true }])
    expect((await send('GET', `/as/openai/a/v1/responses/${id}`, undefined, at('a'))).json.id).toBe(id)
    expect((await send('GET', `/as/openai/b/v1/responses/${id}`, undefined, at('b'))).status).toBe(404)
    const next = { previous_response_id: id }
    expect((await create('a', next)).status).toBe(200)
    expect((await create('b', next)).json.error.code).toBe('previous_response_not_found')
    const again = { input: [output[0], { role: 'user', content: 'and?' }] }
    expect((await create('a', again)).status).toBe(200)
    expect((await create('b', again)).json.error).toMatchObject({
      code: 'invalid_encrypted_content',
      message: expect.stringContaining('organization_id did not match'),
    })
  })

  test('are not there where an account was told to lack them', async () => {
    await control('openai/bare', { lacks: ['/responses'] })
    expect((await create('bare', {})).status).toBe(404)
    expect((await send('GET', '/as/openai/bare/v1/responses/resp_1', undefined, at('bare'))).json.error.message).toBe(
      'Invalid URL (GET /v1/responses/resp_1)',
    )
    expect((await ask('bare')).status).toBe(200)
    await restore('openai/bare')
    expect((await create('bare', {})).status).toBe(200)
  })
})
