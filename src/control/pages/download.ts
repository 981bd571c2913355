/** Files to keep: text that is made as it is read, so that a long one costs no memory and keeps nobody waiting. */

const encoder = new TextEncoder()
/** Small pieces are sent together. */
const pieceCharsMin = 32 * 1024

/** A table that a browser keeps as a file, under a name without its kind. */
export const csvFile = (name: string, lines: Texts): Response => file(`${name}.csv`, 'text/csv', lines)

/** A value that a browser keeps as a file. */
export const jsonFile = (name: string, value: unknown): Response =>
  jsonFileOf(name, [`${JSON.stringify(value, null, 2)}\n`])

/** The same, of text that is JSON. */
export const jsonFileOf = (name: string, texts: Texts): Response => file(`${name}.json`, 'application/json', texts)

type Texts = Iterable<string> | AsyncIterable<string>

const file = (name: string, type: string, texts: Texts): Response =>
  new Response(streamOf(texts), {
    headers: { 'content-type': `${type}; charset=utf-8`, 'content-disposition': `attachment; filename="${name}"` },
  })

/** Pulled a piece at a time; when its reader leaves, the texts are told. */
function streamOf(texts: Texts): ReadableStream<Uint8Array> {
  const source = piecesOf(texts)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      cancel: async () => void (await source.return(undefined)),
    },
    { highWaterMark: 0 },
  )
}

async function* piecesOf(texts: Texts): AsyncGenerator<string, undefined> {
  let piece = ''
  for await (const text of texts) {
    piece += text
    if (piece.length < pieceCharsMin) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
  return undefined
}
