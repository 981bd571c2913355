/** What a header's line may be, between two line ends, as a pattern: a name, a colon at once, and no character that could end it. */
export const headerLinePattern = "[\\w!#$%&'*+.^`|~-]+:[\\t\\x20-\\x7e\\x80-\\xff]*"

/** The headers of a message as they came, read where they stand. */
export class HeaderText {
  readonly #text: string
  readonly #lower: string

  /** `text`: a head without the empty line that ends it. */
  constructor(text: string) {
    this.#text = text
    this.#lower = text.toLowerCase()
  }

  /** A header by its name in lower case; several are joined by `, `; null when there is none. */
  get(name: string): string | null {
    const line = lineBeginning(name)
    let found: string | null = null
    for (let at = this.#lower.indexOf(line); at !== -1; at = this.#lower.indexOf(line, at + 1)) {
      const start = at + line.length
      const end = this.#text.indexOf('\r\n', start)
      const value = trimmed(this.#text, start, end === -1 ? this.#text.length : end)
      found = found === null ? value : `${found}, ${value}`
    }
    return found
  }

  /** Every header as it stands there, by its name in lower case. */
  *entries(): Generator<readonly [name: string, value: string], void> {
    for (let at = this.#text.indexOf('\r\n'); at !== -1; at = this.#text.indexOf('\r\n', at + 1)) {
      const colon = this.#text.indexOf(':', at)
      const end = this.#text.indexOf('\r\n', colon)
      const value = trimmed(this.#text, colon + 1, end === -1 ? this.#text.length : end)
      yield [this.#lower.slice(at + 2, colon), value]
    }
  }
}

const lineBeginnings = new Map<string, string>()
/** How the line of a header begins. Kept, because the names that are asked for are few and asked for in every message. */
function lineBeginning(name: string): string {
  const known = lineBeginnings.get(name)
  if (known !== undefined) return known
  const line = `\r\n${name}:`
  if (lineBeginnings.size < lineBeginningsMany) lineBeginnings.set(name, line)
  return line
}
const lineBeginningsMany = 1_000

/** Without the blanks around it: of all that JavaScript trims, only these two are blanks here. */
function trimmed(text: string, from: number, until: number): string {
  let start = from
  let end = until
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++
  while (start < end && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  return text.slice(start, end)
}
