import { expect, test } from 'bun:test'
import { csvLine } from './csv.ts'

test('cells are quoted where they must be, and nobody’s words become a formula', () => {
  expect(csvLine(['a', 1, null, true, 'x,y', 'say "hi"', 'two\nlines'])).toBe(
    'a,1,,true,"x,y","say ""hi""","two\nlines"\r\n',
  )
  expect(csvLine(['=1+1', '+49', '-12.5', '-x', '@a', '\tb'])).toBe("'=1+1,'+49,-12.5,'-x,'@a,'\tb\r\n")
})

const cellOf = (text: string): string => csvLine([text]).trimEnd()

test('wherever a spreadsheet begins a cell, nobody’s words are a formula', () => {
  for (const formula of ['＝1+1', '＋1', '－1', '＠x', '"=1+1']) expect(cellOf(formula)).toMatch(/^"?"{0,2}'/)
  // Where a comma separates decimals, a semicolon ends a cell.
  expect(cellOf('a;=HYPERLINK(B1);b')).toBe("a;'=HYPERLINK(B1);b")
  expect(cellOf('a; "@x')).toBe(`"a; ""'@x"`)
  expect(cellOf('a-b=c; d')).toBe('a-b=c; d')
})

test('a long name takes no time', () => {
  const startedAt = performance.now()
  cellOf(`${';'.repeat(50_000)}${"' ".repeat(50_000)}`)
  expect(performance.now() - startedAt).toBeLessThan(500)
})
