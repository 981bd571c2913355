import { expect, test } from 'bun:test'
import { csvLine } from './csv.ts'

test('cells are quoted where they must be, and nobody’s words become a formula', () => {
  expect(csvLine(['a', 1, null, true, 'x,y', 'say "hi"', 'two\nlines'])).toBe(
    'a,1,,true,"x,y","say ""hi""","two\nlines"\r\n',
  )
  expect(csvLine(['=1+1', '+49', '-12.5', '-x', '@a', '\tb'])).toBe("'=1+1,'+49,-12.5,'-x,'@a,'\tb\r\n")
})
