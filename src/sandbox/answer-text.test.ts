import fc from 'fast-check'
import { expect, test } from 'bun:test'
import { answerPieces, topicsOf, vocabulary } from './answer-text.ts'
import { countTokens, piecesOf } from './tokens.ts'

test('an answer has exactly the tokens it was asked to have, whatever it is about', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.nat(),
      fc.nat(400),
      fc.boolean(),
      (question, seed, tokens, unicode) => {
        const pieces = answerPieces({ topics: topicsOf(`${question} about Paris`), seed, tokens, unicode })
        expect(countTokens(pieces.map((piece) => piece.text).join(''))).toBe(tokens)
        expect(pieces.reduce((sum, piece) => sum + piece.tokens, 0)).toBe(tokens)
      },
    ),
    { numRuns: 300 },
  )
})

test('every word of the vocabulary is one token', () => {
  expect(vocabulary.filter((word) => countTokens(` ${word}`) !== 1)).toEqual([])
})

test('pieces are whole characters and make up the text again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      expect(
        piecesOf(text)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text)
    }),
  )
})

test('special tokens are text, and an endless word is counted in time', () => {
  expect(countTokens('<|endoftext|>')).toBeGreaterThan(1)
  const started = performance.now()
  expect(countTokens('a'.repeat(1_000_000))).toBeGreaterThan(1_000)
  expect(performance.now() - started).toBeLessThan(2_000)
})
