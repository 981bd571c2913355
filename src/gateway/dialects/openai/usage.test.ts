import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Usage } from '../../../money/usage.ts'
import { usageIn } from './chat/told.ts'
import { usageOf } from './usage.ts'

const figures = (prompt: number, completion: number, further: object = {}): object => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  ...further,
})
const plain = (usage: Usage | null) => ({ usage, mismatch: false, hasUnknown: false })
const flagged = (usage: Usage | null) => ({ usage, mismatch: true, hasUnknown: false })

test('Anthropic’s own object, handed on: what was read from the cache and written to it stands beside the input', () => {
  // Its guide "Prompt caching": total_input_tokens = cache_read_input_tokens + cache_creation_input_tokens + input_tokens.
  const told = { input_tokens: 50, cache_read_input_tokens: 20, cache_creation_input_tokens: 30, output_tokens: 7 }
  expect(usageOf(told)).toEqual(plain({ input: 50, cachedInput: 20, cacheWrite: 30, output: 7 }))
  expect(usageOf({ ...told, input_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 0 })).toEqual(
    plain({ input: 5, cachedInput: 100, output: 7 }),
  )
  // With a total, that tells.
  expect(usageOf({ ...told, total_tokens: 57 })).toEqual(plain({ cachedInput: 20, cacheWrite: 30, output: 7 }))
})

