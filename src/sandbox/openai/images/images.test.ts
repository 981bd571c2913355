/** The sandbox's pictures: real ones, of what was asked for, counted by the documented table, and refused as OpenAI refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import sharp from 'sharp'
import { sandboxCredential } from '../../exchange.ts'
import { startSandbox, type Sandbox } from '../../serve.ts'

let sandbox: Sandbox
beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
afterAll(() => sandbox.stop())

const send = (fields: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${sandbox.url}/v1/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sandboxCredential}`, ...headers },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'A red fox in snow', ...fields }),
  })

type Picture = { readonly b64_json: string }
type Answer = {
  readonly created: number
  readonly data: readonly Picture[]
  readonly usage: Readonly<Record<string, unknown>>
  readonly size: string
  readonly quality: string
}
async function made(fields: object): Promise<Answer> {
  const response = await send(fields)
  expect(response.status).toBe(200)
  return (await response.json()) as Answer
}
const bytesOf = ({ b64_json }: Picture): Buffer => Buffer.from(b64_json, 'base64')
const pixelsOf = (picture: Picture) => sharp(bytesOf(picture)).raw().toBuffer({ resolveWithObject: true })

describe('a picture', () => {
  test.each([
    ['png', '1024x1024', {}],
    ['jpeg', '1536x1024', { output_compression: 60 }],
    ['webp', '1024x1536', { output_compression: 0 }],
    ['png', '816x1008', {}],
  ])('is a whole %s of %s', async (format, size, more) => {
    const { data, ...about } = await made({ output_format: format, size, quality: 'low', ...more })
    expect(about).toMatchObject({ size, quality: 'low', output_format: format, background: 'opaque' })
    expect((await sharp(bytesOf(data[0]!)).metadata()).format).toBe(format as 'png')
    const { info } = await pixelsOf(data[0]!)
    expect(`${info.width}x${info.height}`).toBe(size)
  })

  test('shows something of its prompt, so that another prompt has another one, and each of several is its own', async () => {
    const [one, two] = (await made({ n: 2 })).data
    const other = (await made({ prompt: 'A blue whale' })).data[0]
    expect(new Set([one, two, other].map((each) => each!.b64_json)).size).toBe(3)
    expect((await made({})).data[0]).toEqual(one)
  })

  test('is smaller when it is compressed, and see-through when that is asked for', async () => {
    const bytes = async (output_compression: number) =>
      bytesOf((await made({ output_format: 'jpeg', output_compression })).data[0]!).length
    expect(await bytes(10)).toBeLessThan(await bytes(95))
    const clear = await made({ model: 'gpt-image-1.5', background: 'transparent', output_format: 'webp' })
    expect((await sharp(bytesOf(clear.data[0]!)).stats()).isOpaque).toBe(false)
    expect((await sharp(bytesOf((await made({})).data[0]!)).stats()).isOpaque).toBe(true)
  })
})

describe('usage adds up by the documented table', () => {
  test.each([
    ['gpt-image-2', { quality: 'low', size: '1024x1024' }, 196],
    ['gpt-image-2', { quality: 'high', size: '1024x1536', n: 2 }, 2 * 5_488],
    ['gpt-image-2', { quality: 'auto' }, 1_756],
    ['gpt-image-1.5', { quality: 'high', size: '1536x1024' }, 6_208],
    ['gpt-image-1-mini', { quality: 'medium', size: '1024x1536' }, 1_584],
  ])('%s %j: %d tokens', async (model, fields, tokens) => {
    const { usage } = await made({ model, ...fields })
    expect(usage).toMatchObject({
      input_tokens: 5,
      input_tokens_details: { text_tokens: 5, image_tokens: 0 },
      output_tokens: tokens,
      total_tokens: tokens + 5,
    })
    expect('output_tokens_details' in usage).toBe(model === 'gpt-image-1.5')
  })

  test('streamed: partial pictures first, 100 tokens each, and the complete one with its usage', async () => {
    const response = await send({ stream: true, partial_images: 2, quality: 'low', size: '1024x1024' })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const records = (await response.text()).trimEnd().split('\n\n')
    expect(records.map((record) => record.split('\n')[0])).toEqual([
      'event: image_generation.partial_image',
      'event: image_generation.partial_image',
      'event: image_generation.completed',
    ])
    const events = records.map((record) => JSON.parse(/^data: (.*)$/m.exec(record)![1]!) as Record<string, unknown>)
    expect(events.map((event) => event['partial_image_index'])).toEqual([0, 1, undefined])
    expect(events.at(-1)).toMatchObject({ usage: { output_tokens: 396 }, size: '1024x1024', quality: 'low' })
    for (const event of events) expect((await pixelsOf(event as Picture)).info.width).toBe(1_024)
  })

  test('its own count says the same', async () => {
    const headers = { 'x-client-request-id': 'req-images' }
    await (await send({ stream: true, partial_images: 3, n: 2, quality: 'low', size: '1024x1024' }, headers)).text()
    const { data } = (await (await fetch(`${sandbox.url}/sandbox/requests/req-images`)).json()) as { data: object[] }
    expect(data).toMatchObject([
      { endpoint: 'images/generations', complete: true, usage: { input: 5, output: 0, imageOutput: 2 * (196 + 300) } },
    ])
  })
})

test.each([
  [{ n: 0 }, 'n', 'integer_below_min_value'],
  [{ n: 11 }, 'n', 'integer_above_max_value'],
  [{ size: '1000x1000' }, 'size', 'invalid_value'],
  [{ size: '4000x1024' }, 'size', 'invalid_value'],
  [{ size: '3072x512' }, 'size', 'invalid_value'],
  [{ size: '512x512' }, 'size', 'invalid_value'],
  [{ size: 'large' }, 'size', 'invalid_value'],
  [{ model: 'gpt-image-1.5', size: '1792x1024' }, 'size', 'invalid_value'],
  [{ quality: 'hd' }, 'quality', 'invalid_value'],
  [{ output_format: 'gif' }, 'output_format', 'invalid_value'],
  [{ output_compression: 101, output_format: 'jpeg' }, 'output_compression', 'integer_above_max_value'],
  [{ output_compression: 50 }, 'output_compression', 'invalid_png_output_compression'],
  [{ model: 'gpt-image-1.5', background: 'transparent', output_format: 'jpeg' }, 'background', 'invalid_value'],
  [{ background: 'transparent' }, 'background', 'invalid_value'],
  [{ partial_images: 4, stream: true }, 'partial_images', 'integer_above_max_value'],
  [{ response_format: 'url' }, 'response_format', 'unknown_parameter'],
  [{ prompt: '' }, 'prompt', 'empty_string'],
  [{ prompt: undefined }, 'prompt', 'missing_required_parameter'],
])('%j is refused, and nothing is counted', async (fields, param, code) => {
  const requests = async () =>
    ((await (await fetch(`${sandbox.url}/sandbox/count`)).json()) as { requests: number }).requests
  const before = await requests()
  const response = await send(fields)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { param, code } })
  expect(await requests()).toBe(before)
})

test('other models are not there', async () => {
  for (const model of ['gpt-5.4', 'dall-e-3', 'gpt-image-does-not-exist'])
    expect([model, (await send({ model })).status]).toEqual([model, 404])
})
