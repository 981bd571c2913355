import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Usage } from '../../../money/usage.ts'
import { usageOf } from './usage.ts'

const share = (modality: string | undefined, tokenCount: number) => ({ ...(modality && { modality }), tokenCount })
const plain = (usage: Usage | null) => ({ usage, mismatch: false, hasUnknown: false })
const flagged = (usage: Usage | null) => ({ usage, mismatch: true, hasUnknown: false })

describe('golden lines: what Google is known to send, and the classes worked out by hand', () => {
  test.each<[string, object, Usage]>([
    [
      'thoughts beside the candidates, cached within the prompt, the rest of each detail is text',
      {
        promptTokenCount: 400,
        cachedContentTokenCount: 100,
        candidatesTokenCount: 2_340,
        thoughtsTokenCount: 337,
        toolUsePromptTokenCount: 10,
        totalTokenCount: 3_087,
        promptTokensDetails: [share('TEXT', 300), share('AUDIO', 60)],
        cacheTokensDetails: [share('AUDIO', 20)],
        candidatesTokensDetails: [share('IMAGE', 2_000)],
      },
      {
        input: 270,
        audioInput: 40,
        cachedInput: 80,
        cachedAudioInput: 20,
        output: 340,
        imageOutput: 2_000,
        reasoning: 337,
      },
    ],
    ['a blocked prompt: the prompt alone', { promptTokenCount: 12, totalTokenCount: 12 }, { input: 12 }],
    [
      'tool results are input (QuantumNous/new-api#2935)',
      {
        promptTokenCount: 151,
        candidatesTokenCount: 1089,
        totalTokenCount: 20689,
        toolUsePromptTokenCount: 18329,
        thoughtsTokenCount: 1120,
        promptTokensDetails: [share('TEXT', 151)],
        toolUsePromptTokensDetails: [share('TEXT', 18329)],
      },
      { input: 18480, output: 1089, reasoning: 1120 },
    ],
    [
      'tool results that are pictures',
      {
        promptTokenCount: 100,
        toolUsePromptTokenCount: 300,
        candidatesTokenCount: 10,
        totalTokenCount: 410,
        toolUsePromptTokensDetails: [share('IMAGE', 258)],
      },
      { input: 142, imageInput: 258, output: 10 },
    ],
    [
      'cached text and image, told apart (BerriAI/litellm#18768)',
      {
        promptTokenCount: 9660,
        cachedContentTokenCount: 9651,
        candidatesTokenCount: 142,
        totalTokenCount: 9802,
        promptTokensDetails: [share('TEXT', 9402), share('IMAGE', 258)],
        cacheTokensDetails: [share('TEXT', 9393), share('IMAGE', 258)],
      },
      { input: 9, cachedInput: 9393, cachedImageInput: 258, output: 142 },
    ],
    [
      'cached, without telling of what: text as far as there is any, then media (BerriAI/litellm#18750)',
      {
        promptTokenCount: 6237,
        cachedContentTokenCount: 4064,
        candidatesTokenCount: 142,
        totalTokenCount: 6379,
        promptTokensDetails: [share('TEXT', 737), share('IMAGE', 5500)],
      },
      { imageInput: 2173, cachedInput: 737, cachedImageInput: 3327, output: 142 },
    ],
    [
      'cached, told by modality alone (googleapis/python-genai#795)',
      {
        promptTokenCount: 4583,
        candidatesTokenCount: 325,
        thoughtsTokenCount: 874,
        totalTokenCount: 5782,
        promptTokensDetails: [share('TEXT', 2777), share('IMAGE', 1806)],
        cacheTokensDetails: [share('TEXT', 1240), share('IMAGE', 807)],
      },
      { input: 1537, imageInput: 999, cachedInput: 1240, cachedImageInput: 807, output: 325, reasoning: 874 },
    ],
    [
      'documents, unknown and missing modalities are text (promptfoo/promptfoo#9760)',
      {
        promptTokenCount: 5000,
        cachedContentTokenCount: 4096,
        candidatesTokenCount: 7,
        totalTokenCount: 5007,
        promptTokensDetails: [share('MODALITY_UNSPECIFIED', 2000), share(undefined, 1000), share('DOCUMENT', 2000)],
        cacheTokensDetails: [share('MODALITY_UNSPECIFIED', 4096)],
        candidatesTokensDetails: [{ modality: 'TEXT' }],
      },
      { input: 904, cachedInput: 4096, output: 7 },
    ],
    [
      'modalities in lower case',
      {
        promptTokenCount: 100,
        candidatesTokenCount: 1,
        totalTokenCount: 101,
        promptTokensDetails: [share('audio', 90), share('text', 10)],
      },
      { input: 10, audioInput: 90, output: 1 },
    ],
    [
      'thoughts within the candidates, because the total says so (BerriAI/litellm#10141)',
      { promptTokenCount: 10, candidatesTokenCount: 100, thoughtsTokenCount: 80, totalTokenCount: 110 },
      { input: 10, output: 20, reasoning: 80 },
    ],
    [
      'thoughts in the total alone (langchain-ai/langchain-google#920)',
      { promptTokenCount: 1, candidatesTokenCount: 66, totalTokenCount: 523 },
      { input: 1, output: 66, reasoning: 456 },
    ],
    [
      'no candidates but thoughts (router-for-me/CLIProxyAPI#5733)',
      { promptTokenCount: 21, thoughtsTokenCount: 60, totalTokenCount: 81 },
      { input: 21, reasoning: 60 },
    ],
    [
      'candidates that only the total counts',
      { promptTokenCount: 21, totalTokenCount: 81, serviceTier: 'standard', trafficType: 'ON_DEMAND' },
      { input: 21, output: 60 },
    ],
  ])('%s', (_, vendorUsage, usage) => {
    expect(usageOf(vendorUsage)).toEqual(plain(usage))
  })
})

