/** Pictures of pictures through a whole gateway: forms pass as they came, and what goes wrong with one costs nothing. */
import { readdirSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import sharp from 'sharp'
import { eventually } from '../support/eventually.ts'
import { plain } from '../support/raw-upstream.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { pictureKeys, pictureProviders } from './picture-providers.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)

let pair: up.Pair
beforeAll(async () => void (pair = await up.startPair()))
afterAll(() => pair?.stop())

const usage = {
  input_tokens: 4_370,
  input_tokens_details: { text_tokens: 16, image_tokens: 4_354 },
  output_tokens: 196,
  total_tokens: 4_566,
}
/** 16 × 5 + 4,354 × 8 + 196 × 30 millionths of a USD. */
const usageNano = '40792000'
const made = plain(JSON.stringify({ created: 1, data: [{ b64_json: 'iVBO' }], usage }))

const part = (name: string, content: string, filename?: string): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n${content}\r\n`
const fields =
  part('model', 'gpt-image-2') + part('prompt', 'a cat') + part('size', '1024x1024') + part('quality', 'low')
const end = '--B--\r\n'
/** A file in front of the fields, as the Node SDK may send it. */
const formWith = (picture: string): string => part('image[]', picture, 'a.png') + fields + end

type Sent = { readonly headers?: Record<string, string>; readonly key?: string; readonly path?: string }
const send = (form: string | Buffer, { headers = {}, key = pair.customer.key, path = '/v1/images/edits' }: Sent = {}) =>
  ways.taken(
    fetch(`${pair.server.baseUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=B', ...headers },
      body: typeof form === 'string' ? Buffer.from(form, 'latin1') : form,
      ...ways.within(20_000),
    }),
  )

/** Files of the spool that the gateway has open. */
const spooled = (): number =>
  readdirSync(`/proc/${pair.server.pid()}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pair.server.pid()}/fd/${fd}`).includes('/spool/')
    } catch {
      return false
    }
  }).length

const untilEmpty = (): Promise<true> =>
  eventually(
    () => Promise.resolve(spooled() === 0 ? true : null),
    5_000,
    () => `${spooled()} files of the spool are open`,
  )

/** Neither charged nor held, and nothing is left of it. */
async function costsNothing(work: () => Promise<ways.Taken>): Promise<ways.Taken> {
  const before = await ways.balanceOf(pair.server, pair.customer)
  const got = await work()
  expect(await ways.balanceOf(pair.server, pair.customer)).toEqual(before)
  await untilEmpty()
  return got
}

describe('a form', () => {
  test.each([
    ['small', 1_000],
    ['of many MiB', 12_000_000],
  ])(
    '%s goes up byte for byte, again where the first upstream fails, and is charged by the usage of its answer',
    async (_, bytes) => {
      await up.forgive(pair)
      const form = formWith('\r\n--A\xff'.repeat(bytes / 6))
      const seen: string[] = []
      pair.first.answer = (socket, request) => {
        seen.push(request)
        socket.write('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n')
      }
      pair.second.answer = (socket, request) => {
        seen.push(request)
        made(socket)
      }
      const got = await send(form)
      expect([got.status, got.broke]).toEqual([200, false])
      expect(seen.map((request) => request === form)).toEqual([true, true])
      const receipt = await ways.settledOf(pair.server, pair.customer, got.requestId)
      expect(receipt).toMatchObject({ endpoint: 'images.edits', chargeNano: usageNano, flags: [] })
      await untilEmpty()
    },
  )

  test('of a client that leaves in the middle asks no upstream, costs nothing, and leaves nothing behind', async () => {
    let isAsked = false
    pair.first.answer = pair.second.answer = () => void (isAsked = true)
    const before = await ways.balanceOf(pair.server, pair.customer)
    const { hostname, port } = new URL(pair.server.baseUrl)
    const socket = net.connect(Number(port), hostname)
    const form = formWith('x'.repeat(20_000_000))
    socket.write(
      `POST /v1/images/edits HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${pair.customer.key}\r\n` +
        `content-type: multipart/form-data; boundary=B\r\ncontent-length: ${form.length}\r\n\r\n`,
    )
    socket.write(form.slice(0, 10_000_000))
    await eventually(
      () => Promise.resolve(spooled() === 1 ? true : null),
      5_000,
      () => 'nothing is spooled',
    )
    socket.destroy()
    await untilEmpty()
    expect([isAsked, await ways.balanceOf(pair.server, pair.customer)]).toEqual([false, before])
  })

  test('whose organization has no credit is refused by its head, before any of it has come', async () => {
    const poor = await ways.openPurse(pair.server, '0.000001')
    await send(formWith('x'), { key: poor.key })
    const { hostname, port } = new URL(pair.server.baseUrl)
    const socket = net.connect(Number(port), hostname)
    let got = ''
    socket.on('data', (bytes: Buffer) => (got += bytes.toString('latin1')))
    const empty = await ways.openPurse(pair.server, null)
    socket.write(
      `POST /v1/images/edits HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${empty.key}\r\nexpect: 100-continue\r\n` +
        'content-type: multipart/form-data; boundary=B\r\ncontent-length: 800000000\r\n\r\n',
    )
    await eventually(
      () => Promise.resolve(got.includes('\r\n\r\n') ? true : null),
      5_000,
      () => 'there is no answer',
    )
    expect(got).toStartWith('HTTP/1.1 429 ')
    expect(got).toContain('insufficient_quota')
    socket.destroy()
  })

  const refusals: Record<string, [form: string, status: number, param: string | null, words: string]> = {
    'with a picture beyond 50 MiB': [
      part('image', 'x'.repeat(53_000_000), 'a.png') + fields + end,
      413,
      'image',
      '52428800 bytes',
    ],
    'with a field beyond 1 MiB': [part('prompt', 'x'.repeat(1_100_000)) + end, 413, 'prompt', '1048576 bytes'],
    'of thousands of parts': [part('a', '').repeat(5_000) + end, 400, 'a', 'more fields than the 128'],
    'without its end': [formWith('x').slice(0, -10), 400, 'quality', 'ends before its closing boundary'],
    'with something behind its end': [formWith('x') + fields + end, 400, 'body', 'goes on behind its closing boundary'],
    'without a picture': [fields + end, 400, 'image', "Missing required parameter: 'image'"],
    'without a model': [part('image', 'x', 'a.png') + part('prompt', 'x') + end, 400, 'model', 'model'],
    'with two models': [
      formWith('x').replace(end, part('model', 'gpt-image-1-mini') + end),
      400,
      'model',
      'more than once',
    ],
  }
  for (const [how, [form, status, param, words]] of Object.entries(refusals))
    test(`${how} is refused with the field and what is allowed, and costs nothing`, async () => {
      const got = await costsNothing(() => send(form))
      const error = ways.envelopeOf(got, 'openai')
      expect([got.status, error.param]).toEqual([status, param])
      expect(error.message).toContain(words)
    })

  test('that is compressed is refused with what is allowed', async () => {
    const got = await costsNothing(() =>
      send(Buffer.from(Bun.gzipSync(Buffer.from(formWith('x')))), { headers: { 'content-encoding': 'gzip' } }),
    )
    expect([got.status, ways.envelopeOf(got, 'openai').message]).toEqual([
      415,
      expect.stringContaining('not be compressed'),
    ])
  })

  test('that is sent again with its idempotency key, under another boundary, is made once; another one is refused', async () => {
    await up.forgive(pair)
    let asked = 0
    pair.first.answer = (socket) => {
      asked += 1
      made(socket)
    }
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await send(formWith('x'), { headers })
    expect(first.status).toBe(200)
    await ways.settledOf(pair.server, pair.customer, first.requestId)
    const again = { ...headers, 'content-type': 'multipart/form-data; boundary=CC' }
    const second = await send(formWith('x').replaceAll('--B', '--CC'), { headers: again })
    expect(second.text).not.toContain('idempotency_key_reused')
    const other = await send(formWith('y'), { headers })
    expect([other.status, asked]).toEqual([422, 1])
    expect(other.text).toContain('idempotency_key_reused')
  })
})

