/** OpenAI's refusals: `{"error":{message,type,param,code}}`, all four always there. */
import type { z } from 'zod'
import { refuseOnDemand, refuseVirtualKeys, sandboxCredential, type Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Headers, type Reply } from '../reply.ts'

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

/** The body as `schema` has it, or a 400 that names the field, as OpenAI words it. */
export function parseOpenai<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> {
  const parsed = schema.safeParse(jsonOf(body), { reportInput: true })
  if (parsed.success) return parsed.data
  throw refusalOf(parsed.error.issues[0]!)
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(
      400,
      'We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.',
    )
  }
}

function refusalOf(issue: z.core.$ZodIssue): Refusal {
  const param = issue.path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
  const { message, code } = wordsFor(issue, param)
  return new Refusal(400, message, { param: param || null, code })
}

type Words = { readonly message: string; readonly code: string }

function wordsFor(issue: z.core.$ZodIssue, param: string): Words {
  if (issue.input === undefined && param)
    return { message: `Missing required parameter: '${param}'.`, code: 'missing_required_parameter' }
  if (issue.code === 'too_small') return wordsForSmall(issue, param)
  if (issue.code === 'too_big') return wordsForBig(issue, param)
  if (issue.code === 'invalid_value') {
    const supported = issue.values.map((value) => `'${String(value)}'`).join(', ')
    return {
      message: `Invalid value: '${String(issue.input)}'. Supported values are: ${supported}.`,
      code: 'invalid_value',
    }
  }
  const expected = 'expected' in issue ? String(issue.expected) : 'another type'
  return {
    message: `Invalid type for '${param}': expected ${expected}, but got ${kindOf(issue.input)} instead.`,
    code: 'invalid_type',
  }
}

const wordsForSmall = ({ origin, minimum, input }: z.core.$ZodIssueTooSmall, param: string): Words =>
  origin === 'array'
    ? {
        message: `Invalid '${param}': empty array. Expected an array with minimum length ${minimum}, but got an empty array instead.`,
        code: 'empty_array',
      }
    : {
        message: `Invalid '${param}': integer below minimum value. Expected a value >= ${minimum}, but got ${String(input)} instead.`,
        code: 'integer_below_min_value',
      }

const wordsForBig = ({ origin, maximum, input }: z.core.$ZodIssueTooBig, param: string): Words =>
  origin === 'array'
    ? {
        message: `Invalid '${param}': array too long. Expected an array with maximum length ${maximum}.`,
        code: 'array_above_max_length',
      }
    : {
        message: `Invalid '${param}': integer above maximum value. Expected a value <= ${maximum}, but got ${String(input)} instead.`,
        code: 'integer_above_max_value',
      }

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
