/** OpenAI's refusals: `{"error":{message,type,param,code}}`, all four always there. */
import type { z } from 'zod'
import type { Directives } from '../directives.ts'
import { refuseOnDemand, refuseVirtualKeys, sandboxCredential, type Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Headers, type Reply } from '../reply.ts'
import { fieldRefusal } from './field-refusal.ts'

/** Runs an endpoint behind OpenAI's door: credential, simulated refusals, headers and envelope. Never rejects for a bad request. */
export async function serveOpenai(
  exchange: Exchange,
  endpoint: (exchange: Exchange) => Reply | Promise<Reply>,
): Promise<Reply> {
  try {
    refuseVirtualKeys(exchange)
    refuseStrangers(exchange)
    refuseOnDemand(exchange.directives)
    const reply = await endpoint(exchange)
    return { ...reply, headers: { ...reply.headers, ...openaiHeaders(exchange) } }
  } catch (error) {
    if (error instanceof Refusal) return openaiRefusal(exchange, error)
    throw error
  }
}

/** A refusal in OpenAI's envelope. */
export function openaiRefusal(exchange: Exchange, { status, message, detail }: Refusal): Reply {
  const known = kinds[status] ?? { type: status >= 500 ? 'server_error' : 'invalid_request_error', code: null }
  const retryAfter: Headers =
    detail.retryAfterSeconds === undefined ? {} : { 'retry-after': String(detail.retryAfterSeconds) }
  const code = detail.code === undefined ? known.code : detail.code
  const type = detail.type ?? (code === 'insufficient_quota' ? 'insufficient_quota' : known.type)
  return freeJson({ error: { message, type, param: detail.param ?? null, code } }, status, {
    ...retryAfter,
    ...openaiHeaders(exchange),
  })
}

const kinds: Readonly<Record<number, { readonly type: string; readonly code: string | null }>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { type: 'invalid_request_error', code: 'unsupported_country_region_territory' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
  503: { type: 'service_unavailable_error', code: null },
}

const openaiHeaders = ({ id, at }: Exchange): Headers => ({
  'x-request-id': id,
  'openai-processing-ms': String(Date.now() - at),
  'openai-version': '2020-10-01',
  'openai-organization': 'sandbox',
})

function refuseStrangers({ headers }: Exchange): void {
  const authorization = headers.authorization
  if (!authorization)
    throw new Refusal(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
      { code: null },
    )
  if (authorization !== `Bearer ${sandboxCredential}`)
    throw new Refusal(401, 'Incorrect API key provided. The sandbox takes its own provider credential only.')
}

/** OpenAI's words for a prompt that its policy does not allow. */
export function refuseBlocked({ blocked }: Directives): void {
  if (blocked)
    throw new Refusal(
      400,
      'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
      { code: 'content_policy_violation' },
    )
}

/** The body as `schema` has it, or a 400 that names the field, as OpenAI words it. */
export const parseOpenai = <Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> =>
  parseMembers(schema, jsonOf(body))

/** The members of a call as `schema` has them, or a 400 that names the field. */
export function parseMembers<Schema extends z.ZodType>(schema: Schema, members: unknown): z.output<Schema> {
  const parsed = schema.safeParse(members, { reportInput: true })
  if (parsed.success) return parsed.data
  throw fieldRefusal(parsed.error.issues[0]!)
}

/** The body as JSON, or OpenAI's 400. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(
      400,
      'We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.',
    )
  }
}
