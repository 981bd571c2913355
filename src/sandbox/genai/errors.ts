/** Google's refusals: `{"error":{code,message,status,details}}`, the code being the HTTP status. */
import { refuseOnDemand, refuseVirtualKeys, sandboxCredential, type Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Headers, type Reply } from '../reply.ts'

/** Runs an endpoint behind Google's door. A refused array stream gets its envelope in an array, as Google sends it. */
export async function serveGenai(
  exchange: Exchange,
  endpoint: (exchange: Exchange) => Reply | Promise<Reply>,
): Promise<Reply> {
  try {
    refuseVirtualKeys(exchange)
    refuseStrangers(exchange)
    refuseOnDemand(exchange.directives)
    const reply = await endpoint(exchange)
    return { ...reply, headers: { ...genaiHeaders(exchange), ...reply.headers } }
  } catch (error) {
    if (error instanceof Refusal) return genaiRefusal(exchange, error)
    throw error
  }
}

/** A refusal in Google's envelope. */
export function genaiRefusal({ url, at }: Exchange, refusal: Refusal, backend = aiStudio): Reply {
  const { status, detail } = refusal
  const envelope = envelopeOf(refusal, backend)
  const isArray =
    backend.isWrapped || (url.pathname.endsWith(':streamGenerateContent') && url.searchParams.get('alt') !== 'sse')
  const retryAfter: Headers =
    detail.retryAfterSeconds === undefined ? {} : { 'retry-after': String(detail.retryAfterSeconds) }
  return freeJson(isArray ? [envelope] : envelope, status, { ...timing(at), ...retryAfter })
}

/** Which of Google's services refuses. */
export type Backend = {
  readonly service: string
  /** The project at fault, as ErrorInfo has it. */
  readonly consumer?: string
  readonly tellsRetryDelay: boolean
  /** Its OpenAI-compatible endpoint puts the envelope into an array. */
  readonly isWrapped?: boolean
}
export const aiStudio: Backend = { service: 'generativelanguage.googleapis.com', tellsRetryDelay: true }

function envelopeOf({ status, message, detail }: Refusal, { service, consumer, tellsRetryDelay }: Backend): object {
  const details = [
    ...(detail.code
      ? [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: detail.code,
            domain: 'googleapis.com',
            metadata: { service, ...(consumer === undefined ? {} : { consumer }) },
          },
        ]
      : []),
    ...(detail.param
      ? [
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field: detail.param, description: message }],
          },
        ]
      : []),
    ...(detail.details ?? []),
    ...(detail.retryAfterSeconds === undefined || !tellsRetryDelay
      ? []
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${detail.retryAfterSeconds}s` }]),
  ]
  return {
    error: {
      code: status,
      message,
      status: statusWords[status] ?? (status >= 500 ? 'INTERNAL' : 'FAILED_PRECONDITION'),
      ...(details.length > 0 ? { details } : {}),
    },
  }
}

const statusWords: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** How long Google says it took. */
export const timing = (at: number): Headers => ({ 'server-timing': `gfet4t7; dur=${Date.now() - at}` })
const genaiHeaders = ({ at, directives }: Exchange): Headers => ({
  ...timing(at),
  'x-gemini-service-tier': directives.tier ?? 'standard',
})

function refuseStrangers({ headers, url }: Exchange): void {
  const key = headers['x-goog-api-key'] ?? url.searchParams.get('key')
  if (!key)
    throw new Refusal(
      403,
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    )
  if (key !== sandboxCredential)
    throw new Refusal(400, 'API key not valid. Please pass a valid API key.', { code: 'API_KEY_INVALID' })
}
