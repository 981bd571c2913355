/** A fast 32-bit hash of a text, the same in every process. Not for secrets: collisions are easy to make. */
export const textHash = (text: string): number => Bun.hash.xxHash32(text)

/** Mixes two 32-bit hashes into one, evenly spread (the finaliser of MurmurHash3). */
export function mixedHash(one: number, two: number): number {
  let mixed = one ^ Math.imul(two, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
