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

test('what is refused raises the SDK’s own errors: a size that is none, edits, and more than there is credit for', async () => {
  const refused = await client.images.generate({ ...fox, size: '1000x1000' }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(BadRequestError)
  expect(refused).toMatchObject({ param: 'size', code: 'invalid_value' })
  const image = new File([new Uint8Array(64)], 'a.png', { type: 'image/png' })
  const edited = await client.images.edit({ model: fox.model, prompt: 'x', image }).catch((error: unknown) => error)
  expect(edited).toBeInstanceOf(NotFoundError)
  expect((edited as Error).message).toContain('not served yet')
  const poor = await openAccount(server, '0.10')
  const short = new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: poor.key })
  const tooMuch = await short.images.generate({ ...fox, quality: 'high', n: 3 }).catch((error: unknown) => error)
  expect(tooMuch).toBeInstanceOf(RateLimitError)
  expect(tooMuch).toMatchObject({ error: { fitting_n: '3', fitting_quality: 'low' } })
})

test(
  'every answer was charged exactly its receipt',
  async () => {
    const audited = await audit(server, account, recorder, beforeNano)
    expect(audited.faults).toEqual([])
    expect(audited.receipts.map(({ endpoint }) => endpoint)).toEqual(
      Array(audited.receipts.length).fill('images.generations'),
    )
  },
  startMsMax,
)
