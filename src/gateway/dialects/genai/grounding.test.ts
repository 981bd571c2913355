import { expect, test } from 'bun:test'
import { createGrounding } from './grounding.ts'

const answer = (...queries: unknown[]): string =>
  JSON.stringify({ candidates: [{ groundingMetadata: { webSearchQueries: queries } }, null] })
const usageOf = (records: readonly string[], vendorUsage: unknown = null) => {
  const grounding = createGrounding()
  for (const record of records) grounding.add(record)
  return grounding.usage(vendorUsage)
}

test.each<[string, string[], number]>([
  ['repeats', [answer('a', 'b', 'a')], 2],
  ['repeats but for spaces', [answer('a', ' a ')], 1],
  ['empty and blank ones', [answer('', 'a', ' ', 'b')], 2],
  ['nothing but empty ones', [answer('', '')], 0],
  ['odd ones', [answer(null, 5, {}), '{"candidates":{}}', 'no JSON', '5', 'null'], 0],
  ['a stream that repeats its queries', [answer('a'), answer('a', 'b'), answer('a', 'b')], 2],
  ['a stream that adds to its queries', [answer('a', 'b'), answer('c')], 3],
])('unique queries that say something are billed, over all of an answer: %s', (_, records, searches) => {
  expect(usageOf(records)).toEqual(searches === 0 ? {} : { searchQuery: searches, groundedPrompt: 1 })
})

test('maps are billed once, image searches as searches', () => {
  expect(usageOf(['{"candidates":[{"groundingMetadata":{"groundingChunks":[{"maps":{}},null]}}]}'])).toEqual({
    mapsQuery: 1,
  })
  expect(usageOf(['{"candidates":[{"groundingMetadata":{"imageSearchQueries":["a"]}}]}'])).toEqual({
    searchQuery: 1,
    groundedPrompt: 1,
  })
})

test('where Google says how many searches it bills, that counts', () => {
  const billed = (tool: string, count: unknown) => ({ billedToolCalls: [{ tool, successfulToolCallCount: count }] })
  expect(usageOf([answer('a', 'b')], billed('GOOGLE_SEARCH_RETRIEVAL', 3))).toEqual({
    searchQuery: 3,
    groundedPrompt: 1,
  })
  expect(usageOf([], billed('google_search', 2))).toEqual({ searchQuery: 2, groundedPrompt: 1 })
  for (const odd of [billed('google_search', 'x'), billed('code_execution', 4), { billedToolCalls: {} }])
    expect(usageOf([answer('a')], odd)).toEqual({ searchQuery: 1, groundedPrompt: 1 })
})
