/** Pictures through the official OpenAI SDK from TypeScript, the account audited afterwards to the nano-USD. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import OpenAI, { BadRequestError, NotFoundError, RateLimitError } from 'openai'
import sharp from 'sharp'
import { audit } from '../support/audit.ts'
import { balanceNano, openAccount, type Account } from '../support/mart.ts'
import { startRecorder, type Recorder } from '../support/recorder.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
let server: Server
let recorder: Recorder
let account: Account
let client: OpenAI
let beforeNano: bigint

beforeAll(async () => {
  server = await startServer()
  recorder = startRecorder(server.baseUrl)
  account = await openAccount(server, '5.00')
  beforeNano = await balanceNano(server, account.organizationId)
  client = new OpenAI({ baseURL: `${recorder.url}/v1/`, apiKey: account.key })
}, startMsMax)
afterAll(async () => {
  await recorder?.stop()
  await server?.stop()
}, startMsMax)

const fox = { model: 'gpt-image-2', prompt: 'A red fox in snow', size: '1024x1024', quality: 'low' } as const
const pictureTokens = 196

async function expectPicture(b64: string | undefined, format: 'png' | 'jpeg' | 'webp', size: string): Promise<void> {
  const picture = sharp(Buffer.from(b64!, 'base64'), { failOn: 'warning' })
  expect((await picture.metadata()).format).toBe(format)
  const { info } = await picture.raw().toBuffer({ resolveWithObject: true })
  expect(`${info.width}x${info.height}`).toBe(size)
}

test('several pictures in one answer, with usage that adds up and its charge in a header', async () => {
  const asked = { ...fox, n: 2, output_format: 'jpeg', output_compression: 70 } as const
  const { data: made, response } = await client.images.generate(asked).withResponse()
  for (const { b64_json } of made.data!) await expectPicture(b64_json, 'jpeg', '1024x1024')
  expect(made).toMatchObject({ size: '1024x1024', quality: 'low', output_format: 'jpeg' })
  const { input_tokens: input, output_tokens: output, total_tokens: total } = made.usage!
  expect([output, total]).toEqual([2 * pictureTokens, input + output])
  const nano = BigInt(input) * 5_000n + BigInt(output) * 30_000n
  expect(response.headers.get('x-mart-charge-usd')).toBe(`0.0${nano}`.replace(/0+$/, ''))
})

test('a stream of partial pictures and the complete one', async () => {
  const types: string[] = []
  const stream = await client.images.generate({ ...fox, stream: true, partial_images: 2, output_format: 'webp' })
  for await (const event of stream) {
    types.push(event.type)
    await expectPicture(event.b64_json, 'webp', '1024x1024')
    if (event.type === 'image_generation.completed') expect(event.usage.output_tokens).toBe(pictureTokens + 2 * 100)
  }
  expect(types).toEqual([
    'image_generation.partial_image',
    'image_generation.partial_image',
    'image_generation.completed',
  ])
})

test('a size of gpt-image-2’s own', async () => {
  const made = await client.images.generate({ ...fox, size: '1792x1008' })
  await expectPicture(made.data![0]!.b64_json, 'png', '1792x1008')
})

const png = async (name: string, color: string): Promise<File> => {
  const bytes = await sharp({ create: { width: 512, height: 512, channels: 3, background: color } })
    .png()
    .toBuffer()
  return new File([new Uint8Array(bytes)], name, { type: 'image/png' })
}

test('a picture made of one, and of several with a mask, with what went in counted and charged', async () => {
  const one = await client.images.edit({ ...fox, image: await png('a.png', 'red') })
  await expectPicture(one.data![0]!.b64_json, 'png', '1024x1024')
  const given = one.usage!.input_tokens_details.image_tokens
  expect(given).toBeGreaterThan(0)
  const image = await Promise.all(['red', 'blue', 'green'].map((color) => png(`${color}.png`, color)))
  const asked = client.images.edit({ ...fox, image, mask: await png('mask.png', 'white'), output_format: 'webp', n: 2 })
  const { data: several, response } = await asked.withResponse()
  for (const { b64_json } of several.data!) await expectPicture(b64_json, 'webp', '1024x1024')
  const { text_tokens: text, image_tokens: images } = several.usage!.input_tokens_details
  expect([images, several.usage!.output_tokens]).toEqual([3 * given, 2 * pictureTokens])
  const nano = BigInt(text) * 5_000n + BigInt(images) * 8_000n + BigInt(2 * pictureTokens) * 30_000n
  expect(response.headers.get('x-mart-charge-usd')).toBe(`0.${String(nano).padStart(9, '0')}`.replace(/0+$/, ''))
})

test('a stream of a picture made of another', async () => {
  const types: string[] = []
  const image = await png('a.png', 'red')
  const stream = await client.images.edit({ ...fox, image, stream: true, partial_images: 1 })
  for await (const event of stream) {
    types.push(event.type)
    await expectPicture(event.b64_json, 'png', '1024x1024')
    if (event.type === 'image_edit.completed') expect(event.usage.output_tokens).toBe(pictureTokens + 100)
  }
  expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed'])
})

test('what is refused raises the SDK’s own errors: a size that is none, variations, and more than there is credit for', async () => {
  const refused = await client.images.generate({ ...fox, size: '1000x1000' }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(BadRequestError)
  expect(refused).toMatchObject({ param: 'size', code: 'invalid_value' })
  const image = await png('a.png', 'red')
  const varied = await client.images.createVariation({ image }).catch((error: unknown) => error)
  expect(varied).toBeInstanceOf(NotFoundError)
  expect(varied).toMatchObject({ code: 'model_not_found' })
  const poor = await openAccount(server, '0.10')
  const short = new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: poor.key })
  const tooMuch = await short.images.generate({ ...fox, quality: 'high', n: 3 }).catch((error: unknown) => error)
  expect(tooMuch).toBeInstanceOf(RateLimitError)
  expect(tooMuch).toMatchObject({ error: { fitting_n: '3', fitting_quality: 'low' } })
  const edited = await short.images
    .edit({ ...fox, quality: 'high', image: [image, image, image] })
    .catch((error: unknown) => error)
  expect(edited).toBeInstanceOf(RateLimitError)
})

test(
  'every answer was charged exactly its receipt',
  async () => {
    const audited = await audit(server, account, recorder, beforeNano)
    expect(audited.faults).toEqual([])
    const endpoints = new Set(audited.receipts.map(({ endpoint }) => endpoint))
    expect(endpoints).toEqual(new Set(['images.generations', 'images.edits']))
  },
  startMsMax,
)
