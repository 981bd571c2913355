/** What somebody who mistyped a name may have meant. */

const namesMax = 3

/** The names that are most like `name`, best first. */
export const closestNames = (name: string, known: readonly string[]): readonly string[] =>
  known
    .map((each) => ({ each, edits: editsBetween(name.toLowerCase(), each.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
    .slice(0, namesMax)
    .map(({ each }) => each)

/** Letters to insert, delete or replace until one is the other (Levenshtein), a row of the table at a time. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1]
    for (let at = 0; at < to.length; at += 1)
      next.push(Math.min(next[at]! + 1, row[at + 1]! + 1, row[at]! + (to[at] === from[index] ? 0 : 1)))
    row = next
  }
  return row[to.length]!
}

/** The one name that was probably meant: a letter in three may differ, or one may be the beginning of the other. null when none is near. */
export function closestName(name: string, known: readonly string[]): string | null {
  const [nearest] = closestNames(name, known)
  if (nearest !== undefined && editsBetween(name.toLowerCase(), nearest.toLowerCase()) <= Math.ceil(name.length / 3))
    return nearest
  return (
    known.find((each) => (each.length > 2 && name.startsWith(each)) || (name.length > 2 && each.startsWith(name))) ??
    null
  )
}
