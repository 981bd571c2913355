/** Files through the official OpenAI SDK from TypeScript: they come back byte for byte, and are nobody's but their organization's. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import OpenAI, { BadRequestError, NotFoundError, toFile } from 'openai'
import { pattern } from '../../src/lib/http/test-bytes.ts'
import { balanceNano, openAccount, type Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'

setDefaultTimeout(60_000)

let server: Server
let account: Account
let client: OpenAI
const clientOf = (key: string): OpenAI => new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: key, maxRetries: 0 })
beforeAll(async () => {
  server = await startServer()
  account = await openAccount(server, '5.00')
  client = clientOf(account.key)
})
afterAll(() => server?.stop())

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const upload = (bytes: Uint8Array | string, more: Partial<OpenAI.FileCreateParams> = {}, of = client) =>
  of.files.create({ file: new File([bytes], 'a.jsonl'), purpose: 'batch', ...more })
const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  )

describe('a file', () => {
  test('is kept, described, listed, given back byte for byte, and deleted, and costs nothing', async () => {
    const before = await balanceNano(server, account.organizationId)
    const bytes = Buffer.concat([pattern(100_000), Buffer.from('\r\n--boundary\r\n\0\xff', 'latin1')])
    const made = await upload(bytes)
    expect(made).toMatchObject({ object: 'file', purpose: 'batch', filename: 'a.jsonl', bytes: bytes.length })
    expect(await client.files.retrieve(made.id)).toEqual(made)
    const listed = await Array.fromAsync(client.files.list())
    expect(listed).toContainEqual(made)
    const content = await client.files.content(made.id)
    expect(sha(await content.bytes())).toBe(sha(bytes))
    expect(await client.files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true })
    for (const ask of [client.files.retrieve(made.id), client.files.content(made.id), client.files.delete(made.id)])
      expect(await errorOf(ask)).toBeInstanceOf(NotFoundError)
    expect((await Array.fromAsync(client.files.list())).map(({ id }) => id)).not.toContain(made.id)
    expect(await balanceNano(server, account.organizationId)).toBe(before)
  })

  test('may say its purpose behind its bytes, and for how long it is to be kept', async () => {
    const made = await client.files.create({
      file: await toFile(Buffer.from('{}'), 'x.jsonl'),
      purpose: 'evals',
      expires_after: { anchor: 'created_at', seconds: 86_400 },
    })
    expect(made.expires_at).toBe(made.created_at + 86_400)
  })

  test('of many megabytes comes and goes with its length, in ranges too, and is held by nobody', async () => {
    const bytes = pattern(60_000_000)
    const { id } = await upload(bytes)
    const url = `${server.baseUrl}/v1/files/${id}/content`
    const headers = { authorization: `Bearer ${account.key}` }
    const whole = await fetch(url, { headers })
    expect(whole.headers.get('content-length')).toBe(String(bytes.length))
    expect(sha(await whole.bytes())).toBe(sha(bytes))
    const part = await fetch(url, { headers: { ...headers, range: 'bytes=59999000-' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 59999000-59999999/60000000'])
    expect(Buffer.from(await part.bytes()).equals(bytes.subarray(59_999_000))).toBe(true)
    const none = await fetch(url, { headers: { ...headers, range: 'bytes=70000000-' } })
    expect(none.status).toBe(416)
    const head = await fetch(url, { headers, method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
  })

  test('that its account refuses is refused in the vendor’s words', async () => {
    expect(await errorOf(upload('{}', { purpose: 'answers' as never }))).toBeInstanceOf(BadRequestError)
    const json = await fetch(`${server.baseUrl}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: '{"purpose":"batch"}',
    })
    expect([json.status, await json.text()]).toEqual([400, expect.stringContaining('multipart/form-data')])
  })
})

test('lists go by pages, by purpose, and have the organization’s own alone', async () => {
  const mine = clientOf((await openAccount(server, '1.00')).key)
  const ids: string[] = []
  for (const purpose of ['evals', 'user_data', 'evals', 'user_data', 'evals'] as const) {
    ids.push((await mine.files.create({ file: await toFile(Buffer.from(purpose), 'x.txt'), purpose })).id)
  }
  const idsOf = async (query: OpenAI.FileListParams) =>
    (await Array.fromAsync(mine.files.list(query))).map(({ id }) => id)
  expect(new Set(await idsOf({ limit: 2 }))).toEqual(new Set(ids))
  expect(new Set(await idsOf({ purpose: 'user_data' }))).toEqual(new Set([ids[1]!, ids[3]!]))
  expect((await mine.files.list({ limit: 2 })).has_more).toBe(true)
})

test('nobody else’s key finds one, by any operation, nor names it in a chat', async () => {
  const { id } = await upload('{}')
  const other = clientOf((await openAccount(server, '1.00')).key)
  const asChat = (of: OpenAI, file: string) =>
    of.chat.completions.create({
      model: 'gpt-5.4-mini',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { file_id: file } },
            { type: 'text', text: 'What?' },
          ],
        },
      ],
    })
  for (const [of, asked] of [
    [other, id],
    [client, 'file-000000000000000000000000'],
    [client, '../../models'],
    [client, `${id}%00`],
  ] as const)
    for (const ask of [of.files.retrieve(asked), of.files.content(asked), of.files.delete(asked), asChat(of, asked)])
      expect(await errorOf(ask)).toMatchObject({ status: 404, message: expect.stringContaining('No such File object') })
  expect((await Array.fromAsync(other.files.list())).map((file) => file.id)).not.toContain(id)
  expect((await client.files.retrieve(id)).id).toBe(id)
})

test('a file can be used by its id in a chat and in a response', async () => {
  const { id } = await upload(Buffer.from('the moon is made of rock'), { purpose: 'user_data' })
  const chat = await client.chat.completions.create({
    model: 'gpt-5.4-mini',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'file', file: { file_id: id } },
          { type: 'text', text: 'What?' },
        ],
      },
    ],
  })
  expect(chat.choices[0]!.message.content).toBeTruthy()
  const response = await client.responses.create({
    model: 'gpt-5.4-mini',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_file', file_id: id },
          { type: 'input_text', text: 'What?' },
        ],
      },
    ],
  })
  expect(response.output_text).toBeTruthy()
})

test('an upload that is repeated with its idempotency key is one file', async () => {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const once = () => client.files.create({ file: new File(['{}'], 'once.jsonl'), purpose: 'batch' }, { headers })
  const [first, second] = [await once(), await once()]
  expect(second).toEqual(first)
  const other = client.files.create({ file: new File(['{"a":1}'], 'once.jsonl'), purpose: 'batch' }, { headers })
  expect(await errorOf(other)).toMatchObject({ status: 422 })
})
