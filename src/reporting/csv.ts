/** Tables as CSV (RFC 4180), for spreadsheets. */

export type Cell = string | number | boolean | null

/** One line, with its end. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(cellText).join(',')}\r\n`

const needsQuotes = /[",\r\n]/
/** What spreadsheets would work out; our own numbers below zero are numbers. */
const formulaLike = /^[=+\-@\t\r]/
const isNumber = /^-?\d+(?:\.\d+)?$/

/** Somebody's words never become a formula: they are given a quote in front. */
function cellText(cell: Cell): string {
  if (cell === null) return ''
  const text = String(cell)
  const safe = formulaLike.test(text) && !isNumber.test(text) ? `'${text}` : text
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
