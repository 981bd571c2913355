/** Server-sent events of values, one for each, as JSON. */

const encoder = new TextEncoder()

/** An answer of events, pulled one at a time; when its reader leaves, `values` is returned from. */
export function eventStream(values: AsyncGenerator): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await values.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`))
      },
      cancel: async () => void (await values.return(undefined)),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } })
}
