/** Pictures of pictures: what is read of a form and of JSON, what is held for what goes in, what goes up. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import models from '../../../../catalog/models.json'
import { readForm } from '../../../../lib/form/read-form.ts'
import { sourceOf, type Source } from '../../../../lib/source.ts'
import { createSpool } from '../../../../lib/spool.ts'
import { loadPriceBook } from '../../../../money/price-book.ts'
import { holdFor, rate } from '../../../../money/rating.ts'
import { wholeBodyOf } from '../../../body.ts'
import type { Asked, FormBody } from '../../../dialect.ts'
import { GatewayError } from '../../../errors.ts'
import type { FormRule } from '../../../operation.ts'
import { imageEdits } from './edits.ts'
import { pictureTokens } from './image-tokens.ts'
import { imageUsageOf } from './usage.ts'
import { testFolder } from '../../../../lib/test-folder.ts'

const directory = testFolder('edits')
const spool = createSpool({
  directory,
  limits: () => ({ bytesMax: 1e9, ownBytesMax: 1e9 }),
  failed: (error) => {
    throw error
  },
})

const rule = imageEdits.body as FormRule
const picture = new File([new Uint8Array([137, 80, 78, 71])], 'a.png', { type: 'image/png' })
type Entry = readonly [name: string, value: string | File]

async function formOf(entries: readonly Entry[]): Promise<{ body: FormBody; bytes: Buffer }> {
  const data = new FormData()
  for (const [name, value] of entries) data.append(name, value)
  const response = new Response(data)
  const contentType = response.headers.get('content-type')!
  const bytes = Buffer.from(await response.arrayBuffer())
  const form = await readForm(sourceOf(bytes), { contentType, limits: rule.limits, kept: spool.keep('org', null) })
  return { body: { form, changes: {} }, bytes }
}

const usual: readonly Entry[] = [
  ['image', picture],
  ['model', 'gpt-image-2'],
  ['prompt', 'a cat'],
]
const readForm_ = async (entries: readonly Entry[]): Promise<Asked> =>
  imageEdits.readForm!((await formOf(entries)).body, {})
const readJson = (fields: object): Asked =>
  imageEdits.read(
    wholeBodyOf(
      Buffer.from(
        JSON.stringify({
          model: 'gpt-image-2',
          prompt: 'a cat',
          images: [{ image_url: 'data:image/png;base64,iVBO' }],
          ...fields,
        }),
      ),
    ),
    {},
    new URLSearchParams(),
  )

async function refused(reading: Promise<Asked> | (() => Asked)): Promise<GatewayError> {
  try {
    await (typeof reading === 'function' ? reading() : reading)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('it was taken')
}

async function bytesOf(source: Source | Uint8Array): Promise<Buffer> {
  if (source instanceof Uint8Array) return Buffer.from(source)
  const pieces: Uint8Array[] = []
  for (let piece = await source.read(); !piece.done; piece = await source.read()) pieces.push(piece.value)
  return Buffer.concat(pieces)
}

const unchanged = { outputTokensPerAnswer: null, upstreamModel: null, reportsStreamUsage: true, rewrite: null }
/** What a picture that goes in is held for: 65 + 32 tiles of 129, and 6,240 for fidelity. */
const givenMax = { 'gpt-image-2': 10_433, 'gpt-image-1.5': 10_433, 'gpt-image-1-mini': 4_193 }

