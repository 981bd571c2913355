/** What somebody with a key and bad intentions says of other people's things, beside the ids in paths: see `isolation.test.ts`. */
import { afterEach, expect, test } from 'bun:test'
import type { ResourceKind } from '../../src/store/resources.ts'
import { resourceOf } from '../../src/store/store-fixtures.ts'
import { organizationId, startGateway, type TestGateway } from './gateway.ts'

const config = {
  providers: { one: { kind: 'openai', apiKey: '${KEY}', baseUrl: 'https://one.test/v1' } },
  deployments: ['gpt-5.4', 'gpt-image-2', 'sora-2'].map((model) => ({
    name: model.replaceAll('.', '-'),
    model,
    provider: 'one',
    region: 'us',
  })),
}
const at = { mode: 'live', provider: 'one', region: 'us', deployment: 'gpt-5-4', model: 'gpt-5.4' } as const

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
/** Has one of a kind of its own, and a stranger's. */
async function start(kind: ResourceKind, labels: Readonly<Record<string, string>> = {}): Promise<TestGateway> {
  gateway = await startGateway(config, () => ({ pieces: ['{"id":"x","object":"file","usage":{}}'] }))
  await gateway.createOrganization('stranger')
  const { create } = gateway.deps.resources
  const model = kind === 'video' ? 'sora-2' : at.model
  await create(resourceOf({ ...at, kind, labels, model, id: 'own', upstreamId: 'own', organizationId }))
  await create(resourceOf({ ...at, kind, labels, model, id: 'foreign', organizationId: 'stranger' }))
  return gateway
}

async function formOf(entries: readonly (readonly [string, string | File])[]) {
  const data = new FormData()
  for (const [name, value] of entries) data.append(name, value)
  const response = new Response(data)
  const headers = { 'content-type': response.headers.get('content-type')! }
  return { body: new Uint8Array(await response.arrayBuffer()), headers }
}
const picture = new File([new Uint8Array([137, 80, 78, 71])], 'a.png', { type: 'image/png' })

test('a picture that a response is to look at again by its id alone is one’s own', async () => {
  const { ask, sent } = await start('response.item')
  const asked = (item: object) =>
    ask('POST', '/v1/responses', { body: { model: 'gpt-5.4', input: [{ type: 'image_generation_call', ...item }] } })
  for (const item of [{ id: 'foreign' }, { id: 'foreign', result: null }, { id: 'never', result: '' }])
    expect([item, (await asked(item)).status]).toEqual([item, 404])
  expect(sent).toEqual([])
  await asked({ id: 'own' })
  await asked({ id: 'never', result: 'iVBO' })
  expect(sent).toHaveLength(2)
})

/** Own: in answers that this gateway read; foreign: of a stranger's answers; never: of nobody's. */
async function startReasoning(): Promise<TestGateway> {
  const reasoning = { type: 'reasoning', id: 'rs_own', summary: [], encrypted_content: 'own-reasoning' }
  const of = { id: 'resp_1', object: 'response', status: 'completed', store: false }
  const answer = { ...of, output: [reasoning], usage: { input_tokens: 1 } }
  gateway = await startGateway(config, () => ({ pieces: [JSON.stringify(answer)] }))
  await gateway.createOrganization('stranger')
  const { create } = gateway.deps.resources
  const stored = { ...at, kind: 'response.item' } as const
  await create(resourceOf({ ...stored, id: 'rs_stored', upstreamId: 'rs_stored', organizationId }))
  await create(resourceOf({ ...stored, id: 'rs_foreign', organizationId: 'stranger' }))
  const first = await gateway.ask('POST', '/v1/responses', { body: { model: 'gpt-5.4', input: 'x', store: false } })
  expect(await first.text()).toContain('rs_own')
  return gateway
}
const strange = ['rs_foreign', 'rs_never', '', 'x'.repeat(300), "' or 1=1", 5, {}]
const told = [{ type: 'summary_text', text: 'So it is.' }]