describe('what cannot be true is discarded alone, flagged', () => {
  const figures = (further: object) => ({
    promptTokenCount: 300,
    candidatesTokenCount: 50,
    totalTokenCount: 350,
    ...further,
  })
  test.each<[string, object, Usage | null]>([
    [
      'more of a modality in the cache than in the prompt',
      {
        promptTokenCount: 5000,
        cachedContentTokenCount: 4100,
        candidatesTokenCount: 50,
        totalTokenCount: 5050,
        promptTokensDetails: [share('IMAGE', 258), share('TEXT', 4742)],
        cacheTokensDetails: [share('IMAGE', 260), share('TEXT', 3840)],
      },
      { input: 900, cachedInput: 3842, cachedImageInput: 258, output: 50 },
    ],
    ['a share above the count', figures({ promptTokensDetails: [share('IMAGE', 301)] }), { input: 300, output: 50 }],
    [
      'shares above the count together',
      figures({ promptTokensDetails: [share('AUDIO', 200), share('IMAGE', 258)] }),
      { audioInput: 200, imageInput: 100, output: 50 },
    ],
    ['cached above the prompt', figures({ cachedContentTokenCount: 301 }), { input: 300, output: 50 }],
    ['a text for a figure', figures({ cachedContentTokenCount: '12' }), { input: 300, output: 50 }],
    ['an object for a list', figures({ promptTokensDetails: {} }), { input: 300, output: 50 }],
    ['a fraction in a list', figures({ promptTokensDetails: [share('IMAGE', 0.5)] }), { input: 300, output: 50 }],
    ['a negative', figures({ thoughtsTokenCount: -1 }), { input: 300, output: 50 }],
    ['a prompt that is none', { promptTokenCount: 'x', candidatesTokenCount: 50 }, { output: 50 }],
    ['a total that nothing explains', figures({ totalTokenCount: 99 }), { input: 300, output: 50 }],
  ])('%s', (_, vendorUsage, usage) => {
    expect(usageOf(vendorUsage)).toEqual(flagged(usage))
  })
})

test('what Vertex sends before it has counted is no usage yet; an honest zero is one', () => {
  expect(usageOf({ trafficType: 'ON_DEMAND' })).toEqual(plain(null))
  expect(usageOf({ promptTokenCount: 0, totalTokenCount: 0 })).toEqual(plain({}))
})

test('a count under an unknown name costs nobody silently', () => {
  expect(usageOf({ promptTokenCount: 5, candidatesTokenCount: 3, hologramTokenCount: 2 })).toEqual({
    usage: { input: 5, output: 3 },
    mismatch: false,
    hasUnknown: true,
  })
})

const anything = fc.oneof(fc.jsonValue(), fc.integer({ min: -2, max: 40 }), fc.constantFrom(0, 5, 0.5, 1e300))
const anyList = fc.oneof(
  anything,
  fc.array(
    fc.oneof(
      anything,
      fc.record({ modality: fc.constantFrom('TEXT', 'AUDIO', 'image', 'VIDEO', 'X'), tokenCount: anything }),
    ),
    { maxLength: 5 },
  ),
)

test('of any JSON: whole classes, never negative, that sum to the vendor’s total or are flagged', () => {
  const anyUsage = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        promptTokenCount: anything,
        cachedContentTokenCount: anything,
        candidatesTokenCount: anything,
        thoughtsTokenCount: anything,
        toolUsePromptTokenCount: anything,
        totalTokenCount: anything,
        promptTokensDetails: anyList,
        cacheTokensDetails: anyList,
        candidatesTokensDetails: anyList,
        toolUsePromptTokensDetails: anyList,
      },
      { requiredKeys: [] },
    ),
  )
  fc.assert(
    fc.property(anyUsage, (vendorUsage) => {
      const { usage, mismatch } = usageOf(vendorUsage)
      if (usage === null) return
      const quantities = Object.values(usage)
      for (const quantity of quantities) expect(Number.isSafeInteger(quantity) && quantity > 0).toBe(true)
      const total = (vendorUsage as { totalTokenCount?: unknown }).totalTokenCount
      if (typeof total === 'number' && total !== 0 && !mismatch)
        expect(quantities.reduce((sum, quantity) => sum + quantity, 0)).toBe(total)
    }),
    { numRuns: 3_000 },
  )
})
