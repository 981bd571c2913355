import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { hash } from 'node:crypto'
import { sha256 } from './sha256.ts'

/** Halves of surrogate pairs included. */
const anyText = fc.uint16Array().map((units) => String.fromCharCode(...units))

test('a text has the digest that it has everywhere: what was stored of it before is still its own', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(sha256(text)).toBe(hash('sha256', text, 'hex'))
    }),
    { examples: [[''], ['\ud800'], ['sk-bf-123e4567-e89b-12d3-a456-426614174000']] },
  )
})
