/** Refusals in OpenAI's shape, and in those that Azure, gateways in front of it and other servers have instead. */
import type { Fault, Refusal, Refused } from '../deployment.ts'
import { retryAfterInWords, retryAfterMs } from '../retry-after.ts'
import { isObject, textOf, type Json } from './json-value.ts'
import { faultOfStatus, neutralMessage, readError, told, type Account } from './read-error.ts'

/** Whose fault an answer is, and what of it the client may see. */
export function openaiRefusal(refused: Refused, account: Account): Refusal {
  const error = errorOf(readError(refused.body).json)
  return {
    fault: faultOf(refused.status, error),
    retryAfterMs: retryAfterMs(refused.headers, account.now()) ?? retryAfterInWords(messageOf(error)),
    body: openaiBody(refused, account),
  }
}

/** The members that say what is wrong: `{error: {…}}`, or bare (`{code, message}`, `{statusCode, message}`). */
const errorOf = (json: Json | null): Json => (isObject(json?.['error']) ? json['error'] : (json ?? {}))

/** `detail` is FastAPI's word, which servers of one's own are often written in. */
const messageOf = ({ message, error, detail }: Json): string => textOf(message) || textOf(error) || textOf(detail)

/** Google's code is the status again; its word for it says more. */
const codeOf = ({ code, statusCode, status }: Json): string =>
  textOf(code) || textOf(status) || String([code, statusCode].find((each) => typeof each === 'number') ?? '')

// ---- Whose fault ---------------------------------------------------------------------------------

/** https://platform.openai.com/docs/guides/error-codes; the last is of the images API. */
const quotaCodes = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'billing_not_active',
  'billing_hard_limit_reached',
])
/** The last three are Azure's: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter, and its images. */
const policyCodes = new Set([
  'content_policy_violation',
  'moderation_blocked',
  'content_filter',
  'contentFilter',
  'ResponsibleAIPolicyViolation',
  'image_content_policy_violation',
  'bio_policy',
])
/** OpenAI says the first with 403 too, where a project may not use a model. */
const missingCodes = new Set(['model_not_found', 'DeploymentNotFound', 'deployment_not_found'])

function faultOf(status: number, error: Json): Fault {
  if (status < 400 || status >= 500) return faultOfStatus(status)
  const codes = [error['code'], error['type'], innerCode(error)].map(textOf)
  if (codes.some((code) => policyCodes.has(code))) return 'policy'
  if (codes.some((code) => quotaCodes.has(code))) return 'quota'
  if (codes.some((code) => missingCodes.has(code))) return 'missing'
  if (status === 409 && isOfItsKey([...codes, messageOf(error)])) return 'client'
  // Azure's word for a wrong resource, API version or deployment: all of them ours.
  if (status === 404 && /^Resource not found/i.test(messageOf(error))) return 'missing'
  return faultOfStatus(status)
}

/** A key that the client chose was used for something else: it fails the same way everywhere. Any other conflict may pass. */
const isOfItsKey = (words: readonly string[]): boolean => words.some((each) => /idempoten/i.test(each))

function innerCode({ innererror, inner_error: inner }: Json): unknown {
  const within = innererror ?? inner
  return isObject(within) ? within['code'] : null
}

// ---- What is told --------------------------------------------------------------------------------

/** The body in OpenAI's envelope: as it came where it is that, else completed; without anything of our account. */
export function openaiBody(refused: Refused, account: Account): Uint8Array {
  const { json } = readError(refused.body)
  const error = errorOf(json)
  const envelope = isObject(json?.['error']) ? json : {}
  const full = isComplete(error) ? error : completed(error, refused.status)
  return told(refused, { ...envelope, error: full }, account)
}

const isTextOrNull = (value: unknown): boolean => typeof value === 'string' || value === null
/** The four members that the SDKs read: https://platform.openai.com/docs/api-reference, `Error`. */
const isComplete = ({ message, type, param, code }: Json): boolean =>
  typeof message === 'string' && typeof type === 'string' && isTextOrNull(param) && isTextOrNull(code)

/** With the four members; whatever else the vendor says of it stays. */
function completed(error: Json, status: number): Json {
  const { error: _error, statusCode: _statusCode, ...others } = error
  const { type, param } = error
  return {
    ...others,
    message: messageOf(error) || neutralMessage(status),
    type: textOf(type) || (status >= 500 ? 'server_error' : 'invalid_request_error'),
    param: textOf(param) || null,
    code: codeOf(error) || null,
  }
}
