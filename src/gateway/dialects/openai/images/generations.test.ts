/** Pictures of a text: what is held for them, what they are charged, what would fit. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import models from '../../../../catalog/models.json'
import { loadPriceBook } from '../../../../money/price-book.ts'
import { holdFor, rate } from '../../../../money/rating.ts'
import type { Usage } from '../../../../money/usage.ts'
import { wholeBodyOf } from '../../../body.ts'
import type { Asked } from '../../../dialect.ts'
import { GatewayError } from '../../../errors.ts'
import { imageGenerations } from './generations.ts'
import { pictureTokens, pictureTokensMax } from './image-tokens.ts'
import { imageUsageOf } from './usage.ts'
import { readerOf } from '../../test-reader.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (fields: object): Asked =>
  imageGenerations.read(
    wholeBodyOf(encode(JSON.stringify({ model: 'gpt-image-2', prompt: 'a cat', ...fields }))),
    {},
    new URLSearchParams(),
  )
const refused = (fields: object): GatewayError => {
  try {
    read(fields)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('it was taken')
}
const answerOf = (about: object, pictures = 1): Uint8Array =>
  encode(JSON.stringify({ created: 1, data: Array.from({ length: pictures }, () => ({ b64_json: 'iVBO' })), ...about }))

const names = ['gpt-image-2', 'gpt-image-1.5', 'gpt-image-1-mini'] as const
const book = loadPriceBook(models)
const priceOf = (model: string) => book.priceOf(model, Date.parse('2026-11-30'))!
const chargeOf = (model: string, vendorUsage: object): bigint =>
  rate(imageUsageOf(vendorUsage).usage!, priceOf(model), 'standard').ratedNano

describe('what a picture counts', () => {
  test.each([
    // https://developers.openai.com/api/docs/guides/image-generation, and the formula of its calculator.
    ['gpt-image-2', 'low', '1024x1024', 196],
    ['gpt-image-2', 'medium', '1024x1024', 1_756],
    ['gpt-image-2', 'high', '1024x1024', 7_024],
    ['gpt-image-2-2026-04-21', 'high', '1536x1024', 5_488],
    ['gpt-image-2', 'high', '1792x1024', 5_063],
    ['gpt-image-2', 'high', '3584x2048', 12_329],
    ['gpt-image-1.5', 'low', '1024x1024', 272],
    ['gpt-image-1.5-2025-12-16', 'high', '1024x1536', 6_240],
    ['gpt-image-1-mini', 'medium', '1536x1024', 1_568],
  ])('%s, %s, %s: %d tokens', (model, quality, size, tokens) => {
    expect(pictureTokens(model, { quality, size })).toBe(tokens)
    expect(pictureTokensMax(model, { quality, size })).toBeGreaterThanOrEqual(tokens)
  })

  test('what is left to the model, or unknown, is held at its dearest', () => {
    const dearest = pictureTokensMax('gpt-image-2', { quality: null, size: null })
    expect(dearest).toBe(23_719)
    for (const size of ['auto', '16x16', '9999x9999', 'wide'])
      expect(pictureTokensMax('gpt-image-2', { quality: 'ultra', size })).toBe(dearest)
    expect(pictureTokensMax('gpt-image-1.5', { quality: 'auto', size: 'auto' })).toBe(6_240 + 1_024)
    expect(pictureTokensMax('an-alias', { quality: null, size: null })).toBe(dearest)
  })
})

/** Any size that gpt-image-2 makes. */
const anySize = fc
  .record({ width: fc.integer({ min: 1, max: 240 }), height: fc.integer({ min: 1, max: 240 }) })
  .map(({ width, height }) => [width * 16, height * 16] as const)
  .filter(([width, height]) => width * height >= 655_360 && width * height <= 8_294_400)
  .filter(([width, height]) => Math.max(width, height) <= 3 * Math.min(width, height))
  .map(([width, height]) => `${width}x${height}`)
const tabledSize = fc.constantFrom('1024x1024', '1024x1536', '1536x1024')
const quality = fc.constantFrom('low', 'medium', 'high')

