/** Beyond this an upstream's answer is taken for broken: four 4K images are about 100 MB. */
const answerBytesMax = 256 * 1024 * 1024

/** Reads a whole body of a length that any answer can have. `heard` is told of every piece where the length was not announced. */
export async function readWhole(upstream: Response, heard: () => void): Promise<Uint8Array> {
  const announced = upstream.headers.get('content-length')
  if (Number(announced ?? 0) > answerBytesMax) throw new Error('the answer is larger than any answer can be')
  if (announced !== null) return upstream.bytes()
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of upstream.body ?? []) {
    heard()
    length += piece.length
    if (length > answerBytesMax) throw new Error('the answer is larger than any answer can be')
    pieces.push(piece)
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}
