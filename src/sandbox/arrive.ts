/** A request that arrives, read into what the endpoints see. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { directivesOf } from './directives.ts'
import { sandboxCredential, type Exchange } from './exchange.ts'
import type { Form, Forms } from './form.ts'
import { Refusal } from './refusal.ts'

/** What all requests share. */
export type Shared = Pick<Exchange, 'count' | 'files' | 'videos' | 'accounts' | 'promptCache' | 'shelves' | 'jobs'> & {
  readonly forms: Forms
}
export type Arrival = { readonly exchange: Exchange; readonly refused: Refusal | null }

/** Reads a request. A body that is no good one, or is too large, is `refused`. */
export async function arrive(request: IncomingMessage, { forms, ...shared }: Shared): Promise<Arrival> {
  const url = new URL(request.url ?? '/', 'http://sandbox')
  const { body, form, refused } = await bodyOf(request, forms, ownerOf(url))
  const exchange: Exchange = {
    ...shared,
    url,
    headers: request.headers,
    body,
    form,
    directives: {},
    cacheOwner: sandboxCredential,
    isPosing: false,
    origin: null,
    dress: null,
    id: `req_${randomBytes(16).toString('hex')}`,
    at: Date.now(),
  }
  return refused ? { exchange, refused } : withDirectives(exchange)
}

/** Whose room a large body takes. */
const ownerOf = ({ pathname }: URL): string => /^\/as\/([^/]+\/[^/]+)\//.exec(pathname)?.[1] ?? sandboxCredential

type Body = { readonly body: string; readonly form: Form | null; readonly refused: Refusal | null }

async function bodyOf(request: IncomingMessage, forms: Forms, owner: string): Promise<Body> {
  try {
    const form = await forms.read(request, owner)
    const body = form ? form.fields.map(([, value]) => value).join('\n') : await textOf(request)
    return { body, form, refused: null }
  } catch (error) {
    if (error instanceof Refusal) return { body: '', form: null, refused: error }
    throw error
  }
}

function withDirectives(exchange: Exchange): Arrival {
  try {
    const directives = directivesOf(exchange.body, exchange.headers['x-sandbox']?.toString())
    return { exchange: { ...exchange, directives }, refused: null }
  } catch (error) {
    if (error instanceof Refusal) return { exchange, refused: error }
    throw error
  }
}

const requestBytesMax = 128 * 1024 * 1024

async function textOf(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET') return ''
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= requestBytesMax) chunks.push(chunk)
  }
  if (bytes > requestBytesMax) throw new Refusal(413, 'The request body is too large.')
  return Buffer.concat(chunks).toString('utf8')
}
