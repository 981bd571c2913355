/**
 * Plausible sentences of an exact number of tokens. Every piece begins at a border the tokenizer
 * never joins across (a space before a word; a full stop after one), so the count of the text is
 * the sum of the counts of its pieces, and an answer costs no tokenizing at all.
 */
import { randomFrom } from './hash.ts'
import { countTokens, type Piece } from './tokens.ts'

/** What to write: `topics` of `topicsOf`, `tokens` exactly, `seed` for which words. */
export type AnswerWish = {
  readonly topics: readonly string[]
  readonly seed: number
  readonly tokens: number
  readonly unicode: boolean
}

/** An answer whose text has exactly `tokens` tokens; empty for none. */
export function answerPieces({ topics, seed, tokens, unicode }: AnswerWish): readonly Piece[] {
  const random = randomFrom(seed)
  const pieces: Piece[] = []
  let left = tokens
  let sentence: readonly string[] = opening
  while (left > 0) {
    for (const word of sentence) {
      if (left === 0) break
      const piece = pieceOf(word, topics, random)
      if ((word === '#' && !unicode) || piece.tokens > left) continue
      pieces.push(pieces.length === 0 ? { ...piece, text: piece.text.trimStart() } : piece)
      left -= piece.tokens
    }
    sentence = pick(sentences, random)
  }
  return endedWithStop(pieces)
}

/** Up to six words of the question that are one token each, for the answer to talk about. */
export function topicsOf(question: string): readonly string[] {
  const words = question.slice(0, 2_000).match(/\b[A-Za-z]{4,14}\b/g) ?? []
  const topics = [...new Set(words)].filter((word) => !dullWords.has(word.toLowerCase())).slice(0, 12)
  const single = topics.filter((word) => countTokens(` ${word}`) === 1).slice(0, 6)
  return single.length > 0 ? single : ['request']
}

const dullWords = new Set(
  'about after again answer been from have hello into just like make more much only over please sandbox some tell than that their them then there these they this very what when where which while will with would write your'.split(
    ' ',
  ),
)

/** `@` stands for a topic, `#` for emoji or CJK when asked for. Every other word is one token after a space. */
const opening = 'This is a simulated answer about @ # and @ .'.split(' ')
const sentences = [
  'It was made by the sandbox , so no model has thought about @ .',
  'The first thing to know about @ # is that it depends on @ .',
  'In practice , most people start with @ and then look at @ .',
  'There are good reasons to treat @ # with care .',
  'A short example often says more about @ than a long text .',
  'Some of this is simple , and some of it takes time .',
  'When you compare @ with @ , the difference # is clear .',
  'Every word here is counted , and the count is exact .',
  'The next step would be to ask again about @ # with more detail .',
].map((sentence) => sentence.split(' '))

/** All words of all sentences, for the test that each is a single token. */
export const vocabulary: readonly string[] = [opening, ...sentences].flat().filter((word) => !'@#.,'.includes(word))

/** Each is a run of its own for the tokenizer, being between a space and a space. */
const foreignPieces: readonly Piece[] = [
  '你好世界',
  '模拟的回答',
  'こんにちは',
  '안녕하세요',
  '😀',
  '🚀🌍',
  '👩‍💻',
  'Ελληνικά',
  'Привет',
  'naïve',
  'مرحبا',
  '𝄞',
].map((word) => ({
  text: ` ${word}`,
  tokens: countTokens(` ${word}`),
}))

function pieceOf(word: string, topics: readonly string[], random: () => number): Piece {
  if (word === '#') return pick(foreignPieces, random)
  if (word === '.' || word === ',') return { text: word, tokens: 1 }
  return { text: ` ${word === '@' ? pick(topics, random) : word}`, tokens: 1 }
}

/** A cut answer still ends in a full stop, where that leaves its token count alone: after a plain word. */
function endedWithStop(pieces: readonly Piece[]): readonly Piece[] {
  const last = pieces.at(-1)
  const before = pieces.at(-2)
  if (!before || last?.text === '.' || last?.tokens !== 1 || !/^ ?[A-Za-z]+$/.test(before.text)) return pieces
  return [...pieces.slice(0, -1), { text: '.', tokens: 1 }]
}

const pick = <Item>(items: readonly Item[], random: () => number): Item => items[Math.floor(random() * items.length)]!
