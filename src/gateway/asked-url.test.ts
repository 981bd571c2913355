import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { martFileSchema } from '../config/mart-file.ts'
import { pricesSchema } from '../money/price-book-data.ts'
import { readUrl } from './asked-url.ts'
import { cpuMs } from '../../test/support/cpu-ms.ts'

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
      const before = cpuMs()
      readUrl({ target })
      expect(cpuMs() - before).toBeLessThan(100)
    }
  })
})

test('what is read as something else is no name that a region policy can have', () => {
  const words = ['v1', 'v1beta', 'v1beta1', 'v1alpha', 'v1alpha1', 'genai', 'openai', 'api', 'docs', 'playground']
  for (const word of words) {
    expect(readUrl({ target: `/${word}/v1/models` }).region).toBeNull()
    const regions = { us: { serves: ['us'] }, [word]: { serves: ['us'] } }
    const references = { env: () => null, file: () => null }
    const refused = martFileSchema(references, pricesSchema, 0).safeParse({ regions }).error?.issues
    expect(refused?.map(({ path }) => path.join('.'))).toEqual([`regions.${word}`])
  }
})
