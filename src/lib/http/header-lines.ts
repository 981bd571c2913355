/** Writing header lines. Most are the same in every message, so the last line of each name is kept. */

/** A token of RFC 9110, in lower case. */
const goodName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
/** In a value: what would end its line, or is no character of a head. */
const badInValue = /[^\t\x20-\x7e\x80-\xff]/

type Last = { readonly beginning: string; value: string; line: string }
const lasts = new Map<string, Last>()
/** Names are those of our own code, and of answers that were parsed. */
const lastsMany = 1_000

/** The line of a header, or null for what would not be read as what it is. */
export function headerLine(name: string, value: string): string | null {
  const last = lasts.get(name)
  if (last?.value === value) return last.line
  if (badInValue.test(value)) return null
  if (last) {
    last.value = value
    return (last.line = `${last.beginning}${value}\r\n`)
  }
  if (!goodName.test(name)) return null
  const beginning = `${name}: `
  const line = `${beginning}${value}\r\n`
  if (lasts.size < lastsMany) lasts.set(name, { beginning, value, line })
  return line
}

/** The same for what can only be wrong by our own mistake. */
export function mustBeHeaderLine(name: string, value: string): string {
  const line = headerLine(name, value)
  // Not by `assert`: its words would be made for every header.
  if (line === null) throw new Error(`a header named ${JSON.stringify(name)} cannot be sent`)
  return line
}
