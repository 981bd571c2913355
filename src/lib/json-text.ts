/**
 * JSON as text: finding where the members of one object stand, and changing them in place.
 * What is not named stays as it was sent, byte for byte: order, spacing, numbers that no double
 * can hold. For text that `JSON.parse` has accepted every step is a plain skip; any other text ends it early.
 */

/** Where a member's value stands in the text, `[start, end)`, and where the member itself begins. */
export type Member = { readonly key: string; readonly keyStart: number; readonly start: number; readonly end: number }

/** The members of the object that begins at or after `from`, in the order they were written; duplicates included. */
export function membersOf(text: string, from = 0): Member[] {
  const members: Member[] = []
  let at = skipSpace(text, text.indexOf('{', from) + 1)
  while (text[at] === '"') {
    const keyStart = at
    const keyEnd = skipString(text, at)
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = skipValue(text, start)
    members.push({ key: unquoted(text, keyStart, keyEnd), keyStart, start, end })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return members
}

/** How many members the outermost object has, duplicates included. Counted without a look at them, in half the time. */
export function membersMany(text: string): number {
  let many = 0
  let at = skipSpace(text, text.indexOf('{') + 1)
  while (text[at] === '"') {
    const start = skipSpace(text, skipSpace(text, skipString(text, at)) + 1)
    at = skipSpace(text, skipValue(text, start))
    if (text[at] === ',') at = skipSpace(text, at + 1)
    many += 1
  }
  return many
}

/** The first key that is written twice among `members`, of those in `keys`; null when each stands once. `nameOf` tells which spellings are one key. */
export function duplicateKey(
  members: readonly Member[],
  keys: ReadonlySet<string>,
  nameOf = (key: string): string => key,
): string | null {
  // Few, however many members there are: of each name one at most.
  const seen: string[] = []
  for (const { key } of members) {
    const name = nameOf(key)
    if (!keys.has(name)) continue
    if (seen.includes(name)) return key
    seen.push(name)
  }
  return null
}

/** The first key among `keys` that stands twice in one object of a text, however deep; null when there is none. */
export function repeatedKey(text: string, keys: ReadonlySet<string>): string | null {
  /** Which of them each open object has so far; null for a list. */
  const open: (string[] | null)[] = []
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === codes.brace) open.push([])
    else if (code === codes.bracket) open.push(null)
    else if (code === codes.braceEnd || code === codes.bracketEnd) open.pop()
    if (code !== codes.quote) continue
    const end = skipString(text, at)
    const seen = open.at(-1)
    if (seen && text[skipSpace(text, end)] === ':') {
      const key = unquoted(text, at, end)
      if (seen.includes(key)) return key
      if (keys.has(key)) seen.push(key)
    }
    at = end - 1
  }
  return null
}

/** The values of some members, parsed; the rest of the object, however large, is only skipped. Throws when the text is not one whole object. */
export const memberValues = (text: string, keys: readonly string[]): Readonly<Record<string, unknown>> =>
  valuesOf(text, wholeObject(text), keys)

/** The members of a text that is one object and nothing else; throws when it is not. */
export function wholeObject(text: string): readonly Member[] {
  const members = membersOf(text)
  const end = skipSpace(text, members.at(-1)?.end ?? text.indexOf('{') + 1)
  if (text[skipSpace(text, 0)] !== '{' || text[end] !== '}' || skipSpace(text, end + 1) !== text.length)
    throw new Error('the text is not one whole JSON object')
  return members
}

/** The values of those of an object's members that are named, parsed. */
export function valuesOf(
  text: string,
  members: readonly Member[],
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  const named = members.filter(({ key }) => keys.includes(key))
  return Object.fromEntries(named.map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end)) as unknown]))
}

/** Whether a member is a list that begins with an object; its elements, however large, are not read. */
export function isListOfObjects(text: string, members: readonly Member[], key: string): boolean {
  const member = members.findLast((candidate) => candidate.key === key)
  return member !== undefined && text[member.start] === '[' && text[skipSpace(text, member.start + 1)] === '{'
}

