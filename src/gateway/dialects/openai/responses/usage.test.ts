/** Usage of responses, from the vendor's documents and public issues, worked out by hand: what each costs, to the nano-USD. */
import { expect, test } from 'bun:test'
import models from '../../../../catalog/models.json'
import { loadPriceBook, withTool } from '../../../../money/price-book.ts'
import { rate } from '../../../../money/rating.ts'
import { responseUsageOf } from './usage.ts'

const book = loadPriceBook(models)
const priceOf = (model: string) => book.priceOf(model, Date.parse('2026-11-30'))!
const chargeOf = (model: string, told: object, pictureModel = 'gpt-image-2') => {
  const { usage, mismatch, hasUnknown } = responseUsageOf(told, pictureModel)
  const { ratedNano, unpriced } = rate(usage!, withTool(priceOf(model), priceOf(pictureModel)), 'standard')
  return [ratedNano as bigint, { mismatch, hasUnknown, unpriced: unpriced.length }]
}
const clean = { mismatch: false, hasUnknown: false, unpriced: 0 }
const search = (type: string, status = 'completed') => ({ type: 'web_search_call', status, action: { type } })
const none = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }

test.each<[string, string, object, bigint]>([
  [
    // API reference, "Create a model response": 36 × 2.50 + 87 × 15.00 USD a million.
    'a text',
    'gpt-5.4',
    {
      usage: {
        input_tokens: 36,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 87,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 123,
      },
    },
    1_395_000n,
  ],
  [
    // 72 fresh × 2.50 + 256 cached × 0.25 + 95 × 15.00, of which 64 are reasoning: within the output, once.
    'cached input and reasoning',
    'gpt-5.4',
    {
      usage: {
        input_tokens: 328,
        input_tokens_details: { cached_tokens: 256, cache_write_tokens: 0 },
        output_tokens: 95,
        output_tokens_details: { reasoning_tokens: 64 },
        total_tokens: 423,
      },
    },
    1_669_000n,
  ],
  [
    // 8,446 × 0.75 + 210 × 4.50, and two searches at 0.01 USD: 6,334,500 + 945,000 + 20,000,000.
    'searches, as tool_usage counts them',
    'gpt-5.4-mini',
    {
      usage: { input_tokens: 8_446, output_tokens: 210, total_tokens: 8_656 },
      tool_usage: { image_gen: none, web_search: { num_requests: 2 } },
      output: [search('search'), search('search'), search('open_page')],
    },
    27_279_500n,
  ],
  [
    // Without tool_usage, by the calls: pages opened and finds in them are free, and one failed.
    'searches, as the output has them',
    'gpt-5.4-mini',
    {
      usage: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 },
      output: [search('search'), search('open_page'), search('find_in_page'), search('search', 'failed')],
    },
    11_200_000n,
  ],
  [
    // 2,310 × 2.50 + 40 × 15.00, and 171 × 5.00 + 296 × 30.00 of gpt-image-2.
    'a picture',
    'gpt-5.4',
    {
      usage: { input_tokens: 2_310, output_tokens: 40, total_tokens: 2_350 },
      tool_usage: {
        image_gen: {
          input_tokens: 171,
          input_tokens_details: { image_tokens: 0, text_tokens: 171 },
          output_tokens: 296,
          output_tokens_details: { image_tokens: 296, text_tokens: 0 },
          total_tokens: 467,
        },
        web_search: { num_requests: 0 },
      },
    },
    16_110_000n,
  ],
  [
    // Of 1,200 in, 300 are text, 900 picture; cached are 100 of text and 400 of picture. gpt-image-2: 200 × 5.00 +
    // 100 × 1.25 + 500 × 8.00 + 400 × 2.00 + 196 × 30.00 = 11,805,000; and 10 × 2.50 + 5 × 15.00.
    'a picture of a picture, partly cached',
    'gpt-5.4',
    {
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
      tool_usage: {
        image_gen: {
          input_tokens: 1_200,
          input_tokens_details: { image_tokens: 900, text_tokens: 300 },
          cached_tokens: 500,
          cached_tokens_details: { cached_image_tokens: 400, cached_text_tokens: 100 },
          output_tokens: 196,
          total_tokens: 1_396,
        },
      },
    },
    11_905_000n,
  ],
])('%s', (_, model, told, nano) => {
  expect(chargeOf(model, told)).toEqual([nano, clean])
})

test('gpt-image-1.5 writes text as well, which is not priced as a picture', () => {
  const image_gen = {
    input_tokens: 100,
    output_tokens: 1_391,
    output_tokens_details: { image_tokens: 1_056, text_tokens: 335 },
    total_tokens: 1_491,
  }
  // 100 × 5.00 + 335 × 10.00 + 1,056 × 32.00, and 1 × 2.50 + 1 × 15.00.
  const told = { usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 }, tool_usage: { image_gen } }
  expect(chargeOf('gpt-5.4', told, 'gpt-image-1.5')).toEqual([37_659_500n, clean])
})

test('a picture of which nobody says what it counts is counted by the table, and flagged', () => {
  const picture = { type: 'image_generation_call', result: 'iVBO', quality: 'low', size: '1024x1024' }
  const told = { usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 }, output: [picture] }
  expect(chargeOf('gpt-5.4', told)).toEqual([5_897_500n, { ...clean, mismatch: true }])
})

test('a tool that nobody here knows is flagged once it was used', () => {
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
  const tool_usage = { web_search: { num_requests: 0 }, video_gen: { seconds: 0 } }
  expect(responseUsageOf({ usage, tool_usage }, 'gpt-image-2').hasUnknown).toBe(false)
  for (const used of [{ video_gen: { seconds: 4 } }, { sandbox_minutes: 3 }])
    expect(responseUsageOf({ usage, tool_usage: used }, 'gpt-image-2').hasUnknown).toBe(true)
})

test('an answer that tells nothing has no usage', () => {
  for (const told of [{}, { usage: null }, { usage: null, tool_usage: null }, { tool_usage: {} }])
    expect(responseUsageOf(told, 'gpt-image-2').usage).toBeNull()
})