test('reasoning that is named by its id alone is one’s own, and goes to the account that has it, wherever it stands', async () => {
  const { ask, sent } = await startReasoning()
  for (const url of ['/v1/responses', '/v1/responses/compact', '/v1/responses/input_tokens']) {
    const before = sent.length
    const asked = (id: unknown, more: object = {}) =>
      ask('POST', url, { body: { model: 'gpt-5.4', input: [{ type: 'reasoning', id, summary: [], ...more }] } })
    const words = new Set<string>()
    for (const id of strange) {
      const given = await asked(id, { encrypted_content: null })
      expect([url, id, given.status]).toEqual([url, id, 404])
      words.add((await given.text()).replace(/'[^']*'/, 'ID'))
    }
    expect(words.size).toBeLessThanOrEqual(2)
    expect(sent.length).toBe(before)
    expect([url, (await asked('rs_stored')).status, sent.length]).toEqual([url, 200, before + 1])
    expect(sent.at(-1)!.body).toContain('"id":"rs_stored"')
  }
})

test('reasoning that brings its text, or is encrypted, goes upstream without an id that is not its own', async () => {
  const { ask, sent } = await startReasoning()
  const sentOf = async (item: object) => {
    const body = {
      input: [
        { role: 'user', content: 'id' },
        { ...item, type: 'reasoning' },
      ],
      model: 'gpt-5.4',
    }
    expect([item, (await ask('POST', '/v1/responses', { body })).status]).toEqual([item, 200])
    return (JSON.parse(sent.at(-1)!.body) as { readonly input: readonly object[] }).input[1]
  }
  for (const id of strange) {
    const [text, encrypted] = [{ summary: told }, { summary: [], encrypted_content: 'own-reasoning' }]
    expect(await sentOf({ id, ...text })).toEqual({ type: 'reasoning', ...text })
    expect(await sentOf({ id, ...encrypted })).toEqual({ type: 'reasoning', ...encrypted })
  }
  for (const item of [
    { id: 'rs_stored', summary: told },
    { id: 'rs_own', summary: [], encrypted_content: 'own-reasoning' },
  ])
    expect(await sentOf(item)).toEqual({ type: 'reasoning', ...item })
})

test('what a response named before counts is not told to who is a stranger to it', async () => {
  const { ask, sent } = await start('response')
  const count = (id: string) =>
    ask('POST', '/v1/responses/input_tokens', { body: { model: 'gpt-5.4', previous_response_id: id, input: 'x' } })
  for (const id of ['foreign', 'never']) expect([id, (await count(id)).status]).toEqual([id, 400])
  expect(sent).toEqual([])
  expect((await count('own')).status).toBe(200)
})

test('sound that an answer had cannot be named in a chat, whoever’s it was; its words can be sent', async () => {
  const { ask, sent } = await start('file')
  const asked = (message: object) =>
    ask('POST', '/v1/chat/completions', { body: { model: 'gpt-5.4', messages: [{ role: 'assistant', ...message }] } })
  for (const id of ['audio_own', 'audio_foreign', '', 5, null]) {
    const given = await asked({ audio: { id } })
    expect([given.status, JSON.parse(await given.text())]).toMatchObject([
      400,
      { error: { param: 'messages[0].audio.id' } },
    ])
  }
  expect(sent).toEqual([])
  await asked({ content: 'x', audio: null })
  expect(sent).toHaveLength(1)
})

test('a video that is edited is the one whose id was looked up, however the body spells another', async () => {
  const { ask, sent } = await start('video', { seconds: '4', size: '720x1280' })
  const bodies = [
    { body: { prompt: 'x', 'video[id]': 'own', video: { id: 'foreign' } } },
    await formOf([
      ['prompt', 'x'],
      ['video[id]', 'own'],
      ['video', 'foreign'],
    ]),
    await formOf([
      ['prompt', 'x'],
      ['video[id]', 'own'],
      ['video[id][]', 'foreign'],
    ]),
    await formOf([
      ['prompt', 'x'],
      ['video[id]', 'own'],
      ['video[id]', 'foreign'],
    ]),
  ]
  for (const body of bodies) expect([400, 404]).toContain((await ask('POST', '/v1/videos/edits', body)).status)
  expect(sent).toEqual([])
  await ask(
    'POST',
    '/v1/videos/edits',
    await formOf([
      ['prompt', 'x'],
      ['video[id]', 'own'],
    ]),
  )
  expect(sent).toHaveLength(1)
})

test('a file that a form names, at whatever depth, is one’s own', async () => {
  const { ask, sent } = await start('file')
  const edit = [
    ['model', 'gpt-image-2'],
    ['prompt', 'x'],
    ['image', picture],
  ] as const
  for (const name of ['mask[file_id]', 'image[1][file_id]', 'images[][file_id]'])
    expect([name, (await ask('POST', '/v1/images/edits', await formOf([...edit, [name, 'foreign']]))).status]).toEqual([
      name,
      404,
    ])
  for (const name of ['input_reference[file_id]', 'input_reference[0][file_id]', 'input_reference[file_id][]'])
    expect([
      name,
      (
        await ask(
          'POST',
          '/v1/videos',
          await formOf([
            ['prompt', 'x'],
            [name, 'foreign'],
          ]),
        )
      ).status,
    ]).toEqual([name, 404])
  expect(sent).toEqual([])
  await ask('POST', '/v1/images/edits', await formOf([...edit, ['mask[file_id]', 'own']]))
  expect(sent).toHaveLength(1)
})

test('what is billed by a field is refused where a form gives it as a file, which an upstream might read', async () => {
  const { ask, sent } = await start('file')
  const given = await ask(
    'POST',
    '/v1/videos',
    await formOf([
      ['prompt', 'x'],
      ['seconds', new File(['12'], 's')],
    ]),
  )
  expect([given.status, JSON.parse(await given.text())]).toMatchObject([400, { error: { param: 'seconds' } }])
  expect(sent).toEqual([])
})

test('an id that is given twice is refused: two readers might each take another', async () => {
  const { ask, sent } = await start('conversation')
  for (const [url, body] of [
    ['/v1/videos/edits', '{"prompt":"x","video":{"id":"foreign","id":"own"}}'],
    ['/v1/videos', '{"prompt":"x","input_reference":{"file_id":"foreign","file_id":"own"}}'],
    ['/v1/videos', '{"prompt":"x","input_reference":{"file_id":"foreign"},"input_reference":{}}'],
    ['/v1/responses', '{"model":"gpt-5.4","input":"x","conversation":{"id":"foreign","id":"own"}}'],
    ['/v1/responses', '{"model":"gpt-5.4","input":[{"type":"reasoning","id":"foreign","id":"own"}]}'],
    ...[
      '"file_id":"foreign","file_id":"own"',
      '"file_id":"foreign","file_id":null',
      '"file_\\u0069d":"foreign","file_id":null',
      '"file_id":"foreign","type":"input_text"',
    ].map((part) => [
      '/v1/responses',
      `{"model":"gpt-5.4","input":[{"role":"user","content":[{"type":"input_file",${part}}]}]}`,
    ]),
    ...[
      '"file":{"file_id":"foreign","file_id":"own"}',
      '"file":{"file_id":"foreign"},"file":{}',
      '"file":{"f\\u0069le_id":"foreign","file_id":5}',
      '"file":{"file_id":"foreign"},"type":"text"',
    ].map((part) => [
      '/v1/chat/completions',
      `{"model":"gpt-5.4","messages":[{"role":"user","content":[{"type":"file",${part}}]}]}`,
    ]),
    [
      '/v1/chat/completions',
      '{"model":"gpt-5.4","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"foreign"}}],"content":"x"}]}',
    ],
    [
      '/v1/chat/completions',
      '{"model":"gpt-5.4","messages":[{"role":"assistant","audio":{"id":"foreign"},"audio":null}]}',
    ],
    ['/v1/images/edits', '{"model":"gpt-image-2","prompt":"x","images":[{"file_id":"foreign","file_id":"own"}]}'],
    ['/v1/conversations', '{"items":[{"type":"item_reference","id":"foreign"}],"items":[]}'],
    ['/v1/conversations/own/items', '{"items":[{"type":"item_reference","id":"foreign","id":null,"type":"message"}]}'],
  ] as [string, string][])
    expect([body, (await ask('POST', url, { body })).status]).toEqual([body, 400])
  expect(sent).toEqual([])
})

test('a page that somebody uploaded runs as nobody’s when a browser is led to it, and says nothing of the account that has it', async () => {
  const headers = {
    'content-type': 'text/html',
    'set-cookie': 'a=b',
    location: 'https://account.test/signed',
    server: 'account',
    'openai-organization': 'org-account',
    'x-ms-region': 'account',
  }
  gateway = await startGateway(config, () => ({ headers, pieces: ['<script>alert(1)</script>'] }))
  await gateway.deps.resources.create(resourceOf({ ...at, kind: 'file', id: 'own', upstreamId: 'own', organizationId }))
  const given = await gateway.ask('GET', '/v1/files/own/content')
  expect(given.headers).toMatchObject({
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  })
  expect(JSON.stringify(given.headers)).not.toContain('account')
  expect(given.headers['set-cookie']).toBeUndefined()
  expect(await given.text()).toBe('<script>alert(1)</script>')
})

test('where the account that has a file sends on to another place, its address goes to nobody', async () => {
  const headers = { location: 'https://account.test/signed?sig=secret' }
  gateway = await startGateway(config, () => ({ status: 302, headers, pieces: ['https://account.test/signed'] }))
  await gateway.deps.resources.create(resourceOf({ ...at, kind: 'file', id: 'own', upstreamId: 'own', organizationId }))
  const given = await gateway.ask('GET', '/v1/files/own/content')
  expect(given.status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(given.headers) + (await given.text())).not.toContain('account.test')
})

test('a call that asks otherwise in its query is another call under an idempotency key, and is given no other answer', async () => {
  const { ask, sent } = await start('conversation')
  const headers = { 'idempotency-key': 'once' }
  const add = (query: string) =>
    ask('POST', `/v1/conversations/own/items${query}`, { headers, body: { items: [{ role: 'user', content: 'x' }] } })
  expect([(await add('')).status, (await add('')).headers['idempotent-replayed']]).toEqual([200, 'true'])
  expect((await add('?include=message.output_text.logprobs')).status).toBeGreaterThanOrEqual(400)
  expect(sent).toHaveLength(1)
})