/**
 * Sets a member to a JSON value, given by its path from the outermost object; missing objects on
 * the way are made. Everything else stays as it was. When a key stands twice, the last counts.
 */
export function withMember(text: string, path: readonly string[], value: unknown, from = 0): string {
  const [key, ...rest] = path
  const member = membersOf(text, from).findLast((candidate) => candidate.key === key)
  if (member && rest.length > 0 && text[member.start] === '{') return withMember(text, rest, value, member.start)
  const nested = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
  return edited(text, [member ? replacement(member, nested) : insertion(text, key!, nested, from)])
}

/** A change of `[start, end)` of a text to another text. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** The text with all edits made in one pass, however many; none may overlap another. */
export function edited(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text
  const pieces: string[] = []
  let at = 0
  for (const edit of edits.toSorted((one, other) => one.start - other.start)) {
    pieces.push(text.slice(at, edit.start), edit.text)
    at = edit.end
  }
  return pieces.join('') + text.slice(at)
}

/** The edit that gives a member another value. */
export const replacement = ({ start, end }: Member, value: unknown): Edit => ({
  start,
  end,
  text: JSON.stringify(value),
})

/** The edit that writes a further member, in front of the others, into the object that begins at or after `from`. */
export function insertion(text: string, key: string, value: unknown, from = 0): Edit {
  const at = text.indexOf('{', from) + 1
  const isEmpty = text[skipSpace(text, at)] === '}'
  return { start: at, end: at, text: `${JSON.stringify(key)}:${JSON.stringify(value)}${isEmpty ? '' : ','}` }
}

/** The edits that take out every member whose key is `isOut`, each with one comma, of the object that begins at or after `from`. */
export function removals(text: string, isOut: (key: string) => boolean, from = 0): Edit[] {
  const members = membersOf(text, from)
  const lastKept = members.findLastIndex(({ key }) => !isOut(key))
  return members.flatMap(({ key, keyStart, end }, index): Edit[] => {
    if (!isOut(key)) return []
    // The comma behind a member goes with it; behind the last one that stays, it is the one in front.
    return index < lastKept
      ? [{ start: keyStart, end: members[index + 1]!.keyStart, text: '' }]
      : [{ start: members[index - 1]?.end ?? keyStart, end, text: '' }]
  })
}

/** Where the elements of the array that begins at `start` begin. */
export function elementsOf(text: string, start: number): number[] {
  const starts: number[] = []
  let at = skipSpace(text, start + 1)
  while (at < text.length && text[at] !== ']') {
    starts.push(at)
    at = skipSpace(text, skipValue(text, at))
    if (text[at] !== ',') break
    at = skipSpace(text, at + 1)
  }
  return starts
}

function unquoted(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1)
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw
}

/** A long prompt is walked by codes: a character of its own for each would take half as long again. */
const codes = {
  quote: 0x22,
  comma: 0x2c,
  backslash: 0x5c,
  bracket: 0x5b,
  bracketEnd: 0x5d,
  brace: 0x7b,
  braceEnd: 0x7d,
} as const

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at += 1
  return at
}

/** From an opening quote to just behind the closing one. `indexOf` keeps megabytes of image data cheap. */
function skipString(text: string, from: number): number {
  let at = text.indexOf('"', from + 1)
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at === -1 ? text.length : at + 1
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(quote - 1 - backslashes) === codes.backslash) backslashes += 1
  return backslashes % 2 === 1
}

function skipValue(text: string, from: number): number {
  if (text[from] === '"') return skipString(text, from)
  if (text[from] === '{' || text[from] === '[') return skipNested(text, from)
  let at = from
  while (at < text.length && !endsNumber(text.charCodeAt(at))) at += 1
  return at
}

/** Whether it stands behind a number or a word, of which it is no part. */
const endsNumber = (code: number): boolean =>
  code === codes.comma || code === codes.braceEnd || code === codes.bracketEnd || isSpace(code)

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

function skipNested(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === codes.quote) at = skipString(text, at) - 1
    else if (code === codes.brace || code === codes.bracket) depth += 1
    else if (code === codes.braceEnd || code === codes.bracketEnd) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return text.length
}