describe('golden lines: what vendors are known to send, and the classes worked out by hand', () => {
  test.each<[string, object, Usage]>([
    [
      'OpenAI: cached within the prompt, reasoning within the completion',
      figures(2006, 300, {
        prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0, cache_write_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 64,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 12,
        },
      }),
      { input: 86, cachedInput: 1920, output: 236, reasoning: 64 },
    ],
    [
      'OpenAI from GPT-5.6 on: cache writes within the prompt (prompt caching guide: 2000 read, 400 written, 200 neither)',
      figures(2600, 300, { prompt_tokens_details: { cached_tokens: 2000, cache_write_tokens: 400 } }),
      { input: 200, cachedInput: 2000, cacheWrite: 400, output: 300 },
    ],
    [
      'OpenAI with sound: its tokens within both sides',
      figures(1000, 120, {
        prompt_tokens_details: { audio_tokens: 960, cached_tokens: 0 },
        completion_tokens_details: { audio_tokens: 90 },
      }),
      { input: 40, audioInput: 960, output: 30, audioOutput: 90 },
    ],
    [
      'xAI: reasoning beside the completion, because the total has all three (UKGovernmentBEIS/inspect_ai#5528)',
      {
        prompt_tokens: 10120,
        completion_tokens: 1499,
        total_tokens: 14428,
        prompt_tokens_details: { text_tokens: 10120, audio_tokens: 0, image_tokens: 0, cached_tokens: 128 },
        completion_tokens_details: { reasoning_tokens: 2809, audio_tokens: 0 },
        num_sources_used: 0,
      },
      { input: 9992, cachedInput: 128, output: 1499, reasoning: 2809 },
    ],
    [
      'the same where there is less reasoning than completion',
      {
        prompt_tokens: 100,
        completion_tokens: 1000,
        total_tokens: 1400,
        completion_tokens_details: { reasoning_tokens: 300 },
      },
      { input: 100, output: 1000, reasoning: 300 },
    ],
    [
      'a translator of Gemini: no completion but reasoning (router-for-me/CLIProxyAPI#5733)',
      {
        completion_tokens: 0,
        total_tokens: 81,
        prompt_tokens: 21,
        completion_tokens_details: { reasoning_tokens: 60 },
      },
      { input: 21, reasoning: 60 },
    ],
    [
      'Google’s OpenAI endpoint: thoughts in the total alone',
      { prompt_tokens: 100, completion_tokens: 50, total_tokens: 450 },
      { input: 100, output: 50, reasoning: 300 },
    ],
    [
      'DeepSeek: hits and misses at the top (api-docs.deepseek.com/guides/kv_cache)',
      figures(100, 5, { prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 }),
      { input: 36, cachedInput: 64, output: 5 },
    ],
    [
      'DeepSeek behind a gateway: one figure under three names counts once',
      figures(102056, 252, {
        prompt_cache_hit_tokens: 94464,
        prompt_cache_miss_tokens: 7592,
        prompt_tokens_details: { cached_tokens: 94464 },
        completion_tokens_details: { reasoning_tokens: 44 },
        cached_tokens: 94464,
      }),
      { input: 7592, cachedInput: 94464, output: 208, reasoning: 44 },
    ],
    [
      'Moonshot: cached_tokens at the top (Bike4Mind/bike4mind#1089)',
      figures(2989, 10, { cached_tokens: 2989 }),
      { cachedInput: 2989, output: 10 },
    ],
    [
      'Mistral: under three names, one without its s (vercel/ai#14382)',
      figures(1013, 30, {
        num_cached_tokens: 1008,
        prompt_token_details: { cached_tokens: 1008 },
        prompt_tokens_details: { cached_tokens: 1008 },
      }),
      { input: 5, cachedInput: 1008, output: 30 },
    ],
    [
      'Qwen: cache writes within the prompt details (Model Studio, context cache)',
      figures(3019, 104, { prompt_tokens_details: { cached_tokens: 0, cache_creation_input_tokens: 2048 } }),
      { input: 971, cacheWrite: 2048, output: 104 },
    ],
    [
      'Qwen with pictures and films (Model Studio, visual understanding)',
      figures(1270, 54, {
        prompt_tokens_details: { text_tokens: 23, image_tokens: 1247, video_tokens: 0 },
        completion_tokens_details: { text_tokens: 54 },
      }),
      { input: 23, imageInput: 1247, output: 54 },
    ],
    [
      'Groq: times are no counts',
      figures(18, 556, { queue_time: 0.037, prompt_time: 0.0009, completion_time: 0.463, total_time: 0.464 }),
      { input: 18, output: 556 },
    ],
    [
      'OpenRouter: costs are no counts',
      figures(194, 2, {
        cost: 0.95,
        cost_details: { upstream_inference_cost: 19 },
        is_byok: false,
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 100, audio_tokens: 0, video_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, image_tokens: 0 },
      }),
      { input: 94, cacheWrite: 100, output: 2 },
    ],
    [
      'Anthropic through LiteLLM: cached within prompt_tokens, told twice',
      figures(37031, 44, {
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 34496,
        prompt_tokens_details: { cached_tokens: 34496 },
      }),
      { input: 2535, cachedInput: 34496, output: 44 },
    ],
    [
      'Anthropic handed on: cached beside prompt_tokens, because the total says so',
      {
        prompt_tokens: 36,
        completion_tokens: 5,
        total_tokens: 161,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
      },
      { input: 36, cachedInput: 100, cacheWrite: 20, output: 5 },
    ],
    [
      'new-api: the newer names beside the older, at zero',
      figures(20, 5, { input_tokens: 0, output_tokens: 0, input_tokens_details: null }),
      { input: 20, output: 5 },
    ],
    ['the newer names alone', { input_tokens: 20, output_tokens: 5, total_tokens: 25 }, { input: 20, output: 5 }],
    ['no completion told, but a total', { prompt_tokens: 20, total_tokens: 25 }, { input: 20, output: 5 }],
    ['no prompt told, but a total', { completion_tokens: 5, total_tokens: 25 }, { input: 20, output: 5 }],
    ['nulls for details', figures(20, 5, { prompt_tokens_details: null }), { input: 20, output: 5 }],
  ])('%s', (_, vendorUsage, usage) => {
    expect(usageOf(vendorUsage)).toEqual(plain(usage))
  })
})