describe('a form', () => {
  test('may have its fields and files in any order, and its pictures under any of their names', async () => {
    const names = ['image', 'image[]', 'image[0]']
    const entries = fc
      .shuffledSubarray<Entry>([...usual.slice(1), ['n', '2'], ['mask', picture]], { minLength: 4 })
      .chain((fields) =>
        fc
          .tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 16 }), fc.integer({ min: 0, max: 4 }))
          .map(([name, many, at]) => ({
            many,
            all: [
              ...fields.slice(0, at),
              ...Array.from({ length: many }, (): Entry => [name, picture]),
              ...fields.slice(at),
            ],
          })),
      )
    await fc.assert(
      fc.asyncProperty(entries, async ({ many, all }) => {
        const asked = await readForm_(all)
        expect(asked.target).toEqual({ kind: 'model', name: 'gpt-image-2', references: [] })
        expect(asked.demand!.input.max).toBe(5 + 64 + (many + 1) * givenMax['gpt-image-2'])
        expect(asked.demand!.output).toMatchObject({ answers: 2, max: 2 * 23_719, floor: 23_719 })
      }),
      { numRuns: 40 },
    )
  })

  test('asks for a stream, for sizes and for qualities as JSON does', async () => {
    const entries: readonly Entry[] = [
      ...usual,
      ['stream', 'true'],
      ['partial_images', '2'],
      ['size', '1024x1024'],
      ['quality', 'low'],
      ['n', '3'],
    ]
    const asJson = readJson({ stream: true, partial_images: 2, size: '1024x1024', quality: 'low', n: 3 })
    const asked = await readForm_(entries)
    expect(asked.demand!.output).toEqual({ ...asJson.demand!.output!, fitting: expect.any(Function) as never })
    expect(asked.demand!.output!.max).toBe(3 * (196 + 200))
    expect([asked.wire.answer.kind, asked.wire.path('dep')]).toEqual(['records', '/images/edits'])
  })

  test('goes up as its own bytes, again for each attempt; where the upstream’s name is another, that alone changes', async () => {
    const { body, bytes } = await formOf(usual)
    const { wire } = imageEdits.readForm!(body, {})
    expect(wire.contentType).toBe(body.form.contentType)
    for (let attempt = 1; attempt <= 2; attempt++)
      expect((await bytesOf(wire.body(unchanged))).equals(bytes)).toBe(true)
    const renamed = await bytesOf(wire.body({ ...unchanged, upstreamModel: 'dep-image' }))
    expect(renamed.toString('latin1')).toBe(bytes.toString('latin1').replace('gpt-image-2', 'dep-image'))
  })

  test('may leave its model to the URL, as Azure’s clients do', async () => {
    const { body } = await formOf(usual.filter(([name]) => name !== 'model'))
    const asked = imageEdits.readForm!({ ...body, changes: { model: 'gpt-image-1.5' } }, {})
    expect(asked.target).toEqual({ kind: 'model', name: 'gpt-image-1.5', references: [] })
    const sent = (await bytesOf(asked.wire.body(unchanged))).toString('latin1')
    expect(sent).toContain('name="model"\r\n\r\ngpt-image-1.5\r\n')
  })

  const without = (name: string): readonly Entry[] => usual.filter(([each]) => each !== name)
  test.each([
    [without('model'), 'model', 'missing_required_parameter'],
    [without('prompt'), 'prompt', 'missing_required_parameter'],
    [without('image'), 'image', 'missing_required_parameter'],
    [[...without('image'), ['image', 'not a file']], 'image', 'invalid_type'],
    [[...usual, ['n', 'two']], 'n', 'invalid_type'],
    [[...usual, ['n', '1.5']], 'n', 'invalid_type'],
    [[...usual, ['n', '129']], 'n', 'integer_above_max_value'],
    [[...usual, ['stream', '1']], 'stream', 'invalid_type'],
    [[...usual, ['n', '1'], ['n', '10']], 'n', undefined],
    [[...usual, ['model', 'gpt-image-1-mini']], 'model', undefined],
  ] as [readonly Entry[], string, string | undefined][])(
    'that is wrong is refused by its field: %#',
    async (entries, param, vendorCode) => {
      const error = await refused(readForm_(entries))
      expect(error).toMatchObject({ code: 'invalid_request', details: { param } })
      expect(error.details.vendorCode).toBe(vendorCode)
    },
  )
})

