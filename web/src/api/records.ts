/** Reading the records of an event stream, as the gateway's answers come. */

/** The data of each record, as it comes; what is no data, such as a heartbeat, is passed over. Ends with the stream, or at `[DONE]`. */
export async function* recordsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  let isOver = false
  for await (const text of textsOf(body)) {
    const records = (rest + text).split(/\r?\n\r?\n/)
    rest = records.pop()!
    for (const record of records) {
      const data = dataOf(record)
      // The stream's own end is read as well: to break it off would be a call that failed.
      isOver ||= data === '[DONE]'
      if (data !== null && !isOver) yield data
    }
  }
  const last = dataOf(rest)
  if (last !== null && last !== '[DONE]' && !isOver) yield last
}

/** Not by `for await` on the stream itself, which Safari has not. */
async function* textsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function dataOf(record: string): string | null {
  const lines = record.split(/\r?\n/).filter((line) => line.startsWith('data:'))
  return lines.length === 0 ? null : lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n')
}