test('no call costs more than is held for it, whatever it states and leaves to the model', () => {
  const model = fc.constantFrom(...names)
  const call = model.chain((name) =>
    fc.record({
      model: fc.constant(name),
      // What the model makes of it, which is what was stated where something was.
      made: fc.record({ size: name === 'gpt-image-2' ? anySize : tabledSize, quality }),
      says: fc.record({ size: fc.boolean(), quality: fc.boolean() }),
      n: fc.integer({ min: 1, max: 10 }),
      partials: fc.integer({ min: 0, max: 3 }),
      prompt: fc.string({ minLength: 1, maxLength: 200 }),
    }),
  )
  fc.assert(
    fc.property(call, ({ model, made, says, n, partials, prompt }) => {
      const asked = read({
        model,
        prompt,
        n,
        stream: true,
        partial_images: partials,
        ...(says.size && { size: made.size }),
        ...(says.quality && { quality: made.quality }),
      })
      const usage: Usage = {
        input: encode(prompt).length,
        imageOutput: n * (pictureTokens(model, made) + 100 * partials),
        ...(model === 'gpt-image-1.5' && { output: 439 * n }),
      }
      const bound = { inputTokens: asked.demand!.input.max, outputTokens: asked.demand!.output!.max!, pieces: {} }
      const held = holdFor(bound, priceOf(model), asked.demand!.tiers)
      expect(held).toBeGreaterThanOrEqual(rate(usage, priceOf(model), 'standard').ratedNano)
      // A part of it is of no use: the floor of each picture is all of it.
      expect(asked.demand!.output!.floor * n).toBe(asked.demand!.output!.max!)
    }),
    { numRuns: 500 },
  )
})

describe('golden charges, worked out by hand', () => {
  test('without details all output is picture: 13 × 5 + 1,756 × 30 millionths of a USD', () => {
    const usage = {
      input_tokens: 13,
      input_tokens_details: { text_tokens: 13, image_tokens: 0 },
      output_tokens: 1_756,
      total_tokens: 1_769,
    }
    expect(imageUsageOf(usage).usage).toEqual({ input: 13, imageOutput: 1_756 })
    expect(chargeOf('gpt-image-2', usage)).toBe(52_745_000n)
  })

  test('text beside it is text (BerriAI/litellm#19515): 169 × 5 + 439 × 10 + 4,160 × 32', () => {
    const usage = {
      input_tokens: 169,
      output_tokens: 4_599,
      total_tokens: 4_768,
      input_tokens_details: { text_tokens: 169, image_tokens: 0 },
      output_tokens_details: { text_tokens: 439, image_tokens: 4_160 },
    }
    expect(imageUsageOf(usage).usage).toEqual({ input: 169, output: 439, imageOutput: 4_160 })
    expect(chargeOf('gpt-image-1.5', usage)).toBe(138_355_000n)
  })

  test('the smallest of the cheapest: 22 × 2 + 272 × 8', () => {
    expect(chargeOf('gpt-image-1-mini', { input_tokens: 22, output_tokens: 272, total_tokens: 294 })).toBe(2_220_000n)
  })

  test('pictures that went in, and what of both was cached: 10 × 5 + 20 × 1.25 + 200 × 8 + 100 × 2 + 196 × 30', () => {
    const usage = {
      input_tokens: 330,
      input_tokens_details: {
        text_tokens: 30,
        image_tokens: 300,
        cached_tokens: 120,
        cached_tokens_details: { text_tokens: 20, image_tokens: 100 },
      },
      output_tokens: 196,
      total_tokens: 526,
    }
    expect(imageUsageOf(usage).usage).toEqual({
      input: 10,
      cachedInput: 20,
      imageInput: 200,
      cachedImageInput: 100,
      imageOutput: 196,
    })
    expect(chargeOf('gpt-image-2', usage)).toBe(7_755_000n)
  })

  test('details that tell text alone leave the rest to the picture; zeros are no figures', () => {
    const told = (details: object) =>
      imageUsageOf({ input_tokens: 5, output_tokens: 300, total_tokens: 305, output_tokens_details: details }).usage
    expect(told({ text_tokens: 28 })).toEqual({ input: 5, output: 28, imageOutput: 272 })
    expect(told({ image_tokens: 0, text_tokens: 0 })).toEqual({ input: 5, imageOutput: 300 })
    expect(told({ image_tokens: 272 })).toEqual({ input: 5, output: 28, imageOutput: 272 })
    expect(imageUsageOf({ input_tokens: 0, output_tokens: 0, total_tokens: 0 }).usage).toBeNull()
    expect(imageUsageOf(null).usage).toBeNull()
  })
})

