import { expect, test } from 'bun:test'
import type { Usage } from '../money/usage.ts'
import type { Reading, Written } from './dialect.ts'
import type { Paid } from './admit.ts'
import { estimateUsage } from './estimate.ts'

const askingOf = (demand: object): Paid =>
  ({ demand, model: { inputTokensMax: 1_000, outputTokensMax: 100, contextTokens: null } }) as unknown as Paid
const words = (text: string): Promise<number> => Promise.resolve(text.split(/\s+/).filter(Boolean).length)
const estimate = (
  usage: Usage | null,
  { text = 'three words here', other = {}, hasOutput = true, isAssumed = false, countTokens = words } = {},
): Promise<Usage> | null => {
  const prompt = (): Written => ({ text: 'a prompt', other: { imageInput: 765 } })
  const output = (): Written => ({ text, other })
  const asking = askingOf({ prompt, input: { isAssumed }, output: hasOutput ? { answers: 1 } : null })
  return estimateUsage(asking, { usage, output } as unknown as Reading, { countTokens })
}
const prompt = { input: 2, imageInput: 765 }

test('where the vendor counts both sides, nothing is counted by us', () => {
  expect(estimate({ input: 20, output: 5 })).toBeNull()
  expect(estimate({ cachedInput: 20, reasoning: 5 })).toBeNull()
  expect(estimate({ input: 20 }, { hasOutput: false })).toBeNull()
})

test('where it counts nothing, all that was sent and given is counted', async () => {
  expect(await estimate(null)).toEqual({ ...prompt, output: 3 })
  expect(await estimate({})).toEqual({ ...prompt, output: 3 })
  expect(await estimate(null, { text: '', other: { imageOutput: 1_290 } })).toEqual({
    ...prompt,
    output: 0,
    imageOutput: 1_290,
  })
})

test('where it counts one side, the other is counted by us, and searches stay', async () => {
  expect(await estimate({ input: 20, searchQuery: 2 })).toEqual({ input: 20, searchQuery: 2, output: 3 })
  expect(await estimate({ output: 5 })).toEqual({ ...prompt, output: 5 })
})

test('what no model of its kind can take or give is not believed, and the other side stays', async () => {
  expect(await estimate({ input: 20, reasoning: 4_999_975 })).toEqual({ input: 20, output: 3 })
  expect(await estimate({ input: 9_900_000, output: 5, searchQuery: 1 })).toEqual({
    ...prompt,
    output: 5,
    searchQuery: 1,
  })
  expect(await estimate({ input: 20, output: 5_000 }, { text: '' })).toEqual({ input: 20 })
  expect(estimate({ input: 2_000, output: 200 })).toBeNull()
  expect(estimate({ input: 9_000, output: 5 }, { isAssumed: true })).toBeNull()
})

test('nothing received, nothing owed beyond the vendor’s own figures', () => {
  expect(estimate(null, { text: '' })).toBeNull()
  expect(estimate({}, { text: '' })).toBeNull()
  expect(estimate({ input: 20 }, { text: '' })).toBeNull()
})

test('embeddings owe their input', async () => {
  expect(await estimate(null, { text: '', hasOutput: false })).toMatchObject(prompt)
})

test('a tokenizer that fails keeps nothing from being settled', async () => {
  const countTokens = (): Promise<number> => Promise.reject(new Error('gone'))
  expect(await estimate(null, { countTokens })).toEqual({ ...prompt, output: 4 })
})

test('nor does a prompt or an answer that is nested too deeply', async () => {
  const tooDeep = (): Written => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  const reading = (usage: Usage | null, output: () => Written) => ({ usage, output }) as unknown as Reading
  const asking = askingOf({ prompt: tooDeep, input: { isAssumed: false, guess: 7 }, output: { answers: 1 } })
  const said = (): Written => ({ text: 'two words', other: {} })
  expect(await estimateUsage(asking, reading(null, said), { countTokens: words })).toEqual({ input: 7, output: 2 })
  expect(estimateUsage(asking, reading({ input: 20 }, tooDeep), { countTokens: words })).toBeNull()
})

test('of a text of any length a megabyte at most is counted, from all over it, and the rest by its length', async () => {
  const asked: number[] = []
  const countTokens = (text: string): Promise<number> => {
    asked.push(text.length)
    return Promise.resolve(text.replaceAll(' ', '').length)
  }
  // Half of it are spaces, all in front.
  const text = ' '.repeat(4_000_000) + 'x'.repeat(4_000_000)
  const output = (await estimate({ input: 20 }, { text, countTokens }))!.output!
  expect(Math.max(...asked)).toBe(1024 * 1024)
  expect(Math.abs(output - 4_000_000)).toBeLessThan(40_000)
})
