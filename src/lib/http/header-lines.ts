/** Writing header lines. Most are the same in every message, so the last line of each name is kept. */

/** A token of RFC 9110, in lower case. */
const goodName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
/** In a value: what would end its line, or is no character of a head. */
const badInValue = /[^\t\x20-\x7e\x80-\xff]/

/** Whether a header may have this value. */
export const canBeSent = (value: string): boolean => !badInValue.test(value)

type Last = { readonly beginning: string; value: string; line: string }
/** Whoever sends a message says these of it, and never twice. */
const ofTheSender = ['host', 'date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']
const notForOthers: Last = { beginning: '', value: '', line: '' }
const lasts = new Map<string, Last>(ofTheSender.map((name) => [name, notForOthers]))
/** Names are those of our own code, and of answers that were parsed. */
const lastsMany = 1_000

/** The line of a header; null for what would not be read as what it is, and empty for what the sender says itself. */
export function headerLine(name: string, value: string): string | null {
  const last = lasts.get(name)
  if (last === notForOthers || last?.value === value) return last.line
  if (!canBeSent(value)) return null
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
