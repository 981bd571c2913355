import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readUrl } from './asked-url.ts'

const name = fc.constantFrom('gpt-5.4', 'GPT-x', 'a%2Fb', 'llama3.1:Latest', 'v1', 'genai')
const rest = fc.array(name, { maxLength: 4 }).map((names) => names.map((one) => `/${one}`).join(''))
const root = fc.constantFrom('v1', 'genai', 'openai')
const region = fc.constantFrom(null, 'eu', 'us', 'de-1')
const slashes = fc.array(fc.constantFrom('/', '//', '///'), { minLength: 10, maxLength: 10 })
const query = fc.constantFrom('', '?', '?alt=sse', '?key=/v1//x')

const spelled = (path: string, marks: readonly string[]): string => {
  let at = 0
  return path.replaceAll('/', () => marks[at++ % marks.length]!)
}

describe('a URL of the dialects', () => {
  test('is read the same with slashes too many, behind it too, and with its root in any case', () => {
    fc.assert(
      fc.property(region, root, rest, slashes, query, (region, root, rest, marks, query) => {
        const before = region === null ? '' : `/${region}`
        const read = readUrl({ target: `${before}/${root}${rest}${query}` })
        expect(read).toMatchObject({ root, region, path: rest })
        const odd = `${spelled(`${before.toUpperCase()}/${root.toUpperCase()}${rest}/`, marks)}${query}`
        expect({ ...readUrl({ target: odd }), query: '' }).toEqual({ ...read, query: '' })
      }),
    )
  })

  test('keeps its query', () => {
    expect(readUrl({ target: '/v1/models?a=b%20c&key=/v1' }).query.toString()).toBe('a=b+c&key=%2Fv1')
  })

  test('begins with no root of ours: another part of the product', () => {
    for (const target of [
      '/',
      '',
      '/healthz',
      '/api/v1/models',
      '/api/admin/x',
      '/docs/v1',
      '/v1beta/models',
      '/v1x/models',
      '/a/b/v1/c',
    ])
      expect(readUrl({ target })).toMatchObject({ root: null, region: null })
  })

  test('never has its dots resolved', () => {
    expect(readUrl({ target: '/eu/../v1/models' }).root).toBeNull()
    expect(readUrl({ target: '/v1/../api/admin' })).toMatchObject({ root: 'v1', path: '/../api/admin' })
  })

  test('is read in time that does not grow faster than it', () => {
    for (const target of [
      '/'.repeat(60_000),
      '/a'.repeat(30_000),
      '/v1'.repeat(20_000),
      `/${'a'.repeat(60_000)}`,
      '/%'.repeat(30_000),
    ]) {
      const before = performance.now()
      readUrl({ target })
      expect(performance.now() - before).toBeLessThan(100)
    }
  })
})