describe('one odd member is discarded alone, flagged', () => {
  const details = (cached: unknown): object => ({ prompt_tokens_details: { cached_tokens: cached } })
  test.each<[string, object, Usage | null]>([
    ['cached above the prompt', figures(20, 5, details(21)), { input: 20, output: 5 }],
    ['a text for a figure', figures(20, 5, details('12')), { input: 20, output: 5 }],
    ['a list for an object', figures(20, 5, { prompt_tokens_details: [] }), { input: 20, output: 5 }],
    ['a text for an object', figures(20, 5, { completion_tokens_details: 'none' }), { input: 20, output: 5 }],
    ['a negative', figures(20, 5, details(-1)), { input: 20, output: 5 }],
    ['a fraction', figures(20, 5, details(1.5)), { input: 20, output: 5 }],
    ['1e300', figures(20, 5, details(1e300)), { input: 20, output: 5 }],
    ['true', figures(20, 5, details(true)), { input: 20, output: 5 }],
    [
      'a bad hit, the good one stays',
      { ...figures(20, 5, details(8)), cached_tokens: 'x' },
      { input: 12, cachedInput: 8, output: 5 },
    ],
    [
      'cached and written above the prompt together',
      figures(20, 5, { prompt_tokens_details: { cached_tokens: 15, cache_write_tokens: 6 } }),
      { input: 5, cachedInput: 15, output: 5 },
    ],
    [
      'reasoning above the completion, and the total says within',
      figures(20, 5, { completion_tokens_details: { reasoning_tokens: 6 } }),
      { input: 20, output: 5 },
    ],
    [
      'audio above the prompt',
      figures(20, 5, { prompt_tokens_details: { audio_tokens: 30 } }),
      { input: 20, output: 5 },
    ],
    ['a prompt that is none; the completion stays', { prompt_tokens: 'many', completion_tokens: 5 }, { output: 5 }],
    [
      'a prompt that is none; the total has it',
      { prompt_tokens: -1, completion_tokens: 5, total_tokens: 25 },
      { input: 20, output: 5 },
    ],
    ['a completion that is none; the prompt stays', { prompt_tokens: 20, completion_tokens: 1e12 }, { input: 20 }],
    ['a total that is none', { prompt_tokens: 20, completion_tokens: 5, total_tokens: [] }, { input: 20, output: 5 }],
    ['a total below its parts', { prompt_tokens: 20, completion_tokens: 5, total_tokens: 9 }, { input: 20, output: 5 }],
    [
      'a total that nothing explains',
      { ...figures(20, 5, { completion_tokens_details: { reasoning_tokens: 2 } }), total_tokens: 99 },
      { input: 20, output: 3, reasoning: 2 },
    ],
    [
      'one thing told differently: the larger figure',
      { ...figures(20, 5, details(4)), cached_tokens: 8 },
      { input: 12, cachedInput: 8, output: 5 },
    ],
    ['nothing but odd members', { prompt_tokens: 'a', completion_tokens: {} }, null],
  ])('%s', (_, vendorUsage, usage) => {
    expect(usageOf(vendorUsage)).toEqual(flagged(usage))
  })

  test.each([
    ['a list', []],
    ['a text', 'none'],
    ['a figure', 5],
  ])('%s for usage is no usage', (_, vendorUsage) => {
    expect(usageOf(vendorUsage)).toEqual(flagged(null))
  })
})

test('an honest zero is a zero, not a gap; nothing said is a gap', () => {
  expect(usageOf({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })).toEqual(plain({}))
  for (const nothing of [undefined, null, {}, { prompt_tokens_details: { cached_tokens: 0 } }, { total_tokens: 25 }])
    expect(usageOf(nothing)).toEqual(plain(null))
})

test.each<[string, object]>([
  ['Perplexity’s citations and searches', { citation_tokens: 20028, num_search_queries: 18 }],
  ['xAI’s sources', { num_sources_used: 4 }],
  ['Mistral’s seconds of sound', { prompt_audio_seconds: 12 }],
  ['searches within an object', { server_tool_use: { web_search_requests: 2 } }],
  ['Gemini’s names', { thoughtsTokenCount: 3 }],
  ['a detail of the prompt', { prompt_tokens_details: { hologram_tokens: 3 } }],
])('figures under unknown names cost nobody silently: %s', (_, further) => {
  expect(usageOf(figures(20, 5, further))).toEqual({
    usage: { input: 20, output: 5 },
    mismatch: false,
    hasUnknown: true,
  })
})

