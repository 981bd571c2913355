/**
 * Plausible sentences of an exact number of tokens. Every piece begins at a border the tokenizer
 * never joins across (a space before a word; a full stop after one; a line), so the count of the text is
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

/** An answer whose text has exactly `tokens` tokens, in whole sentences; empty for none. */
export function answerPieces({ topics, seed, tokens, unicode }: AnswerWish): readonly Piece[] {
  const writer = writerOf(topics, seed, unicode)
  const pieces: Piece[] = []
  let left = tokens
  const write = (sentence: readonly Piece[]): void => {
    for (const piece of sentence) pieces.push(pieces.length === 0 ? begun(piece) : piece)
    left -= tokensIn(sentence)
  }
  if (left > openingTokensMax) write(writer.opening())
  while (left > 0) write(left <= closers.length ? writer.filled(closers[left - 1]!) : sentenceWithin(writer, left))
  return pieces
}

/** An answer as long as it happens to be: three to seven sentences, or the list that the question asks for. */
export function naturalAnswer(
  question: string,
  { topics, seed, unicode }: Omit<AnswerWish, 'tokens'>,
): readonly Piece[] {
  const writer = writerOf(topics, seed, unicode)
  const items = itemsAskedFor(question)
  if (items) return listOf(writer, items)
  const talk = smallTalk(question, topics, seed)
  if (talk) return smallTalkOf(writer, talk)
  const sentences = Array.from({ length: 2 + (seed % 5) }, () => writer.sentence())
  const [first, ...rest] = [writer.opening(), ...sentences].flat()
  return first ? [begun(first), ...rest] : []
}

/** What is said to a greeting, and to a question without a topic; null where there is one to talk about. */
function smallTalk(question: string, topics: readonly string[], seed: number): readonly (readonly string[])[] | null {
  if (/^\W*(?:hello|hi|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))\b[^?]{0,30}$/i.test(question))
    return [greetings[seed % greetings.length]!, ...plainWords]
  return topics[0] === noTopic ? [plainOpening, ...plainWords] : null
}

function smallTalkOf(writer: Writer, talk: readonly (readonly string[])[]): readonly Piece[] {
  const [first, ...rest] = talk.flatMap(writer.filled)
  return [begun(first!), ...rest]
}

/** Up to six words of the question that are one token each, for the answer to talk about. */
export function topicsOf(question: string): readonly string[] {
  const words = question.slice(0, 2_000).match(/\b[A-Za-z]{4,14}\b/g) ?? []
  const topics = words.filter((word, at) => isFirst(word, at, words) && !dullWords.has(word.toLowerCase())).slice(0, 12)
  const single = topics.filter((word) => countTokens(` ${word}`) === 1).slice(0, 6)
  return single.length > 0 ? single : [noTopic]
}

/** In the place of a topic where a question has none; never one itself. */
const noTopic = 'this'

/** A word in capitals at the beginning of a sentence is no other one. */
const isFirst = (word: string, at: number, words: readonly string[]): boolean =>
  words.findIndex((each) => each.toLowerCase() === word.toLowerCase()) === at

const dullWords = new Set(
  'about after again also answer been bullet bullets could does from four five give have hello here ideas into just know like list lists make many more much need only over please points sandbox seven short show some steps tell than that their them then there these they this those three tips very want what when where which while will with word words would write your'.split(
    ' ',
  ),
)

/** `@` stands for a topic, `#` for emoji or CJK when asked for. Every other word is one token after a space. */
const templates = (texts: readonly string[]): readonly (readonly string[])[] => texts.map((text) => text.split(' '))
const openings = templates(['This is a simulated answer about @ # .', 'This is a simulated answer about @ # and @ .'])
const sentences = templates([
  'It was made by the sandbox , so no model has thought about @ .',
  'The first thing to know about @ # is how it is used .',
  'In practice , most people start with @ and then look at @ .',
  'There are good reasons to treat @ # with care .',
  'A short example often says more about @ than a long text .',
  'Some of this is simple , and some of it takes time .',
  'When you compare @ with @ , the difference # is clear .',
  'Every word here is counted , and the count is exact .',
  'The next step would be to ask again about @ # with more detail .',
])
/** The ends of answers, by their number of tokens, from one on. */
const closers = templates([
  'Yes',
  'Yes .',
  'That helps .',
  'That is all .',
  'That is the point .',
  'That is enough for now .',
  'There is more to say here .',
  'There is more to say about @ .',
  'There is a lot more to learn here .',
  'There is a lot more to learn about @ .',
  'And there is a lot more to learn about @ .',
  'In short , there is a lot to learn about @ .',
])
/** Of the longest opening, emoji included, with a closer behind it. */
const openingTokensMax = 30
const greetings = templates([
  'Hello ! How can I help you today ?',
  'Hi there ! What would you like to talk about ?',
  'Hello ! What can I do for you today ?',
])
const plainOpening = 'This is a simulated answer .'.split(' ')
const plainWords = templates([
  'This answer was made by the sandbox , so no model has thought about it .',
  'Every word here is counted , and the count is exact .',
])
const listOpening = 'Here are some notes about @ :'.split(' ')

