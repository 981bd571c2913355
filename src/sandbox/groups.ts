/** How a vendor cuts an answer into the chunks of a stream. */
import { textOf } from './choice.ts'
import { randomFrom } from './hash.ts'
import type { Piece } from './tokens.ts'

export type Group = { readonly group: readonly Piece[]; readonly text: string; readonly tokens: number }

/** One to three tokens at a time; the same pieces are always cut alike. */
export function* groupsOf(pieces: readonly Piece[]): Generator<Group> {
  const random = randomFrom(pieces.length)
  for (let at = 0; at < pieces.length;) {
    const group = pieces.slice(at, at + 1 + Math.floor(random() * 3))
    at += group.length
    yield { group, text: textOf(group), tokens: group.reduce((sum, piece) => sum + piece.tokens, 0) }
  }
}
