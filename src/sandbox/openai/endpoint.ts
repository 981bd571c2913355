/** An endpoint behind `/v1`, which the plain paths and the poses have alike; `path` is a pattern. */
import type { Exchange } from '../exchange.ts'
import type { Reply } from '../reply.ts'

export type EndpointRoute = readonly [
  method: string,
  path: string,
  endpoint: (exchange: Exchange, ...captured: string[]) => Reply | Promise<Reply>,
]
