import { expect, test } from 'bun:test'
import { namesNear } from './closest.ts'

const models = ['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-4.1', 'gemini-3.5-flash', 'sora-2']
const near = (name: string) => namesNear(name, models)

test('a name that is another only by case, spaces, marks or what stands before a slash is that one', () => {
  for (const name of ['gpt5.4', 'GPT-5.4', ' gpt-5.4', 'gpt 5.4', 'gpt_5_4', 'gpt‑5.4', 'openai/gpt-5.4', 'gpt-5.4/'])
    expect([name, near(name)]).toEqual([name, ['gpt-5.4']])
  expect(near('gpt-5.4-mini ')).toEqual(['gpt-5.4-mini'])
})

test('a slip of the hand leads to what is most like it, three at most, and anything else to nothing', () => {
  expect(near('gpt-5.4-mnii')[0]).toBe('gpt-5.4-mini')
  expect(near('gemini-3.5-falsh')).toEqual(['gemini-3.5-flash'])
  expect(near('gemini-flash')).toEqual(['gemini-3.5-flash'])
  expect(near('gpt-5.4-turbo')).toContain('gpt-5.4')
  expect(near('gpt-5')).toContain('gpt-5.4')
  expect(near('gpt54m').length).toBeLessThanOrEqual(3)
  for (const name of ['', '///', 'llama-4-maverick', 'x', 'a'.repeat(1_000_000), `gpt-5.4${' '.repeat(100)}`])
    expect(near(name)).toEqual([])
})
