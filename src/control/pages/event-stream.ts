/** Server-sent events of values, one for each, as JSON. */

const encoder = new TextEncoder()
/** Proxies close what is silent for a minute; a comment is no event. */
const heartbeatMs = 15_000
const heartbeat = encoder.encode(': still here\n\n')

/**
 * An answer of events. A value is asked for when the reader has taken the one before, so that a slow reader keeps none
 * waiting; when it leaves, `values` is returned from.
 */
export function eventStream(values: AsyncGenerator, { everyMs = heartbeatMs } = {}): Response {
  let next: Promise<IteratorResult<unknown, unknown>> | null = null
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= values.next()
        const came = await within(next, everyMs)
        if (came === null) return controller.enqueue(heartbeat)
        next = null
        if (came.done) controller.close()
        else controller.enqueue(eventOf(came.value))
      },
      async cancel() {
        await values.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } })
}

/** What many are told is written once. */
const written = new WeakMap<object, Uint8Array>()

function eventOf(value: unknown): Uint8Array {
  const isShared = typeof value === 'object' && value !== null
  const known = isShared ? written.get(value) : undefined
  if (known) return known
  const event = encoder.encode(`data: ${JSON.stringify(value)}\n\n`)
  if (isShared) written.set(value, event)
  return event
}

/** What came; null where nothing did in time. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<null>((resolve) => (timer = setTimeout(resolve, ms, null)))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
