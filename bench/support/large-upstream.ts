/** An upstream for large bodies: reads whatever comes and answers at once, with as many bytes as the URL or the prompt says. */
const chatUsage = { prompt_tokens: 20, completion_tokens: 20, total_tokens: 40 }
const imageUsage = { input_tokens: 100, output_tokens: 196, total_tokens: 296 }
const piece = new Uint8Array(256 * 1024)

const chatOf = (bytes: number): object => ({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_763_800_000,
  model: 'gpt-5.4-2026-03-05',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x'.repeat(bytes) }, finish_reason: 'stop' }],
  usage: chatUsage,
})
const picture = { created: 1, data: [{ b64_json: 'iVBO' }], usage: imageUsage }
const file = { id: 'file-bench', object: 'file', purpose: 'batch', filename: 'a.jsonl', bytes: 1, created_at: 1 }

async function readAway(request: Request): Promise<string> {
  let beginning = ''
  for await (const bytes of request.body ?? [])
    if (beginning.length < 200) beginning += new TextDecoder().decode((bytes as Uint8Array).subarray(0, 200))
  return beginning
}

function zeros(bytes: number): Response {
  let left = bytes
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const some = piece.subarray(0, Math.min(piece.length, left))
        if (some.length > 0) controller.enqueue(some.slice())
        left -= some.length
        if (left === 0) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'application/octet-stream' } })
}

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  idleTimeout: 255,
  maxRequestBodySize: 2 ** 31,
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname.endsWith('/content')) return zeros(Number(process.env['FILE_BYTES']))
    if (request.method === 'GET') return new Response('up')
    const beginning = await readAway(request)
    if (pathname.endsWith('/files')) return Response.json(file)
    if (pathname.endsWith('/edits')) return Response.json(picture)
    return Response.json(chatOf(Number(/answer (\d+)/.exec(beginning)?.[1] ?? 20)))
  },
})
