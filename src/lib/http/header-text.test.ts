import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { HeaderText } from './header-text.ts'

const letters = (text: string, isUpper: readonly boolean[]): string =>
  Array.from(text, (letter, at) => (isUpper[at % isUpper.length] ? letter.toUpperCase() : letter)).join('')

test('a header is found however its name is written, several as one, and never one whose name only begins or ends alike', () => {
  const name = fc.constantFrom('a', 'x-a', 'x-a-b', 'content-length', 'length', 'x_a', 'x-a1')
  const value = fc.string({ unit: fc.constantFrom('a', 'B', ':', ' ', '\t', 'é', '-'), maxLength: 8 })
  const header = fc.tuple(name, fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), value)
  fc.assert(
    fc.property(fc.array(header, { maxLength: 8 }), (headers) => {
      const lines = headers.map(([each, isUpper, said]) => `\r\n${letters(each, isUpper)}:${said}`)
      const head = new HeaderText(`GET /a:length HTTP/1.1${lines.join('')}`)
      const told = headers.map(([each, , said]) => [each, said.replaceAll(/^[ \t]+|[ \t]+$/g, '')] as const)
      for (const asked of ['a', 'x-a', 'x-a-b', 'content-length', 'length', 'x_a', 'x-a1', 'b']) {
        const found = told.filter(([each]) => each === asked).map(([, said]) => said)
        expect(head.get(asked)).toBe(found.length === 0 ? null : found.join(', '))
      }
      expect([...head.entries()]).toEqual(told.map(([each, said]) => [each, said]))
    }),
  )
})

test('no other character of a name is taken for one that was asked for', () => {
  for (let code = 0; code < 256; code += 1) {
    const said = `content${String.fromCodePoint(code)}length`
    if (said === 'content-length' || said.includes('\n')) continue
    expect(new HeaderText(`HTTP/1.1 200 OK\r\n${said}: 5`).get('content-length')).toBeNull()
  }
})
