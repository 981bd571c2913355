/** The sandbox as Azure OpenAI. */
import { describe, expect, test } from 'bun:test'
import { chat, control, post, recordsOf, send, servedAs, useSandbox, type Got } from './pose-support.ts'

useSandbox()

const key = { 'api-key': 'key-a' }
const v1 = '/as/azure/a/openai/v1/chat/completions'
const deployed = (deployment: string, query = '?api-version=2024-10-21', operation = 'chat/completions'): string =>
  `/as/azure/a/openai/deployments/${deployment}/${operation}${query}`
const ask = (path: string, body: object = chat('hello'), headers: Record<string, string> = key): Promise<Got> =>
  post(path, body, headers)
const codeOf = ({ status, json }: Got): [number, string] => [status, json.error.code]

describe('who is let in', () => {
  test('its api-key, in the v1 style as a bearer too, in Azure’s words', async () => {
    expect((await ask(v1)).status).toBe(200)
    expect((await ask(v1, chat('x'), { authorization: 'Bearer key-a' })).status).toBe(200)
    const wrong = await ask(v1, chat('x'), { 'api-key': 'key-b' })
    expect(wrong.status).toBe(401)
    expect(wrong.json).toEqual({
      error: { code: '401', message: expect.stringContaining('Access denied due to invalid subscription key') },
    })
    expect((await ask(deployed('gpt-5.4-mini'), chat('x'), { authorization: 'Bearer key-a' })).status).toBe(401)
  })

  test('only with an API version where the path names the deployment', async () => {
    expect((await ask(deployed('gpt-5.4-mini'))).status).toBe(200)
    const none = await ask(deployed('gpt-5.4-mini', ''))
    expect(none.json).toEqual({ error: { code: '404', message: 'Resource not found' } })
    const version = '?api-version=2024-10-21'
    expect(codeOf(await ask(deployed('gpt-5.4-mini', version, 'models')))).toEqual([404, '404'])
    expect(codeOf(await ask(`/as/azure/a/openai/assistants${version}`))).toEqual([404, '404'])
  })
})

test('deployments are models, or dep- and a model; the answer names the snapshot, the count both names', async () => {
  const got = await ask(v1, chat('x', { model: 'dep-gpt-4.1-mini' }), { ...key, 'x-client-request-id': 'req_azure' })
  expect(got.json.model).toBe('gpt-4.1-mini-2025-04-14')
  expect(await servedAs('req_azure')).toMatchObject([
    { pose: 'azure', account: 'a', model: 'gpt-4.1-mini', upstreamModel: 'dep-gpt-4.1-mini' },
  ])
  // The path decides, whatever the body says.
  expect((await ask(deployed('dep-gpt-5.4'), chat('x', { model: 'nonsense' }))).json.model).toBe('gpt-5.4-2026-03-05')
  for (const name of ['production', 'gemini-3.5-flash', 'dep-gpt-does-not-exist'])
    expect(codeOf(await ask(v1, chat('x', { model: name })))).toEqual([404, 'DeploymentNotFound'])
  expect(codeOf(await ask(v1, { messages: [{ role: 'user', content: 'x' }] }))[0]).toBe(400)
})

test('embeddings in both styles; an operation that the model does not have is refused', async () => {
  const input = { input: 'x', model: 'dep-text-embedding-3-small' }
  expect((await ask('/as/azure/a/openai/v1/embeddings', input)).json.model).toBe('text-embedding-3-small')
  const path = deployed('text-embedding-3-small', '?api-version=2024-10-21', 'embeddings')
  expect((await ask(path, { input: 'x' })).json.data).toHaveLength(1)
  expect(codeOf(await ask(v1, chat('x', { model: 'text-embedding-3-small' })))).toEqual([400, 'OperationNotSupported'])
  expect((await send('GET', '/as/azure/a/openai/v1/models', undefined, key)).json.object).toBe('list')
})

