/** Writing header lines. Most are the same in every message, so the last line of each name is kept. */

/** A token of RFC 9110, in lower case. */
const goodName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
/** In a value: what would end its line, or is no character of a head. */
const badInValue = /[^\t\x20-\x7e\x80-\xff]/

type Last = { readonly beginning: string; value: string; line: string }
/** What frames a message is for whoever sends it to say, and never twice. */
const framing = ['host', 'date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']
const framed: Last = { beginning: '', value: '', line: '' }
const lasts = new Map<string, Last>(framing.map((name) => [name, framed]))
/** Names are those of our own code, and of answers that were parsed. */
const lastsMany = 1_000

/** The line of a header; null for what would not be read as what it is, and empty for what frames a message. */
export function headerLine(name: string, value: string): string | null {
  const last = lasts.get(name)
  if (last === framed || last?.value === value) return last.line
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