describe('a plain answer', () => {
  test('without usage counts what came: as many pictures, of the size and quality that it says or that were asked for', () => {
    const asked = read({ n: 3, quality: 'high', size: '1024x1024' })
    const output = (about: object, pictures: number) =>
      readerOf(asked).read(answerOf(about, pictures), new Headers()).output().other
    expect(output({}, 2)).toEqual({ imageOutput: 2 * 7_024 })
    expect(output({ quality: 'low', size: '1024x1024' }, 3)).toEqual({ imageOutput: 3 * 196 })
    expect(output({ data: [{ b64_json: 'iVBO' }, null, 5] }, 0)).toEqual({ imageOutput: 7_024 })
    expect(asked.demand!.prompt()).toEqual({ text: 'a cat', other: {} })
  })

  test('counts no place that a picture was left out of, and is none where all are', () => {
    const asked = read({ quality: 'low', size: '1024x1024' })
    const answer = (...data: object[]) =>
      readerOf(asked).read(encode(JSON.stringify({ created: 1, data })), new Headers())
    const none = { b64_json: null, url: null, revised_prompt: 'a cat' }
    expect(answer({ b64_json: 'iVBO' }, none).output().other).toEqual({ imageOutput: 196 })
    expect(answer({ b64_json: null, url: 'https://a.example/b.png' }).output().other).toEqual({ imageOutput: 196 })
    expect(() => answer(none, { b64_json: '' })).toThrow()
  })

  test('without pictures, or with an error, is none', () => {
    const asked = read({})
    for (const about of [{ data: [] }, { data: null }, { error: { message: 'no' } }])
      expect(() => readerOf(asked).read(answerOf(about), new Headers()), JSON.stringify(about)).toThrow()
    expect(() => readerOf(asked).read(encode('{"data":[{"b64_json":"iVB'), new Headers())).toThrow()
  })

  test('is read without its pictures: what stands in them is never parsed', () => {
    const text = `{"created":1,"data":[{"b64_json":"\\q"}],"usage":{"input_tokens":3,"output_tokens":196,"total_tokens":199}}`
    expect(readerOf(read({})).read(encode(text), new Headers()).usage).toEqual({ input: 3, imageOutput: 196 })
  })
})

describe('what would fit', () => {
  test('fewer pictures, else a lower quality, else one picture, else nothing', () => {
    const fits = (tokens: number, fields: object) => read(fields).demand!.output!.fitting!(tokens)?.facts ?? null
    const high = { n: 4, quality: 'high', size: '1024x1024' }
    expect(fits(2 * 7_024, high)).toEqual({ fitting_n: '2', fitting_quality: 'high' })
    expect(fits(7_023, high)).toEqual({ fitting_n: '4', fitting_quality: 'low' })
    expect(fits(4 * 196 - 1, high)).toEqual({ fitting_n: '1', fitting_quality: 'low' })
    expect(fits(195, high)).toBeNull()
    expect(fits(23_718, { n: 1 })).toEqual({ fitting_n: '1', fitting_quality: 'medium' })
    expect(fits(23_719, { n: 2 })).toEqual({ fitting_n: '1' })
  })
})

describe('what is read of a request', () => {
  test.each([
    [{ prompt: undefined }, 'prompt', 'missing_required_parameter'],
    [{ prompt: 5 }, 'prompt', 'invalid_type'],
    [{ model: '' }, 'model', 'missing_required_parameter'],
    [{ n: '2' }, 'n', 'invalid_type'],
    [{ n: 1.5 }, 'n', 'invalid_type'],
    [{ n: 129 }, 'n', 'integer_above_max_value'],
    [{ stream: 'true' }, 'stream', 'invalid_type'],
    [{ partial_images: '2' }, 'partial_images', 'invalid_type'],
    [{ size: 1024 }, 'size', 'invalid_type'],
    [{ quality: 1 }, 'quality', 'invalid_type'],
  ])('%j is refused in OpenAI’s words', (fields, param, vendorCode) => {
    expect(refused(fields)).toMatchObject({ code: 'invalid_request', details: { param, vendorCode } })
  })

  test('what is billed on must stand once', () => {
    const text = '{"model":"gpt-image-2","prompt":"a","n":1,"n":10}'
    expect(() => imageGenerations.read(wholeBodyOf(encode(text)), {}, new URLSearchParams())).toThrow('more than once')
  })

  test('numbers that the vendor would judge go to it as they came', () => {
    for (const fields of [{ n: 0 }, { n: 11 }, { n: -1 }, { partial_images: 4 }, { partial_images: -1 }]) {
      const body = wholeBodyOf(encode(JSON.stringify({ model: 'gpt-image-2', prompt: 'a', ...fields })))
      const asked = imageGenerations.read(body, {}, new URLSearchParams())
      expect(asked.demand!.judged, JSON.stringify(fields)).not.toBeNull()
      const change = { outputTokensPerAnswer: 5, upstreamModel: null, reportsStreamUsage: true, rewrite: null }
      expect(asked.wire.body(change)).toBe(body.bytes)
    }
    expect(read({ n: null, size: null, quality: null, stream: null, partial_images: null }).demand!.judged).toBeNull()
  })

  test('all else passes, and only the model’s name is ever changed', () => {
    const text = '{ "model" : "gpt-image-2", "prompt":"\\u0061", "made_up": 1.0, "output_compression":50 }'
    const asked = imageGenerations.read(wholeBodyOf(encode(text)), {}, new URLSearchParams())
    const sent = asked.wire.body({
      outputTokensPerAnswer: null,
      upstreamModel: 'dep-image',
      reportsStreamUsage: true,
      rewrite: null,
    })
    expect(new TextDecoder().decode(sent as Uint8Array)).toBe(text.replace('gpt-image-2', 'dep-image'))
  })
})
