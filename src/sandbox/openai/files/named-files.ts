import type { Exchange } from '../../exchange.ts'
import { requiredFile } from './stored-files.ts'

/** Refuses, with OpenAI's 404, a call that names a file which its account does not have, wherever in it that stands. */
export function refuseUnknownFiles(exchange: Exchange, call: unknown): void {
  if (exchange.body.includes('"file_id"')) for (const id of fileIdsIn(call)) requiredFile(exchange, id)
}

function* fileIdsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value))
    if (key === 'file_id' && typeof inner === 'string') yield inner
    else yield* fileIdsIn(inner)
}
