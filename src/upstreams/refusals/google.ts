/** Refusals in Google's shape, of AI Studio and of Vertex AI. */
import type { Fault, Refusal, Refused } from '../deployment.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { Scrub } from '../scrub.ts'
import { decodedText, encoded, isObject, readJson, textOf } from './read-error.ts'

type Details = readonly Readonly<Record<string, unknown>>[]
type GoogleError = { readonly message: string; readonly status: string; readonly details: Details }

/** Whose fault an answer is, and what of it the client may see. */
export function googleRefusal(refused: Refused, scrub: Scrub): Refusal {
  const { status, headers, body } = refused
  const json = readJson(body)
  const error = errorOf(json)
  const fault = faultOf(status, error)
  return {
    fault,
    retryAfterMs: retryDelayMs(error.details) ?? retryAfterMs(headers),
    body: fault === 'client' || fault === 'policy' ? shown(refused, json, scrub) : body,
  }
}

function errorOf(json: Readonly<Record<string, unknown>> | null): GoogleError {
  const error = isObject(json?.['error']) ? json['error'] : {}
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : []
  return { message: textOf(error['message']), status: textOf(error['status']), details }
}

const detailOf = (details: Details, name: string): Readonly<Record<string, unknown>> | undefined =>
  details.find((detail) => textOf(detail['@type']).endsWith(`google.rpc.${name}`))

/** `RetryInfo.retryDelay` is seconds with an `s`: `37s`, `0.5s`. */
function retryDelayMs(details: Details): number | null {
  const [, seconds] = /^(\d{1,6}(?:\.\d+)?)s$/.exec(textOf(detailOf(details, 'RetryInfo')?.['retryDelay'])) ?? []
  return seconds === undefined ? null : Math.ceil(Number(seconds) * 1_000)
}

/** Canonical codes and their statuses: https://ai.google.dev/gemini-api/docs/troubleshooting */
function faultOf(status: number, error: GoogleError): Fault {
  switch (status) {
    case 400:
      return badRequestFault(error)
    case 401:
    case 403:
      return 'credential'
    case 404:
      return isMissingModel(error.message) ? 'missing' : 'client'
    case 408:
    case 504:
      return 'timeout'
    case 409:
      return 'conflict'
    case 410:
      return 'missing'
    case 429:
      return isOutOfQuota(error) ? 'quota' : 'rate'
    default:
      return status >= 500 || status < 400 ? 'upstream' : 'client'
  }
}

/** A key that is wrong or has expired, an account without billing and a place that is not served are no fault of the client. */
function badRequestFault({ message, status, details }: GoogleError): Fault {
  const reason = textOf(detailOf(details, 'ErrorInfo')?.['reason'])
  if (reason === 'API_KEY_INVALID' || /api key (?:not valid|expired)/i.test(message)) return 'credential'
  if (status !== 'FAILED_PRECONDITION') return 'client'
  if (/billing/i.test(message)) return 'quota'
  return /location|region/i.test(message) ? 'credential' : 'client'
}

const isMissingModel = (message: string): boolean =>
  /is not found for API version|^Publisher Model|was not found or your project does not have access/i.test(message)

/** A daily share comes back at midnight; billing does not come back by itself. A minute's share is only a rate. */
function isOutOfQuota({ message, details }: GoogleError): boolean {
  const failure = detailOf(details, 'QuotaFailure')?.['violations']
  const violations = Array.isArray(failure) ? failure.filter(isObject) : []
  return (
    violations.some(({ quotaId }) => /PerDay/i.test(textOf(quotaId))) ||
    /billing (?:account|details)|prepay/i.test(message)
  )
}

/** Details that name the account, or lead to its console, go; the rest of the body stays. */
const privateDetails = /google\.rpc\.(QuotaFailure|Help|DebugInfo)$/

function shown(
  { status, body, upstreamModel, askedModel }: Refused,
  json: Readonly<Record<string, unknown>> | null,
  scrub: Scrub,
): Uint8Array {
  const names = { upstreamModel, askedModel }
  const error = json?.['error']
  if (json === null || !isObject(error))
    return encoded({ error: { code: status, message: `The model answered with status ${status}.`, status: 'UNKNOWN' } })
  const details = Array.isArray(error['details']) ? (error['details'] as unknown[]) : []
  const kept = details.filter((detail) => !isObject(detail) || !privateDetails.test(textOf(detail['@type'])))
  const text = decodedText(body)
  const isList = text.trimStart().startsWith('[')
  const shorter = { error: { ...error, details: kept } }
  const whole = kept.length === details.length ? text : JSON.stringify(isList ? [shorter] : shorter)
  const scrubbed = scrub(whole, names)
  return scrubbed === text ? body : new TextEncoder().encode(scrubbed)
}
