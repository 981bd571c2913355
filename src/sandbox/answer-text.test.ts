import fc from 'fast-check'
import { expect, test } from 'bun:test'
import { answerPieces, naturalAnswer, topicsOf, vocabulary } from './answer-text.ts'
import { countTokens, piecesOf } from './tokens.ts'
import { cpuMs } from '../../test/support/cpu-ms.ts'

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

test('an answer is whole sentences, or the list that was asked for, and its pieces count what its text counts', () => {
  const write = (question: string, seed: number): string => {
    const pieces = naturalAnswer(question, { topics: topicsOf(question), seed, unicode: seed % 2 === 0 })
    const text = pieces.map((piece) => piece.text).join('')
    expect(countTokens(text)).toBe(pieces.reduce((sum, piece) => sum + piece.tokens, 0))
    return text
  }
  for (let seed = 0; seed < 200; seed += 1) {
    expect(write('Tell me about London and its river.', seed)).toMatch(
      /^This is a simulated answer about [^.]+\.( [A-Z][^.]+\.)+$/,
    )
    expect(write('hello', seed)).toMatch(/\.$/)
    expect(write('List five ideas for dinner.', seed).match(/^- .*\.$/gm)).toHaveLength(5)
    expect(write('Give me 12 steps', seed)).toMatch(/\n12\. .*\.$/)
  }
})

test('a greeting is greeted back, and a question without a topic gets an answer that reads like one', () => {
  const answered = (question: string, seed: number): string => {
    const pieces = naturalAnswer(question, { topics: topicsOf(question), seed, unicode: false })
    const text = pieces.map((piece) => piece.text).join('')
    expect(countTokens(text)).toBe(pieces.reduce((sum, piece) => sum + piece.tokens, 0))
    return text
  }
  for (let seed = 0; seed < 6; seed += 1) {
    for (const greeting of ['Hello!', 'hi', 'Hey there', 'Good morning, Anna.', 'Hello, world!'])
      expect(answered(greeting, seed)).toMatch(
        /^(?:Hello|Hi there)! (?:How|What) [a-zI ]+\? This answer was made by the sandbox/,
      )
    for (const vague of ['', 'ok', '你好', 'What is it?'])
      expect(answered(vague, seed)).toStartWith('This is a simulated answer. This answer was made by the sandbox')
    expect(answered('Request: explain the request.', seed)).not.toMatch(/request and request/i)
  }
  expect(topicsOf('Requests and requests of London')).toEqual(['Requests', 'London'])
})

test('an answer of a number of tokens ends in a full stop, from two on', () => {
  for (let tokens = 2; tokens < 300; tokens += 1) {
    const pieces = answerPieces({ topics: topicsOf('London and rivers'), seed: tokens, tokens, unicode: true })
    expect(pieces.at(-1)!.text).toBe('.')
  }
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
    { examples: [['\u{FFFD} \u1380\u1380']] },
  )
})

test('special tokens are text, and an endless word is counted in time', () => {
  expect(countTokens('<|endoftext|>')).toBeGreaterThan(1)
  const started = cpuMs()
  expect(countTokens('a'.repeat(1_000_000))).toBeGreaterThan(1_000)
  expect(cpuMs() - started).toBeLessThan(2_000)
})
