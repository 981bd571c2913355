import { expect, test } from 'bun:test'
import { directiveTable, directivesOf } from './directives.ts'

test('the header wins over the prompt, key by key, and the later prompt over the earlier', () => {
  expect(directivesOf('"[[sandbox: tokens=5 stall=1]] [[sandbox: tokens=6]]"', 'stall=0 status=503')).toEqual({
    tokens: 6,
    stall: false,
    status: 503,
  })
  expect(directivesOf('nothing here', undefined)).toEqual({})
})

test('a directive that does not exist or makes no sense is refused, not ignored', () => {
  for (const wrong of ['tokns=5', 'tokens=0', 'tokens=x', 'status=200', 'usage=maybe', 'stall=yes', 'constructor=1']) {
    expect(() => directivesOf('', wrong)).toThrow(/directive/)
  }
})

test('the README explains every directive', async () => {
  const readme = await Bun.file(new URL('README.md', import.meta.url)).text()
  expect(Object.keys(directiveTable).filter((key) => !readme.includes(`\`${key}`))).toEqual([])
})
