/** Tables as CSV (RFC 4180), for spreadsheets. */

export type Cell = string | number | boolean | null

/** One line, with its end. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(cellText).join(',')}\r\n`

const needsQuotes = /[",\r\n]/
/**
 * What spreadsheets would work out, full-width signs included; our own numbers below zero are numbers. Where a comma
 * separates decimals, they take a semicolon for the end of a cell, so what follows one begins another.
 */
const formulaLike = /((?:^|[;\t\r\n])["' ]{0,9})(?=[=+\-@＝＋－＠\t\r\n])/g
const isNumber = /^-?\d+(?:\.\d+)?$/

/** Somebody's words never become a formula: they are given a quote in front. */
function cellText(cell: Cell): string {
  if (cell === null) return ''
  const text = String(cell)
  const safe = isNumber.test(text) ? text : text.replaceAll(formulaLike, "$1'")
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