describe('the content filter', () => {
  const results = { hate: { filtered: false, severity: 'safe' } }

  test('speaks in plain answers', async () => {
    const { json } = await ask(v1)
    expect(json.prompt_filter_results).toMatchObject([{ prompt_index: 0, content_filter_results: results }])
    expect(json.choices[0].content_filter_results).toMatchObject(results)
  })

  test('begins a stream with a chunk that has no id and no choice', async () => {
    const got = await ask(v1, chat('x', { stream: true, stream_options: { include_usage: true } }))
    const [first, ...rest] = recordsOf(got)
    expect(first).toMatchObject({ id: '', object: '', created: 0, model: '', choices: [] })
    expect(first.prompt_filter_results).toHaveLength(1)
    expect(rest.every(({ id }) => id.startsWith('chatcmpl-'))).toBe(true)
    expect(rest[1].choices[0].content_filter_results).toMatchObject(results)
    expect(rest.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
    expect(got.text).toEndWith('data: [DONE]\n\n')
  })

  test('comes in chunks of its own, without delta, where it is asynchronous', async () => {
    const body = chat('x [[sandbox: async_filter=1 tokens=40]]', { stream: true })
    const records = recordsOf(await ask(v1, body))
    const annotations = records.filter(({ id, choices }) => id === '' && choices.length > 0)
    expect(annotations.length).toBeGreaterThan(2)
    for (const { choices } of annotations) {
      expect(choices[0].delta).toBeUndefined()
      expect(choices[0].content_filter_offsets.end_offset).toBeGreaterThanOrEqual(0)
    }
    const content = records.filter(({ id }) => id !== '')
    expect(content.some(({ choices }) => choices[0]?.content_filter_results)).toBe(false)
    expect(content.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('simulated answer')
  })

  test('blocks a prompt with an inner error', async () => {
    const blocked = await ask(v1, chat('[[sandbox: blocked=1]]'))
    expect(codeOf(blocked)).toEqual([400, 'content_filter'])
    expect(blocked.json.error.innererror.code).toBe('ResponsibleAIPolicyViolation')
  })
})

describe('an account does what it is told', () => {
  const at = (name: string): Promise<Got> =>
    ask(`/as/azure/${name}/openai/v1/chat/completions`, chat('x'), { 'api-key': `key-${name}` })

  test('429 says in two headers and in words when to come back; no error has type or param', async () => {
    await control('azure/told', { status: 429, retryAfter: 3 })
    const limited = await at('told')
    expect([limited.headers.get('retry-after'), limited.headers.get('retry-after-ms')]).toEqual(['3', '3000'])
    expect(limited.json.error.message).toContain('Please retry after 3 seconds')
    expect(Object.keys(limited.json.error)).toEqual(['code', 'message'])
    await control('azure/told', { quota: true })
    expect((await at('told')).json.error.message).toContain('quota of your current OpenAI S0 pricing tier')
    await control('azure/told', { status: 410 })
    expect(codeOf(await at('told'))).toEqual([410, '410'])
  })

  test('a ceiling of calls a minute', async () => {
    await control('azure/slow', { rpm: 1 })
    expect((await at('slow')).headers.get('x-ratelimit-remaining-requests')).toBe('0')
    const over = await at('slow')
    expect(over.status).toBe(429)
    expect(Number(over.headers.get('retry-after-ms'))).toBeGreaterThan(50_000)
  })
})

test('responses are made by deployments, in either style, with what the filter found', async () => {
  const headers = { 'api-key': 'key-a' }
  const body = { model: 'dep-gpt-5.1', input: 'hello' }
  for (const path of ['v1/responses', 'responses?api-version=preview']) {
    const made = await post(`/as/azure/a/openai/${path}`, body, headers)
    expect(made.json).toMatchObject({ model: 'gpt-5.1-2025-11-13', content_filters: [{ source_type: 'prompt' }, {}] })
    const kept = await send(
      'GET',
      `/as/azure/a/openai/${path.replace('responses', `responses/${made.json.id}`)}`,
      undefined,
      headers,
    )
    expect(kept.json.output).toEqual(made.json.output)
  }
  const records = (await post('/as/azure/a/openai/v1/responses', { ...body, stream: true }, headers)).text.split('\n\n')
  expect(records[0]).toStartWith('event: response.created\n')
  expect(records.at(-2)).toContain('"content_filters":[{')
  const none = await post('/as/azure/a/openai/v1/responses', { model: 'dep-nothing', input: 'x' }, headers)
  expect(none.json.error.code).toBe('DeploymentNotFound')
})