/** All words of all sentences, for the test that each is a single token. */
export const vocabulary: readonly string[] = [
  ...openings,
  ...sentences,
  ...closers,
  ...greetings,
  plainOpening,
  ...plainWords,
  listOpening,
]
  .flat()
  .filter((word) => !'@#.,:!?'.includes(word))

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

type Writer = {
  readonly opening: () => readonly Piece[]
  readonly sentence: () => readonly Piece[]
  readonly filled: (template: readonly string[]) => readonly Piece[]
}

/** Topics take turns, so that no sentence speaks of the same one twice; where there is one, sentences about two are left out. */
function writerOf(topics: readonly string[], seed: number, unicode: boolean): Writer {
  const random = randomFrom(seed)
  const isMeant = (template: readonly string[]): boolean => topics.length > 1 || !isAboutTwo(template)
  const usable = topics.length > 1 ? sentences : sentences.filter(isMeant)
  let turn = seed % topics.length
  let last = -1
  const filled = (template: readonly string[]): readonly Piece[] =>
    template.flatMap((word) => {
      if (word === '#') return unicode ? [pick(foreignPieces, random)] : []
      if (word === '@') return [wordPiece(topics[turn++ % topics.length]!)]
      return [wordPiece(word)]
    })
  return {
    filled,
    opening: () => filled(openings[topics.length > 1 ? 1 : 0]!),
    sentence() {
      const at = Math.floor(random() * usable.length)
      last = at === last ? (at + 1) % usable.length : at
      return filled(usable[last]!)
    },
  }
}

const isAboutTwo = (template: readonly string[]): boolean => template.indexOf('@') !== template.lastIndexOf('@')

/** A sentence after which a closer, or nothing, is left to say; one that always fits where none of a few does. */
function sentenceWithin(writer: Writer, left: number): readonly Piece[] {
  for (let tried = 0; tried < 4; tried += 1) {
    const sentence = writer.sentence()
    const after = left - tokensIn(sentence)
    if (after === 0 || after > 2) return sentence
  }
  return writer.filled(closers[Math.min(closers.length, left - 3) - 1]!)
}

function listOf(writer: Writer, { count, isNumbered }: Items): readonly Piece[] {
  const mark = (at: number): readonly Piece[] =>
    isNumbered ? [{ text: String(at + 1), tokens: 1 }, wordPiece('.')] : [{ text: '-', tokens: 1 }]
  const lines = Array.from({ length: count }, (_, at) => {
    const sentence = writer.sentence()
    const isLast = at === count - 1
    return [...mark(at), ...(isLast ? sentence : [...sentence.slice(0, -1), { text: '.\n', tokens: 1 }])]
  })
  const [first, ...opening] = writer.filled(listOpening).slice(0, -1)
  return [begun(first!), ...opening, { text: ':\n', tokens: 1 }, ...lines.flat()]
}

type Items = { readonly count: number; readonly isNumbered: boolean }

const numberWords = 'zero one two three four five six seven eight nine ten'.split(' ')

/** How many things a question asks to be listed, of which fifty are; null where it asks for no list. */
function itemsAskedFor(question: string): Items | null {
  const asked = /\b(?:lists?|bullets?|bullet points|steps|ideas|tips|examples|reasons|ways|facts|options)\b/i.exec(
    question.slice(0, 2_000),
  )
  if (!asked) return null
  const [, said = 'three'] =
    /\b(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\b/i.exec(question.slice(0, 2_000)) ?? []
  const count = /\d/.test(said) ? Number(said) : numberWords.indexOf(said.toLowerCase())
  return { count: Math.min(Math.max(count, 1), 50), isNumbered: /\bsteps\b|\bnumbered\b|\d/i.test(question) }
}

/** The word after a space; a mark without. */
const wordPiece = (word: string): Piece => known.get(word) ?? { text: ` ${word}`, tokens: 1 }

const known: ReadonlyMap<string, Piece> = new Map(
  [
    ...vocabulary.map((word) => [word, ` ${word}`] as const),
    ...['.', ',', ':', '!', '?'].map((mark) => [mark, mark] as const),
  ].map(([word, text]) => [word, { text, tokens: 1 }]),
)

const begun = (piece: Piece): Piece => ({ ...piece, text: piece.text.trimStart() })
const tokensIn = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.tokens, 0)
const pick = <Item>(items: readonly Item[], random: () => number): Item => items[Math.floor(random() * items.length)]!
