/** Pieces that wait are read as one up to this size. */
const pieceBytesMax = 64 * 1024

/**
 * Takes what waits off its front, in one piece: whoever reads passes each on by itself, and a send for each of a
 * thousand records costs more than they do.
 */
export function takeNext(waiting: Uint8Array[]): Uint8Array {
  let bytes = waiting[0]!.length
  let many = 1
  while (many < waiting.length && bytes + waiting[many]!.length <= pieceBytesMax) bytes += waiting[many++]!.length
  if (many === 1) return waiting.shift()!
  return Buffer.concat(waiting.splice(0, many), bytes)
}
