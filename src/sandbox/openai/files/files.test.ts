/** The sandbox's files: byte for byte, each account's own, within limits, as the SDK sends and asks for them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import { pattern } from '../../../lib/http/test-bytes.ts'
import { sandboxCredential } from '../../exchange.ts'
import { startSandbox, type Sandbox } from '../../serve.ts'
import { createStoredFiles } from './stored-files.ts'

let sandbox: Sandbox
beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
afterAll(() => sandbox.stop())

const clientAt = (path: string, apiKey: string): OpenAI =>
  new OpenAI({ baseURL: `${sandbox.url}${path}`, apiKey, maxRetries: 0 })
const client = (): OpenAI => clientAt('/v1', sandboxCredential)
const account = (name: string): OpenAI => clientAt(`/as/openai/${name}/v1`, `key-${name}`)

const upload = (bytes: Uint8Array | string, more: Partial<OpenAI.FileCreateParams> = {}, name = 'lines.jsonl') =>
  client().files.create({ file: new File([bytes], name), purpose: 'batch', ...more })
const refusalOf = (asked: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
  asked.then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  )

describe('a file', () => {
  test('comes back byte for byte, whatever is in it, and is described as the SDK types it', async () => {
    const bytes = Buffer.concat([pattern(100_000), Buffer.from('\r\n--boundary\r\n\0\xff', 'latin1')])
    const stored = await upload(bytes, {}, 'zeilen äöü.jsonl')
    expect(stored).toEqual({
      object: 'file',
      id: expect.stringMatching(/^file-[0-9a-f]{24}$/),
      purpose: 'batch',
      filename: 'zeilen äöü.jsonl',
      bytes: bytes.length,
      created_at: expect.any(Number),
      expires_at: stored.created_at + 2_592_000,
      status: 'processed',
      status_details: null,
    } as never)
    expect(await client().files.retrieve(stored.id)).toEqual(stored)
    const content = Buffer.from(await (await client().files.content(stored.id)).arrayBuffer())
    expect(Buffer.compare(content, bytes)).toBe(0)
  })

  test('that is larger than what is kept in memory does too, and in ranges', async () => {
    const bytes = pattern(9_000_000)
    const { id } = await upload(bytes)
    const url = `${sandbox.url}/v1/files/${id}/content`
    const headers = { authorization: `Bearer ${sandboxCredential}` }
    const whole = await fetch(url, { headers })
    expect(whole.headers.get('content-length')).toBe('9000000')
    expect(digestOf(await whole.bytes())).toBe(digestOf(bytes))
    const part = await fetch(url, { headers: { ...headers, range: 'bytes=8999000-' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 8999000-8999999/9000000'])
    expect(Buffer.compare(await part.bytes(), bytes.subarray(8_999_000))).toBe(0)
    const head = await fetch(url, { method: 'HEAD', headers })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '9000000'])
  })

  test('is gone when it is deleted, and when its time is over', async () => {
    const { id } = await upload('{}')
    expect(await client().files.delete(id)).toEqual({ object: 'file', deleted: true, id })
    expect(await refusalOf(client().files.retrieve(id))).toMatchObject({
      status: 404,
      message: `404 No such File object: ${id}`,
    })
    const short = await client().files.create(
      { file: await toFile(Buffer.from('{}'), 'x.jsonl'), purpose: 'batch' },
      { headers: { 'x-sandbox': 'expires_ms=0' } },
    )
    for (const ask of [
      client().files.retrieve(short.id),
      client().files.content(short.id),
      client().files.delete(short.id),
    ])
      expect((await refusalOf(ask)).status).toBe(404)
  })

  test('lasts as long as was asked for', async () => {
    const day = await upload('x', { purpose: 'evals', expires_after: { anchor: 'created_at', seconds: 86_400 } })
    expect(day.expires_at).toBe(day.created_at + 86_400)
    expect((await upload('x', { purpose: 'evals' })).expires_at).toBeNull()
    const refused = await refusalOf(upload('x', { expires_after: { anchor: 'created_at', seconds: 60 } }))
    expect(refused).toMatchObject({ status: 400, param: 'expires_after.seconds' })
    const words = await refusalOf(upload('x', { expires_after: { anchor: 'created_at', seconds: 'soon' as never } }))
    expect(words.message).toContain('but got a string instead')
  })
})

test('lists go by time in pages, by purpose, and hold the account’s own alone', async () => {
  const mine = account('files-list')
  const ids: string[] = []
  for (const purpose of ['evals', 'user_data', 'evals', 'user_data', 'evals'] as const)
    ids.push((await mine.files.create({ file: await toFile(Buffer.from(purpose), 'x.txt'), purpose })).id)
  const idsOf = async (query: OpenAI.FileListParams) =>
    (await Array.fromAsync(mine.files.list(query))).map(({ id }) => id)
  expect(await idsOf({ limit: 2 })).toEqual(ids.toReversed())
  expect(await idsOf({ limit: 2, order: 'asc', after: ids[1]! })).toEqual(ids.slice(2))
  expect(await idsOf({ purpose: 'user_data' })).toEqual([ids[3]!, ids[1]!])
  const other = account('files-other')
  expect((await other.files.list()).data).toEqual([])
  for (const ask of [other.files.retrieve(ids[0]!), other.files.content(ids[0]!), other.files.delete(ids[0]!)])
    expect((await refusalOf(ask)).status).toBe(404)
})

test('what is handed to a model is not given back, as at OpenAI', async () => {
  const { id } = await upload('secret', { purpose: 'user_data' }, 'x.txt')
  expect((await refusalOf(client().files.content(id))).message).toBe(
    '400 Not allowed to download files of purpose: user_data',
  )
})

test('a file of the account can be named in chats and responses, and no other', async () => {
  const { id } = await upload('a page', { purpose: 'user_data' }, 'page.pdf')
  const chat = (file_id: string, at = client()) =>
    at.chat.completions.create({
      model: 'gpt-5.4',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { file_id } },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
    })
  const respond = (file_id: string) =>
    client().responses.create({
      model: 'gpt-5.4',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_file', file_id },
            { type: 'input_text', text: 'What is it?' },
          ],
        },
      ],
    })
  expect((await chat(id)).usage!.prompt_tokens).toBeGreaterThan(560)
  expect((await respond(id)).usage!.input_tokens).toBeGreaterThan(560)
  for (const asked of [chat('file-nobody'), respond('file-nobody'), chat(id, account('files-other'))])
    expect(await refusalOf(asked)).toMatchObject({ status: 404 })
})

test.each([
  ['no file', { file: 'text' as never }, 'file'],
  ['an empty file', { file: new File([''], 'x.jsonl') }, 'file'],
  ['another purpose', { purpose: 'answers' as never }, 'purpose'],
  ['a batch of another format', { file: new File(['x'], 'x.txt') }, null],
  ['what nobody knows', { colour: 'red' } as never, 'colour'],
])('%s is refused', async (_, fields, param) => {
  expect(await refusalOf(upload('{}', fields))).toMatchObject({ status: 400, param })
})

test('a body that is no form, and a form that breaks off, are refused', async () => {
  const send = (contentType: string, body: string) =>
    fetch(`${sandbox.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandboxCredential}`, 'content-type': contentType },
      body,
    })
  expect((await send('application/json', '{}')).status).toBe(400)
  const broken = '--B\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbat'
  expect((await send('multipart/form-data; boundary=B', broken)).status).toBe(400)
})

test('Azure keeps files of its own', async () => {
  const azure = new OpenAI({ baseURL: `${sandbox.url}/as/azure/west/openai/v1`, apiKey: 'key-west' })
  const { id } = await azure.files.create({ file: await toFile(Buffer.from('{}'), 'x.jsonl'), purpose: 'batch' })
  expect(await (await azure.files.content(id)).text()).toBe('{}')
  expect((await refusalOf(client().files.retrieve(id))).status).toBe(404)
})

test('a number of files and of bytes is kept, the oldest make room, and each is freed once', () => {
  const freed: string[] = []
  const files = createStoredFiles({ filesMax: 3, memoryMax: 10, diskMax: 5_000_000 })
  const add = (name: string, length: number) =>
    files.add({
      owner: 'a',
      purpose: 'batch',
      file: { field: 'file', filename: name, type: 'x/y', length, read: never, bytes: never },
      createdAt: 0,
      expiresAt: null,
      free: () => void freed.push(name),
    })
  const names = () => files.list('a').map(({ file }) => file.filename)
  for (const name of ['1', '2', '3', '4']) add(name, 1)
  expect([names(), freed]).toEqual([['4', '3', '2'], ['1']])
  add('5', 9)
  expect([names(), freed]).toEqual([
    ['5', '4'],
    ['1', '2', '3'],
  ])
  add('large', 4_900_000)
  add('larger', 4_950_000)
  expect(names()).toEqual(['larger'])
  files.remove(files.list('a')[0]!)
  expect(freed.toSorted()).toEqual(['1', '2', '3', '4', '5', 'large', 'larger'])
})

const never = (): never => {
  throw new Error('nobody reads it')
}
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
