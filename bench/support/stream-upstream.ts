/** An upstream that streams numbered chunks, a few milliseconds apart, with usage when asked. */
const chunks = Number(process.env['CHUNKS'])
const pauseMs = 5
const encoder = new TextEncoder()
const chunk = (fields: string): string =>
  `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1763800000,"model":"gpt-5.4-2026-03-05","service_tier":"default",${fields}}\n\n`
const usage = { prompt_tokens: 20, completion_tokens: chunks, total_tokens: 20 + chunks }

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  idleTimeout: 255,
  async fetch(request) {
    if (request.method === 'GET') return new Response('up')
    const nulls = (await request.text()).includes('"include_usage":true') ? ',"usage":null' : ''
    let sent = 0
    const body = new ReadableStream({
      async pull(controller) {
        if (sent < chunks) {
          controller.enqueue(
            encoder.encode(
              chunk(
                `"choices":[{"index":0,"delta":{"content":"${sent} "},"logprobs":null,"finish_reason":null}]${nulls}`,
              ),
            ),
          )
          sent += 1
          await Bun.sleep(pauseMs)
          return
        }
        if (nulls !== '') controller.enqueue(encoder.encode(chunk(`"choices":[],"usage":${JSON.stringify(usage)}`)))
        controller.enqueue(encoder.encode('data: [DONE]\n\n'))
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
})
