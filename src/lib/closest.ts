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

/** Longer ones are nobody's slip of the hand, and would cost more to compare. */
const nearCharsMax = 64
/** Of fewer letters, too much begins with them. */
const beginningCharsMin = 4

/**
 * The names that were probably meant, best first, at most three: case, spaces and marks do not count, nor what stands
 * before a slash; of the rest a letter in four may differ, or one may be the beginning of the other.
 */
export function namesNear(name: string, known: readonly string[]): readonly string[] {
  const meant = lettersOf(name)
  if (meant === '' || name.length > nearCharsMax) return []
  const editsMax = Math.max(1, Math.floor(meant.length / 4))
  const near = known
    .map((each) => ({ each, edits: editsWithin(editsMax, meant, lettersOf(each)) }))
    .filter(({ edits }) => edits < Infinity)
    .toSorted((a, b) => a.edits - b.edits)
  const isSame = near[0]?.edits === 0
  return near
    .filter(({ edits }) => !isSame || edits === 0)
    .slice(0, namesMax)
    .map(({ each }) => each)
}

const lettersOf = (name: string): string =>
  name
    .slice(name.trimEnd().replace(/\/+$/, '').lastIndexOf('/') + 1)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')

/** Infinity where there are more; where one is the beginning of the other they come behind all that are within. */
function editsWithin(editsMax: number, from: string, to: string): number {
  const [short, long] = from.length < to.length ? [from, to] : [to, from]
  const edits = long.length - short.length > editsMax ? Infinity : editsBetween(from, to)
  if (edits <= editsMax) return edits
  return short.length >= beginningCharsMin && long.startsWith(short) ? editsMax + 1 : Infinity
}
