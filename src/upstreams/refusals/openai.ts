/** Refusals in OpenAI's shape, and in those that Azure and its gateways have instead. */
import type { Fault, Refusal, Refused } from '../deployment.ts'
import { retryAfterInWords, retryAfterMs } from '../retry-after.ts'
import type { Scrub } from '../scrub.ts'
import { decodedText, encoded, isObject, readJson, textOf } from './read-error.ts'

type ErrorBody = { readonly message: string; readonly code: string; readonly error: Readonly<Record<string, unknown>> }

/** Whose fault an answer is, and what of it the client may see. */
export function openaiRefusal(refused: Refused, scrub: Scrub): Refusal {
  const { status, headers, body } = refused
  const json = readJson(body)
  const read = errorOf(json, status)
  const fault = faultOf(status, read)
  return {
    fault,
    retryAfterMs: retryAfterMs(headers) ?? retryAfterInWords(read.message),
    body: fault === 'client' || fault === 'policy' ? shown(refused, json, read, scrub) : body,
  }
}

/** OpenAI has `{error: {…}}`; gateways in front of Azure have the members bare, or `statusCode` for a code. */
function errorOf(json: Readonly<Record<string, unknown>> | null, status: number): ErrorBody {
  const error = isObject(json?.['error']) ? json['error'] : (json ?? {})
  const bare = typeof json?.['error'] === 'string' ? json['error'] : ''
  const code = textOf(error['code']) || numberText(error['statusCode'])
  return { message: textOf(error['message']) || bare || `The model answered with status ${status}.`, code, error }
}

const numberText = (value: unknown): string => (typeof value === 'number' ? String(value) : '')

/** https://platform.openai.com/docs/guides/error-codes */
const quotaCodes = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'billing_hard_limit_reached',
])
/** Azure: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter */
const policyCodes = new Set(['content_filter', 'content_policy_violation', 'moderation_blocked'])
const missingCodes = new Set(['model_not_found', 'DeploymentNotFound', 'deployment_not_found'])
const credentialStatuses = new Set([401, 403])
const timeoutStatuses = new Set([408, 504])

function faultOf(status: number, { code, message, error }: ErrorBody): Fault {
  if (policyCodes.has(code) || JSON.stringify(error['innererror'] ?? '').includes('ResponsibleAIPolicyViolation'))
    return 'policy'
  if (quotaCodes.has(code) || quotaCodes.has(textOf(error['type']))) return 'quota'
  if (credentialStatuses.has(status)) return 'credential'
  if (timeoutStatuses.has(status)) return 'timeout'
  if (status === 409) return 'conflict'
  if (status === 429) return 'rate'
  if (status === 410) return 'missing'
  // "Resource not found" is Azure's word for a wrong endpoint, API version or deployment: all of them ours.
  if (status === 404) return missingCodes.has(code) || /^Resource not found/i.test(message) ? 'missing' : 'client'
  return status >= 500 || status < 400 ? 'upstream' : 'client'
}

/** The body as it came where it is OpenAI's own envelope; completed to that where it is another's. */
function shown(
  { status, body, upstreamModel, askedModel }: Refused,
  json: Readonly<Record<string, unknown>> | null,
  { message, code, error }: ErrorBody,
  scrub: Scrub,
): Uint8Array {
  const names = { upstreamModel, askedModel }
  if (json === null)
    return encoded({ error: envelope({ message: `The model answered with status ${status}.` }, status) })
  const members = ['message', 'type', 'param', 'code']
  if (isObject(json['error']) && members.every((member) => member in error)) {
    const text = decodedText(body)
    const scrubbed = scrub(text, names)
    return scrubbed === text ? body : new TextEncoder().encode(scrubbed)
  }
  const { statusCode: _, ...others } = error
  const completed = envelope({ ...others, message, code: code === '' ? null : code }, status)
  return new TextEncoder().encode(scrub(JSON.stringify({ error: completed }), names))
}

const envelope = (error: Readonly<Record<string, unknown>>, status: number): object => ({
  type: status >= 500 ? 'server_error' : 'invalid_request_error',
  param: null,
  code: null,
  ...error,
})