test('what the total has more is no reasoning where an unknown figure may be it', () => {
  const vendorUsage = { prompt_tokens: 36, completion_tokens: 5, total_tokens: 141, reused_tokens: 100 }
  expect(usageOf(vendorUsage)).toEqual({ usage: { input: 36, output: 5 }, mismatch: true, hasUnknown: true })
})

test('unknown names that count nothing are no matter', () => {
  const further = {
    citation_tokens: 0,
    search_context_size: 'low',
    constructor: 5,
    cost: { input_tokens_cost: 1 },
    prompt_audio_seconds: {},
    // SambaNova's speeds.
    time_to_first_token: 1,
    completion_tokens_per_sec: 400,
    total_latency_seconds: 2,
  }
  expect(usageOf(figures(20, 5, further))).toEqual(plain({ input: 20, output: 5 }))
})

describe('where the usage of an answer stands', () => {
  const full = figures(500, 70)
  test.each<[string, object, unknown]>([
    ['at the top', { usage: full, choices: [{ usage: figures(1, 1) }] }, full],
    ['in the choice', { usage: null, choices: [{ index: 0, usage: full }] }, full],
    ['in x_groq', { x_groq: { id: 'req_1', usage: full }, choices: [{ delta: {} }] }, full],
    [
      'in the choice, and partly at the top',
      { usage: { prompt_tokens_details: { cached_tokens: 64 } }, choices: [{ usage: full }] },
      { ...full, prompt_tokens_details: { cached_tokens: 64 } },
    ],
    ['nowhere', { choices: [null, 5, { usage: null }] }, null],
  ])('%s', (_, answer, usage) => {
    expect(usageIn(answer)).toEqual(usage)
  })
})

const anything = fc.oneof(
  fc.jsonValue(),
  fc.integer({ min: -2, max: 40 }),
  fc.constantFrom(0, 1, 2, 5, 40, -1, 0.5, 1e300, 10_000_000),
)
const anyDetails = fc.oneof(
  anything,
  fc.dictionary(
    fc.constantFrom(
      'cached_tokens',
      'cache_write_tokens',
      'audio_tokens',
      'image_tokens',
      'reasoning_tokens',
      'x_tokens',
    ),
    anything,
  ),
)
const anyUsage = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(
    fc.constantFrom(
      'prompt_tokens',
      'completion_tokens',
      'total_tokens',
      'cached_tokens',
      'prompt_cache_hit_tokens',
      'cache_creation_input_tokens',
      'input_tokens',
      'reasoning_tokens',
    ),
    anything,
  ),
  fc.record(
    {
      prompt_tokens: anything,
      completion_tokens: anything,
      total_tokens: anything,
      prompt_tokens_details: anyDetails,
      completion_tokens_details: anyDetails,
      cached_tokens: anything,
    },
    { requiredKeys: [] },
  ),
)

test('a prompt of nothing beside a total of something cannot be true', () => {
  expect(usageOf({ total_tokens: 1, prompt_tokens: 0 })).toMatchObject({ usage: {}, mismatch: true })
})

test('of any JSON: whole classes, never negative, that sum to the vendor’s total or are flagged', () => {
  fc.assert(
    fc.property(anyUsage, (vendorUsage) => {
      const { usage, mismatch } = usageOf(vendorUsage)
      if (usage === null) return
      const quantities = Object.values(usage)
      for (const quantity of quantities) expect(Number.isSafeInteger(quantity) && quantity > 0).toBe(true)
      const total = (vendorUsage as { total_tokens?: unknown }).total_tokens
      if (typeof total === 'number' && total !== 0 && !mismatch)
        expect(quantities.reduce((sum, quantity) => sum + quantity, 0)).toBe(total)
    }),
    { numRuns: 3_000 },
  )
})
