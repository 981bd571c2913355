/** An upstream that serves any model under any path, in both dialects, with figures that are always the same, and keeps what it was asked. */

export type Asked = {
  readonly path: string
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}
export type AnyUpstream = {
  readonly url: string
  readonly asked: readonly Asked[]
  /** What it says that it is, in every answer. */
  echo: string
  readonly stop: () => Promise<void>
}

export const inputTokens = 1_000
export const outputTokens = 100
const usage = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
const usageMetadata = {
  promptTokenCount: inputTokens,
  candidatesTokenCount: outputTokens,
  totalTokenCount: inputTokens + outputTokens,
}

export function startAnyUpstream(): AnyUpstream {
  const asked: Asked[] = []
  const upstream = { echo: 'whatever' }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const body = (await request.json()) as Asked['body']
      asked.push({ path: pathname + search, headers: request.headers, body })
      return answerTo(pathname, body, upstream.echo)
    },
  })
  return Object.assign(upstream, { url: `http://127.0.0.1:${server.port}`, asked, stop: () => server.stop(true) })
}

function answerTo(path: string, body: Asked['body'], model: string): Response {
  if (path.endsWith('/chat/completions'))
    return body['stream'] === true ? chatStream(model) : Response.json(chat(model))
  if (path.endsWith('/responses')) return Response.json(response(model))
  if (path.endsWith('/responses/input_tokens'))
    return Response.json({ object: 'response.input_tokens', input_tokens: inputTokens })
  if (path.endsWith('/embeddings'))
    return Response.json({
      object: 'list',
      model,
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
      usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    })
  if (path.endsWith(':countTokens')) return Response.json({ totalTokens: inputTokens })
  if (path.endsWith(':generateContent')) return Response.json(generation(model))
  if (path.endsWith(':streamGenerateContent')) return stream(`data: ${JSON.stringify(generation(model))}\r\n\r\n`)
  return Response.json({ error: { message: `nothing is at ${path}`, code: 404 } }, { status: 404 })
}

const response = (model: string) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model,
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'hello', annotations: [] }],
    },
  ],
  usage: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
})

const chat = (model: string) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model,
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage,
})

function chatStream(model: string): Response {
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model }
  const records = [
    { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'hi' }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...chunk, choices: [], usage },
  ]
  return stream(`${records.map((record) => `data: ${JSON.stringify(record)}\n\n`).join('')}data: [DONE]\n\n`)
}

const generation = (modelVersion: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'hi' }] }, finishReason: 'STOP' }],
  usageMetadata,
  modelVersion,
})

const stream = (text: string): Response => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
