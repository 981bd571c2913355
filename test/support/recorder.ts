/**
 * A transparent recorder between an SDK and the server: bytes and aborts pass, and every exchange leaves
 * its request id, so that a test can audit what an unmodified program was charged.
 */
export type Exchange = {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly requestId: string | null
  readonly headers: Headers
}

export type Recorder = {
  readonly url: string
  readonly exchanges: readonly Exchange[]
  readonly stop: () => Promise<void>
}

/** Said once by the side that ends a connection; neither belongs to the other one. */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'host']
const idleSecondsMax = 120

export function startRecorder(target: string): Recorder {
  const exchanges: Exchange[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: idleSecondsMax,
    maxRequestBodySize: 256 * 1024 * 1024,
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const body = request.method === 'GET' || request.method === 'HEAD' ? null : await request.arrayBuffer()
      const response = await fetch(`${target}${pathname}${search}`, {
        method: request.method,
        headers: without(request.headers, hopByHop),
        body,
        signal: request.signal,
        redirect: 'manual',
        decompress: false,
      })
      const { status, headers } = response
      exchanges.push({
        method: request.method,
        path: pathname,
        status,
        requestId: headers.get('x-request-id'),
        headers,
      })
      return new Response(response.body, { status, headers: without(headers, hopByHop) })
    },
    error: (error) => new Response(`the recorder could not reach the server: ${error.message}`, { status: 502 }),
  })
  return { url: `http://127.0.0.1:${server.port}`, exchanges, stop: () => server.stop(true) }
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers)
  for (const name of names) kept.delete(name)
  return kept
}