test('JSON that names its pictures goes up as it came', async () => {
  await up.forgive(pair)
  const body = JSON.stringify({
    images: [{ image_url: `data:image/png;base64,${'iVBO'.repeat(100_000)}` }],
    prompt: 'a cat',
    model: 'gpt-image-2',
  })
  let seen = ''
  pair.first.answer = (socket, request) => {
    seen = request
    made(socket)
  }
  const got = await send(body, { headers: { 'content-type': 'application/json' } })
  expect([got.status, seen === body]).toEqual([200, true])
  const unknown = await send(body.replace('image_url', 'file_id').replace(/data:[^"]*/, 'file-abc'), {
    headers: { 'content-type': 'application/json' },
  })
  expect([unknown.status, ways.envelopeOf(unknown, 'openai').param]).toEqual([404, 'images[0].file_id'])
})

describe('real providers', () => {
  for (const [provider, upstreamModel] of [
    ['openai', null],
    ['azure', 'dep-gpt-image-2'],
    ['older', 'dep-gpt-image-2'],
  ] as const)
    test(`${provider} makes them, plain and streamed, asked by OpenAI's clients and by Azure's`, async () => {
      const deployment = { provider, model: 'gpt-image-2', region: 'us', ...(upstreamModel && { upstreamModel }) }
      const { env } = ways.configured(JSON.stringify({ providers: pictureProviders, deployments: [deployment] }))
      const at: Server = await startServer({ env: { ...env, ...pictureKeys } })
      try {
        const account = await ways.openPurse(at, '1.00', { mode: 'live' })
        for (const path of [
          '/v1/images/edits',
          '/openai/deployments/gpt-image-2/images/edits?api-version=2025-04-01-preview',
        ])
          for (const stream of ['false', 'true']) {
            const got = await ways.taken(edit(at, account.key, path, stream))
            expect([got.status, got.broke]).toEqual([200, false])
            expect(got.text).not.toContain('dep-')
            const receipt = await ways.settledOf(at, account, got.requestId)
            const [served] = await ways.servedOf(at, got.requestId)
            expect(receipt).toMatchObject({ endpoint: 'images.edits', ending: 'completed', flags: [] })
            // The sandbox counts what goes in as one; the vendor's price tells pictures from text.
            const quantityOf = (name: string): number =>
              receipt.lines.find((line) => line.class === name)?.quantity ?? 0
            expect(quantityOf('imageInput')).toBeGreaterThan(0)
            expect(quantityOf('input') + quantityOf('imageInput')).toBe(served!.usage.input)
            expect(quantityOf('imageOutput')).toBe(served!.usage.imageOutput!)
          }
      } finally {
        await at.stop()
      }
    })

  async function edit(at: Server, key: string, path: string, stream: string): Promise<Response> {
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const form = new FormData()
    form.append('image', new Blob([new Uint8Array(picture)], { type: 'image/png' }), 'a.png')
    for (const [name, value] of Object.entries({ prompt: 'a cat', size: '1024x1024', quality: 'low', stream }))
      form.append(name, value)
    if (path.startsWith('/v1')) form.append('model', 'gpt-image-2')
    return fetch(`${at.baseUrl}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: form })
  }
})
