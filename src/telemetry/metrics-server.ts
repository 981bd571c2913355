/** Serves the metrics on a port of their own, so that they are never on the address that clients reach. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '../lib/log.ts'
import type { Metrics } from './metrics.ts'

export type MetricsServer = {
  readonly port: number
  /** Stops listening and closes what is open. */
  readonly stop: () => Promise<void>
}

export type MetricsServerOptions = {
  /** 0 for any that is free. */
  readonly port: number
  readonly host: string
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
  readonly log: Log
}

const requestMsMax = 10_000
const connectionsMax = 64

/** Listens; rejects when the address cannot be had. */
export async function startMetricsServer({ port, host, metrics, log }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: requestMsMax, headersTimeout: requestMsMax }, (request, response) => {
    void answer(request, response, metrics).catch((error: unknown) => {
      log.error({ event: 'metrics-failed', error })
      if (!response.headersSent) response.writeHead(500, plainText)
      response.end('The metrics could not be read.\n')
    })
  })
  server.maxConnections = connectionsMax
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      const words = `metrics: host ${host} and port ${port} cannot be listened on (${cause.code ?? cause.message})`
      reject(new Error(`${words}; allowed: an address of this machine and a free port`, { cause }))
    }
    server.once('error', refuse)
    server.listen(port, host, () => {
      server.off('error', refuse)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const plainText = { 'content-type': 'text/plain; charset=utf-8' } as const

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  metrics: MetricsServerOptions['metrics'],
): Promise<void> {
  if (method !== 'GET' || url?.split('?', 1)[0] !== '/metrics') {
    response.writeHead(404, plainText).end('There is only GET /metrics here.\n')
    return
  }
  const text = await metrics.text()
  response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
}
