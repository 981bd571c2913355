/** Refusals in Google's shape, of AI Studio and of Vertex AI (https://cloud.google.com/apis/design/errors). */
import type { Fault, Refusal, Refused } from '../deployment.ts'
import { boundedMs, msUntilPacificMidnight, retryAfterMs } from '../retry-after.ts'
import { isObject, textOf, type Json } from './json-value.ts'
import { openaiBody } from './openai.ts'
import { faultOfStatus, neutralMessage, readError, told, type Account } from './read-error.ts'

type GoogleError = { readonly message: string; readonly status: string; readonly details: readonly Json[] }

/** Whose fault an answer is, and what of it the client may see. */
export function googleRefusal(refused: Refused, account: Account): Refusal {
  const error = errorOf(readError(refused.body).json)
  return {
    fault: faultOf(refused.status, error),
    retryAfterMs: waitMs(refused, error, account.now()),
    body: googleBody(refused, account),
  }
}

/** The same for Google's OpenAI-compatible endpoint, whose errors are Google's: told in OpenAI's envelope. */
export const googleOpenaiRefusal = (refused: Refused, account: Account): Refusal => ({
  ...googleRefusal(refused, account),
  body: openaiBody(refused, account),
})

function errorOf(json: Json | null): GoogleError {
  const error = isObject(json?.['error']) ? json['error'] : {}
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : []
  return { message: textOf(error['message']), status: textOf(error['status']), details }
}

const detailOf = ({ details }: GoogleError, name: string): Json | undefined =>
  details.find((detail) => textOf(detail['@type']).endsWith(`google.rpc.${name}`))

// ---- Whose fault ---------------------------------------------------------------------------------

/** Codes and their reasons: https://ai.google.dev/gemini-api/docs/troubleshooting */
function faultOf(status: number, error: GoogleError): Fault {
  switch (status) {
    case 400:
      return badRequestFault(error)
    case 403:
      return isForeignFile(error) ? 'client' : 'credential'
    case 404:
      return isMissingModel(error) ? 'missing' : 'client'
    // What the client named is there already; ABORTED, the other one, passes.
    case 409:
      return error.status === 'ALREADY_EXISTS' || /idempoten/i.test(error.message) ? 'client' : 'conflict'
    case 429:
      return isDaily(error) || isUnpaid(error) ? 'quota' : 'rate'
    default:
      return faultOfStatus(status)
  }
}

/** A key that is wrong or has expired, an account without billing and a place that is not served are no fault of the client. */
function badRequestFault(error: GoogleError): Fault {
  const { message, status } = error
  const reason = detailOf(error, 'ErrorInfo')?.['reason']
  if (reason === 'API_KEY_INVALID' || /\bAPI key (?:not valid|not found|expired)/i.test(message)) return 'credential'
  if (status !== 'FAILED_PRECONDITION') return 'client'
  if (/billing/i.test(message)) return 'quota'
  return /\b(?:location|region|country)\b/i.test(message) ? 'credential' : 'client'
}

/**
 * A file or cache that the client names and our account may not read: the client's mistake, which must
 * not keep anybody else away. AI Studio's words: https://github.com/googleapis/python-genai/issues/1218;
 * Vertex AI's, of Cloud Storage: https://github.com/googleapis/js-genai/issues/666
 */
const isForeignFile = ({ message }: GoogleError): boolean =>
  /permission to access the \w{1,30} .{1,200}or it may not exist|CachedContent not found|accessing input file|storage\.objects\./i.test(
    message,
  )

const isMissingModel = ({ message }: GoogleError): boolean =>
  /is not found for API version|^Publisher Model|or your project does not have access to it|no longer available/i.test(
    message,
  )

const violationsOf = (error: GoogleError): readonly Json[] => {
  const violations = detailOf(error, 'QuotaFailure')?.['violations']
  return Array.isArray(violations) ? violations.filter(isObject) : []
}

/** A day's share is used up. The sentence about plan and billing says nothing: it stands in every 429. */
const isDaily = (error: GoogleError): boolean =>
  violationsOf(error).some(({ quotaId }) => /PerDay/i.test(textOf(quotaId))) || /\bper day\b/i.test(error.message)

/** Prepaid credit is gone, or the account has no share of this model at all. */
const isUnpaid = ({ message }: GoogleError): boolean =>
  /credits are depleted|spend(?:ing)? (?:cap|limit)|\blimit: 0\b(?!\.\d)/i.test(message)

// ---- When again ----------------------------------------------------------------------------------

/** `RetryInfo` names seconds even where only the next day helps. */
function waitMs({ headers, status }: Refused, error: GoogleError, now: number): number | null {
  if (status === 429 && isDaily(error)) return msUntilPacificMidnight(now)
  return retryDelayMs(error) ?? retryAfterMs(headers, now)
}

/** Seconds with an `s`: `37s`, `0.847655010s`. */
function retryDelayMs(error: GoogleError): number | null {
  const delay = /^(\d+(?:\.\d+)?)s$/.exec(textOf(detailOf(error, 'RetryInfo')?.['retryDelay']))
  return delay === null ? null : boundedMs(Number(delay[1]) * 1_000)
}

// ---- What is told --------------------------------------------------------------------------------

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const canonicalStatus = (status: number): string =>
  ({ 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 409: 'ABORTED', 429: 'RESOURCE_EXHAUSTED' })[
    status
  ] ?? (status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT')

/** The body in Google's envelope: as it came, unless it is incomplete; without anything of our account. */
function googleBody(refused: Refused, account: Account): Uint8Array {
  const { json } = readError(refused.body)
  const error = isObject(json?.['error']) ? json['error'] : {}
  const { code, message, status } = error
  const completed = {
    ...error,
    code: typeof code === 'number' ? code : refused.status,
    message: textOf(message) || neutralMessage(refused.status),
    status: textOf(status) || canonicalStatus(refused.status),
  }
  return told(refused, { ...(isObject(json?.['error']) && json), error: completed }, account)
}
