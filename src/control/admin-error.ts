/**
 * Failures of the admin API and of the pages', in one table. Messages never repeat an id or a value from the request:
 * people paste secrets where ids belong.
 */
import { StoreRefusal } from '../store/store.ts'
import type { ErrorCode, ErrorJson } from './contract.ts'

const failures = {
  unauthorized: {
    status: 401,
    message: 'The operator token is missing, wrong or revoked. Send it as `Authorization: Bearer …`.',
  },
  too_many_wrong_tokens: {
    status: 429,
    message: 'Too many wrong operator tokens were sent. Try again later, with one that `mart token create` made.',
  },
  scope_missing: { status: 403, message: 'This operator token lacks a scope.' },
  invalid_request: { status: 400, message: 'The request is not valid.' },
  body_too_large: { status: 413, message: 'The body is larger than 64 KiB.' },
  not_found: { status: 404, message: 'The admin API has nothing at this address with this method.' },
  organization_not_found: { status: 404, message: 'There is no organization with this id. `mart org list` shows all.' },
  key_not_found: {
    status: 404,
    message: 'There is no key with this id. `mart key list --org ID` shows an organization’s keys.',
  },
  request_not_found: {
    status: 404,
    message: 'There is no receipt for this request id: it was never charged, or is still running.',
  },
  token_not_found: { status: 404, message: 'There is no operator token with this id. `mart token list` shows all.' },
  too_many_tokens: {
    status: 409,
    message: 'There are 1000 operator tokens, which is the most there may be. Revoke one that is not used.',
  },
  deployment_not_found: { status: 404, message: 'There is no such deployment. `mart deployment list` shows all.' },
  too_many_tests: {
    status: 429,
    message: 'Deployments were tested too often in the last minute: each may be 6 times, and all together 30 times.',
  },
  key_revoked: { status: 409, message: 'This key has been revoked, which is final. Make a new one.' },
  too_many_passes: {
    status: 409,
    message: 'This key has as many passes as there may be at a time. Try again in some minutes.',
  },
  too_many_secrets: { status: 409, message: 'This key has too many secrets that work.' },
  idempotency_conflict: {
    status: 409,
    message: 'This idempotency key was used before, for another amount or organization. Nothing was done now.',
  },
  not_enough_unspent: { status: 409, message: 'There is not so much unspent credit. Nothing was revoked.' },
  too_many_streams: {
    status: 429,
    message: 'Too many live pages or downloads are open at once. Close some, or try again later.',
  },
  too_many_at_once: { status: 429, message: 'Too much of yours is under way at once. Try again in a moment.' },
  not_signed_in: { status: 401, message: 'Nobody is signed in. Sign in and try again.' },
  permission_missing: { status: 403, message: 'You may not do this.' },
  cross_site: {
    status: 403,
    message: 'A change must be asked for by a page of this server: send its own origin as `Origin`.',
  },
  json_expected: { status: 415, message: 'The body must be JSON, sent as `content-type: application/json`.' },
  unavailable: { status: 503, message: 'The server could not do this now; its log says why. Try again in a moment.' },
} as const satisfies Record<ErrorCode, { status: number; message: string }>

/** An expected failure. The private reason travels in `cause`. */
export class AdminError extends Error {
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, options: AdminErrorOptions = {}) {
    super(options.message ?? failures[code].message, { cause: options.cause })
    this.name = 'AdminError'
    this.code = code
    this.field = options.field
    this.retryAfterMs = options.retryAfterMs ?? (code === 'unavailable' ? 1_000 : undefined)
  }
}

type AdminErrorOptions = {
  readonly message?: string
  readonly field?: string
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** What was thrown, in the API's own terms. */
export function adminErrorOf(error: unknown): AdminError {
  if (error instanceof AdminError) return error
  if (error instanceof StoreRefusal) return new AdminError(codeOf(error.code), { cause: error })
  return new AdminError('unavailable', { cause: error })
}

function codeOf(code: StoreRefusal['code']): ErrorCode {
  switch (code) {
    case 'organization-not-found':
      return 'organization_not_found'
    case 'key-not-found':
      return 'key_not_found'
    case 'token-not-found':
      return 'token_not_found'
    case 'idempotency-conflict':
      return 'idempotency_conflict'
    case 'node-fenced':
      return 'unavailable'
  }
}

/** The failure as an HTTP answer. */
export function errorResponse({ code, message, field, retryAfterMs }: AdminError): Response {
  const body: ErrorJson = { error: { code, message, ...(field === undefined ? {} : { field }) } }
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
  return Response.json(body, { status: failures[code].status, headers })
}