describe('JSON', () => {
  test('is held for each picture that it names, and its mask, and not for the letters they take', () => {
    const large = `data:image/png;base64,${'iVBO'.repeat(100_000)}`
    const asked = readJson({ images: [{ image_url: large }, { file_id: 'file-1' }], mask: { image_url: large } })
    expect(asked.demand!.input.max).toBe(5 + 64 + 3 * givenMax['gpt-image-2'])
    expect(asked.wire.contentType).toBeUndefined()
  })

  test.each([
    [{ images: undefined }, 'images', 'missing_required_parameter'],
    [{ images: [] }, 'images', 'empty_array'],
    [{ images: 'x' }, 'images', 'invalid_type'],
    [{ prompt: 5 }, 'prompt', 'invalid_type'],
  ])('%j is refused in OpenAI’s words', async (fields, param, vendorCode) => {
    expect(await refused(() => readJson(fields))).toMatchObject({ details: { param, vendorCode } })
  })

  test('what is billed on must stand once', () => {
    const text = '{"model":"gpt-image-2","prompt":"a","images":[{}],"images":[{},{}]}'
    expect(() => imageEdits.read(wholeBodyOf(Buffer.from(text)), {}, new URLSearchParams())).toThrow('more than once')
  })
})

const book = loadPriceBook(models)
const priceOf = (model: string) => book.priceOf(model, Date.parse('2026-11-30'))!

test('no call costs more than is held for it, whatever goes in and comes out', () => {
  const call = fc.record({
    model: fc.constantFrom('gpt-image-2', 'gpt-image-1.5', 'gpt-image-1-mini'),
    images: fc.array(
      fc.record({ width: fc.integer({ min: 1, max: 8_000 }), height: fc.integer({ min: 1, max: 8_000 }) }),
      {
        minLength: 1,
        maxLength: 16,
      },
    ),
    n: fc.integer({ min: 1, max: 10 }),
    quality: fc.constantFrom('low', 'medium', 'high'),
    prompt: fc.string({ maxLength: 100 }),
  })
  fc.assert(
    fc.property(call, ({ model, images, n, quality, prompt }) => {
      const ratios = images.map(({ width, height }) => Math.max(width, height) / Math.min(width, height))
      fc.pre(ratios.every((ratio) => ratio <= 32))
      const { demand } = readJson({ model, prompt, n, quality, images })
      const tokensOf = (ratio: number): number =>
        65 + 129 * Math.ceil(ratio) + (model === 'gpt-image-1-mini' ? 0 : ratio === 1 ? 4_160 : 6_240)
      const usage = {
        input: Buffer.byteLength(prompt),
        imageInput: ratios.reduce((sum, ratio) => sum + tokensOf(ratio), 0),
        imageOutput: n * pictureTokens(model, { quality, size: '1024x1024' }),
      }
      const bound = { inputTokens: demand!.input.max, outputTokens: demand!.output!.max!, pieces: {} }
      const held = holdFor(bound, priceOf(model), demand!.tiers)
      expect(held).toBeGreaterThanOrEqual(rate(usage, priceOf(model), 'standard').ratedNano)
    }),
    { numRuns: 300 },
  )
})

test('a golden charge, worked out by hand: 50 × 5 + 8,708 × 8 + 7,024 × 30 millionths of a USD', () => {
  const usage = {
    input_tokens: 8_758,
    input_tokens_details: { text_tokens: 50, image_tokens: 8_708 },
    output_tokens: 7_024,
    total_tokens: 15_782,
  }
  expect(rate(imageUsageOf(usage).usage!, priceOf('gpt-image-2'), 'standard').ratedNano as bigint).toBe(280_634_000n)
})

test('an answer without usage is counted by what went in and what came, and a stream’s events are called edits', () => {
  const asked = readJson({ stream: true, quality: 'low', size: '1024x1024' })
  expect(asked.demand!.prompt()).toEqual({ text: 'a cat', other: { imageInput: 65 + 129 + 4_160 } })
  if (asked.wire.answer.kind !== 'records') throw new Error('a stream was asked for')
  const events = asked.wire.answer.asStream(Buffer.from('{"created":1,"data":[{"b64_json":"iVBO"}]}'))
  expect(new TextDecoder().decode(events)).toStartWith(
    'event: image_edit.completed\ndata: {"type":"image_edit.completed"',
  )
})
