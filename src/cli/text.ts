/** Text for people: aligned tables, dates to the minute, figures in groups. */

/** A table with a heading; figures (right-aligned) are the columns named in `figures`. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  figures: readonly string[] = [],
): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)))
  const aligned = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        figures.includes(headings[column]!) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return [headings, ...rows].map(aligned).join('\n')
}

/** Names and values, one pair a line; pairs without a value are left out. */
export function facts(pairs: readonly (readonly [string, string | null])[]): string {
  const known = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null)
  const width = Math.max(...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** `2026-11-23 08:15Z`. */
export const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`

/** `1,234,567`. */
export const count = (figure: number): string => figure.toLocaleString('en-US')
/** `$25.00`. */
export const usd = (amount: string): string => (amount.startsWith('-') ? `-$${amount.slice(1)}` : `$${amount}`)
