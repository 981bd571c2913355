/**
 * What a prompt says that may stand in an answer: names, numbers, quotations, dates and addresses, each given
 * out once and in order, so that arguments are what the prompt plainly has.
 */

/** The prompt to take values from. */
export type Mentions = {
  /** One of these words, if the prompt has it. */
  readonly oneOf: (choices: readonly unknown[]) => unknown
  readonly number: (isWanted: (value: number) => boolean) => number | undefined
  /** A string for a property of this name and format. */
  readonly text: (name: string, format: string | undefined) => string | undefined
  /** All words, as they are written. */
  readonly words: readonly string[]
}

const promptCharactersMax = 4_000

/** Reads a prompt. */
export function mentionsIn(prompt: string): Mentions {
  const text = prompt.slice(0, promptCharactersMax)
  const lower = ` ${text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ')} `
  const numbers = takerOf([...text.matchAll(/(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])/g)].map(([digits]) => Number(digits)))
  const quotes = takerOf(
    [...text.matchAll(/["“]([^"”\n]{1,200})["”]|(?<!\w)'([^'\n]{1,200})'(?!\w)/g)].map(
      (found) => found[1] ?? found[2]!,
    ),
  )
  const names = takerOf(namesIn(text))
  const formatted = Object.fromEntries(
    Object.entries(formats).map(([format, pattern]) => [format, takerOf(text.match(pattern) ?? [])]),
  )
  const nameFor = (plain: string): string | undefined => {
    if (dayLike.test(plain)) return names((name) => days.test(name))
    return nameLike.test(plain) ? names((name) => !days.test(name)) : undefined
  }
  return {
    oneOf: (choices) =>
      choices.find(
        (choice) => typeof choice === 'string' && lower.includes(` ${wordsOf(choice)} `) && wordsOf(choice) !== '',
      ),
    number: numbers,
    text(name, format) {
      if (format !== undefined) return formatted[format]?.(() => true)
      const plain = wordsOf(name)
      if (/\b(?:expression|formula|calculation)\b/.test(plain)) return expressionIn(text)
      if (/\bemail\b/.test(plain)) return formatted['email']?.(() => true)
      if (/\b(?:url|uri|link)\b/.test(plain)) return formatted['uri']?.(() => true)
      if (/\b(?:query|question|prompt|topic|message|input|q)\b/.test(plain))
        return quotes(() => true) ?? (text.trim().slice(0, 200) || undefined)
      return quotes(() => true) ?? nameFor(plain)
    },
    words: text.match(/[\w.@+-]*\w/g) ?? [],
  }
}

const nameLike =
  /\b(?:names?|city|cities|town|place|location|country|state|person|people|participants?|author|artist|title|company|destination|origin|from|to|who|where|recipient|attendees?|user|customer|product)\b/

const dayLike = /\b(?:dates?|days?|weekday|when|months?)\b/
const days =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day$|^(?:January|February|March|April|May|June|July|August|September|October|November|December)$/

const formats: Readonly<Record<string, RegExp>> = {
  email: /[\w.+-]+@[\w-]+\.[\w.]*\w/g,
  uri: /https?:\/\/[^\s"'<>)]*[^\s"'<>).,;!?]/g,
  date: /\b\d{4}-\d{2}-\d{2}\b(?!T)/g,
  'date-time': /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})/g,
  uuid: /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi,
}

/** `getWeather` and `get_weather` as the words they are made of, in lower case. */
export const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** Capitalised words that do not merely begin a sentence; neighbours are one name. */
const namesIn = (text: string): readonly string[] =>
  firstName(text).concat(
    [...text.matchAll(/(?<![.!?:]\s+|^\s*|["'\p{L}])\p{Lu}[\p{L}\p{M}'’-]+(?: \p{Lu}[\p{L}\p{M}'’-]+)*/gu)].map(
      ([name]) => name.replace(/['’]s$/, ''),
    ),
  )

/** A sentence may begin with a name; what is often there is none. */
function firstName(text: string): string[] {
  const first = /^\s*(\p{Lu}[\p{L}\p{M}'’-]+)(?= (?:and|is|was|has|lives|likes)\b)/u.exec(text)?.[1]
  return first === undefined || /^(?:This|That|It|He|She|There|Who|What|Where|How|When)$/.test(first) ? [] : [first]
}

const expressionIn = (text: string): string | undefined =>
  text.match(/[\d.(][\d.\s+*/^()x×÷-]*[\d)]/g)?.toSorted((one, other) => other.length - one.length)[0]

/** Gives each value out once, in order. */
function takerOf<Value>(values: readonly Value[]): (isWanted: (value: Value) => boolean) => Value | undefined {
  const left = [...values]
  return (isWanted) => {
    const at = left.findIndex(isWanted)
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
}
