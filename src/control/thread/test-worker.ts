/** For tests: a control thread that does what its path says. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { askMain } from './ask-main.ts'
import { inBatches } from './in-batches.ts'
import type { ToControl, ToMain } from './messages.ts'
import { serveRequests } from './serve-requests.ts'

failFirst(workerData as { dataDir: string })

const port = inBatches<ToMain, ToControl>(parentPort!)
const main = askMain(port)
const encoder = new TextEncoder()
const counts = { pulled: 0, cancelled: 0, aborted: 0, looped: 0 }

/** Where its data folder has a file that says so, it fails at its start, once for each letter there. */
function failFirst({ dataDir }: { readonly dataDir: string }): void {
  const path = join(dataDir, 'failures')
  const left = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (left === '') return
  writeFileSync(path, left.slice(1))
  throw new Error('this thread does not start')
}

/** Of 64 KiB each, without an end. */
const endless = (): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull(controller) {
        counts.pulled += 1
        controller.enqueue(new Uint8Array(65_536))
      },
      cancel: () => void (counts.cancelled += 1),
    },
    { highWaterMark: 0 },
  )

const breaking = (): ReadableStream<Uint8Array> => {
  const pieces = ['one', 'two']
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift()
      if (piece === undefined) throw new Error('out of pieces')
      controller.enqueue(encoder.encode(piece))
    },
  })
}

const events = (body: ReadableStream<Uint8Array>): Response =>
  new Response(body, { headers: { 'content-type': 'text/event-stream' } })

serveRequests(
  port,
  async (request) => {
    const { pathname, href } = new URL(request.url)
    switch (pathname) {
      case '/api/echo':
        return Response.json(
          { href, method: request.method, headers: Object.fromEntries(request.headers), body: await request.text() },
          {
            status: 201,
            headers: [
              ['set-cookie', 'a=1'],
              ['set-cookie', 'b=2'],
            ],
          },
        )
      case '/api/endless':
        return events(endless())
      case '/api/breaking':
        return events(breaking())
      case '/api/counts':
        return Response.json(counts)
      case '/api/admin-call': {
        const actor = { kind: 'person', id: 'per_1', name: 'Ann' } as const
        return Response.json(await main.admin({ method: 'GET', path: '/organizations', actor }))
      }
      case '/api/ship':
        await main.ship()
        return Response.json({})
      case '/api/rejections':
        return Response.json(await main.rejections())
      case '/api/never':
        request.signal.addEventListener('abort', () => (counts.aborted += 1))
        return new Promise<Response>(() => undefined)
      case '/api/loop':
        for (;;) counts.looped += 1
      case '/api/exit':
        return process.exit(7)
      case '/api/settings':
        return Response.json(workerData)
      default:
        throw new Error('this page fails')
    }
  },
  () => undefined,
)
port.postMessage({ kind: 'ready' })
