/** The sandbox's edited pictures: forms as the SDK sends them and JSON, one picture or sixteen, masks, streams, and what their inputs count. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import sharp from 'sharp'
import { sandboxCredential } from '../../exchange.ts'
import { startSandbox, type Sandbox } from '../../serve.ts'

let sandbox: Sandbox
beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
afterAll(() => sandbox.stop())

const clientAt = (path: string, apiKey: string): OpenAI =>
  new OpenAI({ baseURL: `${sandbox.url}${path}`, apiKey, maxRetries: 0 })
const client = (): OpenAI => clientAt('/v1', sandboxCredential)

type Kind = 'png' | 'jpeg' | 'webp' | 'gif'
const pictureOf = (width: number, height: number, kind: Kind = 'png', background = '#c02040'): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .toFormat(kind)
    .toBuffer()
const fileOf = async (width: number, height: number, kind?: Kind): Promise<File> =>
  new File([await pictureOf(width, height, kind)], `a.${kind ?? 'png'}`)

const edit = async (
  fields: Partial<OpenAI.ImageEditParamsNonStreaming>,
  at = client(),
): Promise<OpenAI.ImagesResponse> =>
  at.images.edit({
    model: 'gpt-image-1.5',
    prompt: 'A red fox in snow',
    image: await fileOf(512, 512),
    quality: 'low',
    size: '1024x1024',
    ...fields,
  })
const refusalOf = (asked: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
  asked.then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  )

test.each(['png', 'jpeg', 'webp'] as const)(
  'a %s of the asked size that shows the picture it is made from',
  async (output_format) => {
    const { data, ...about } = await edit({ output_format, size: '1536x1024' })
    expect(about).toMatchObject({ size: '1536x1024', quality: 'low', output_format, background: 'opaque' })
    const bytes = Buffer.from(data![0]!.b64_json!, 'base64')
    expect(await sharp(bytes).metadata()).toMatchObject({ format: output_format, width: 1_536, height: 1_024 })
    const { channels } = await sharp(
      await sharp(bytes).extract({ left: 600, top: 700, width: 9, height: 9 }).png().toBuffer(),
    ).stats()
    for (const [at, colour] of [0xc0, 0x20, 0x40].entries())
      expect(Math.abs(channels[at]!.mean - colour)).toBeLessThan(8)
  },
)

describe('what the pictures it is made from count', () => {
  test.each([
    ['gpt-image-1.5', [[512, 512]], {}, 65 + 129],
    ['gpt-image-1.5', [[1_024, 1_025]], {}, 65 + 129],
    ['gpt-image-1.5', [[1_024, 2_048]], {}, 65 + 2 * 129],
    [
      'gpt-image-1.5',
      [
        [512, 512],
        [512, 1_024],
      ],
      {},
      65 + 129 + 65 + 2 * 129,
    ],
    ['gpt-image-1.5', [[512, 512]], { input_fidelity: 'high' }, 65 + 129 + 4_160],
    ['gpt-image-1.5', [[1_024, 1_536]], { input_fidelity: 'high' }, 65 + 2 * 129 + 6_240],
    ['gpt-image-2', [[512, 512]], {}, 65 + 129 + 4_160],
    ['gpt-image-1-mini', [[64, 64]], {}, 65 + 129],
  ] as const)('%s, %j, %j', async (model, sizes, more, tokens) => {
    const image = await Promise.all(sizes.map(([width, height]) => fileOf(width, height)))
    const { usage } = await edit({ model, image, ...more })
    expect(usage).toMatchObject({
      input_tokens: 5 + tokens,
      input_tokens_details: { text_tokens: 5, image_tokens: tokens },
      total_tokens: usage!.input_tokens + usage!.output_tokens,
    })
  })

  test('is counted once, however many come of them, and its own count says the same', async () => {
    const image = await Promise.all([fileOf(512, 512, 'webp'), fileOf(512, 512, 'jpeg')])
    const { data, usage } = await client().images.edit(
      { model: 'gpt-image-1.5', prompt: 'A red fox in snow', image, n: 3, quality: 'low', size: '1024x1024' },
      { headers: { 'x-client-request-id': 'req-edits' } },
    )
    expect(new Set(data!.map(({ b64_json }) => b64_json)).size).toBe(3)
    expect(usage).toMatchObject({ input_tokens: 5 + 2 * 194, output_tokens: 3 * 272 })
    const counted = (await (await fetch(`${sandbox.url}/sandbox/requests/req-edits`)).json()) as { data: object[] }
    expect(counted.data).toMatchObject([
      { endpoint: 'images/edits', complete: true, usage: { input: 5 + 2 * 194, output: 0, imageOutput: 3 * 272 } },
    ])
  })
})

test('streamed: partial pictures first, then the complete one with its usage', async () => {
  const stream = await client().images.edit({
    model: 'gpt-image-1.5',
    prompt: 'A red fox in snow',
    image: await fileOf(512, 512),
    quality: 'low',
    size: '1024x1024',
    stream: true,
    partial_images: 2,
  })
  const events = await Array.fromAsync(stream)
  expect(events.map(({ type }) => type)).toEqual([
    'image_edit.partial_image',
    'image_edit.partial_image',
    'image_edit.completed',
  ])
  expect(events.at(-1)).toMatchObject({ usage: { input_tokens: 5 + 194, output_tokens: 272 + 200 } })
})

test('as JSON: pictures by data URL and by file, and a mask', async () => {
  const png = await pictureOf(512, 512)
  const { id } = await client().files.create({ file: new File([png], 'a.png'), purpose: 'vision' })
  const dataUrl = `data:image/png;base64,${png.toString('base64')}`
  const send = async (fields: object) => {
    const answer = await fetch(`${sandbox.url}/v1/images/edits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${sandboxCredential}` },
      body: JSON.stringify({ model: 'gpt-image-1.5', prompt: 'A red fox in snow', quality: 'low', ...fields }),
    })
    return { status: answer.status, json: (await answer.json()) as { usage?: object; error?: object } }
  }
  const made = await send({ images: [{ image_url: dataUrl }, { file_id: id }], mask: { image_url: dataUrl } })
  expect([made.status, made.json.usage]).toMatchObject([200, { input_tokens: 5 + 2 * 194 }])
  for (const [fields, status] of [
    [{ images: [{ file_id: 'file-nobody' }] }, 404],
    [{ images: [{}] }, 400],
    [{ images: [{ image_url: dataUrl, file_id: id }] }, 400],
    [{ images: [{ image_url: 'fox.png' }] }, 400],
    [{ images: [] }, 400],
    [{ image: dataUrl }, 400],
    [{}, 400],
  ] as const)
    expect([fields, (await send(fields)).status]).toEqual([fields, status])
})

test.each([
  ['no picture', { image: new File(['text'], 'a.png') }, 'invalid_image_file'],
  ['a GIF', { image: 'gif' as never }, 'invalid_image_file'],
  ['a mask of another size', { mask: 'small' as never }, 'invalid_mask_image_format'],
  ['a fidelity where there is none to choose', { model: 'gpt-image-2', input_fidelity: 'low' }, 'invalid_value'],
  ['a fidelity that the model has not', { model: 'gpt-image-1-mini', input_fidelity: 'high' }, 'invalid_value'],
  ['a size of other models', { size: '816x1008' }, 'invalid_value'],
  ['more than ten', { n: 11 }, 'integer_above_max_value'],
  ['an n that is no number', { n: 'two' as never }, 'invalid_type'],
  ['what only new pictures have', { moderation: 'low' } as never, 'unknown_parameter'],
  ['another model', { model: 'dall-e-2' }, 'model_not_found'],
] as const)('%s is refused, and nothing is counted', async (_, fields, code) => {
  const given: Record<string, unknown> = { ...(fields as object) }
  if (given['image'] === 'gif') given['image'] = await fileOf(64, 64, 'gif')
  if (given['mask']) given['mask'] = await fileOf(64, 64)
  const requests = async () =>
    ((await (await fetch(`${sandbox.url}/sandbox/count`)).json()) as { requests: number }).requests
  const before = await requests()
  expect(await refusalOf(edit(given))).toMatchObject({ code })
  expect(await requests()).toBe(before)
})

test('seventeen pictures are too many', async () => {
  const image = Array.from({ length: 17 }, () => fileOf(16, 16))
  expect(await refusalOf(edit({ image: await Promise.all(image) }))).toMatchObject({ status: 400, param: 'image' })
})

test('at Azure the deployment is named in the form, or in the path', async () => {
  const v1 = clientAt('/as/azure/west/openai/v1', 'key-west')
  expect((await edit({ model: 'dep-gpt-image-1.5' }, v1)).data).toHaveLength(1)
  const byPath = new OpenAI({
    baseURL: `${sandbox.url}/as/azure/west/openai/deployments/dep-gpt-image-1.5`,
    apiKey: 'unused',
    defaultHeaders: { 'api-key': 'key-west' },
    defaultQuery: { 'api-version': '2025-04-01-preview' },
  })
  expect((await edit({ model: 'anything' }, byPath)).data).toHaveLength(1)
})

test('variations went with their model', async () => {
  const asked = client().images.createVariation({ image: await fileOf(64, 64) })
  expect(await refusalOf(asked)).toMatchObject({ status: 404, code: 'model_not_found' })
})
