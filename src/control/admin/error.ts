/**
 * Failures of the admin API and of the pages', in one table. Messages never repeat an id or a value from the request:
 * people paste secrets where ids belong.
 */
import { ReportTooLarge } from '../../reporting/usage-over-time.ts'
import { PeopleRefusal } from '../../store/people/people-refusal.ts'
import { StoreRefusal } from '../../store/store.ts'
import type { ErrorCode, ErrorJson } from '../contract.ts'

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
  service_request_not_found: {
    status: 404,
    message: 'There is no service request with this id. `mart service-request list` shows all.',
  },
  service_request_not_open: { status: 409, message: 'This service request has ended. Nothing was done now.' },
  too_many_open: {
    status: 409,
    message:
      'This organization has 20 open service requests, which is the most there may be. Withdraw one that is not needed.',
  },
  webhook_not_found: { status: 404, message: 'There is no webhook with this id.' },
  delivery_not_found: { status: 404, message: 'There is no such delivery: deliveries are kept for 30 days.' },
  too_many_webhooks: {
    status: 409,
    message: 'This organization has 10 webhooks, which is the most there may be. Delete one that is not needed.',
  },
  too_many_keys: {
    status: 409,
    message:
      'This organization has 1000 keys that are not revoked or were made within a day, which is the most that members make. Revoke those that are not used, or ask an operator.',
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
  too_many_changes: { status: 429, message: 'Too many changes in too short a time. Wait a little, then try again.' },
  not_signed_in: { status: 401, message: 'Nobody is signed in. Sign in and try again.' },
  permission_missing: { status: 403, message: 'You may not do this.' },
  cross_site: {
    status: 403,
    message: 'A change must be asked for by a page of this server: send its own origin as `Origin`.',
  },
  json_expected: { status: 415, message: 'The body must be JSON, sent as `content-type: application/json`.' },
  sign_in_again: { status: 401, message: 'This took too long, or was tried too often. Sign in again.' },
  session_not_fresh: { status: 403, message: 'This needs a sign-in of the last hour. Sign in again, then repeat it.' },
  second_factor_required: {
    status: 403,
    message:
      'This organization asks every member for a second factor. Set one up under Account, or sign in with the one you have.',
  },
  second_factor_missing: {
    status: 409,
    message:
      'Set up a second factor of your own first, or sign in with the one you have: without it you would be the first to see nothing here any more.',
  },
  wrong_credentials: { status: 401, message: 'The e-mail address or the password is wrong.' },
  wrong_password: { status: 400, message: 'The password is wrong.' },
  wrong_code: { status: 401, message: 'The code is wrong, or its time is over. Take the next one.' },
  passkey_refused: { status: 401, message: 'The passkey was not accepted. Try again, or sign in another way.' },
  too_many_attempts: { status: 429, message: 'Too many attempts. Wait a little, then try again.' },
  too_many_mails: {
    status: 429,
    message:
      'Too many invitations were mailed by you, for this organization, to this address or from your network. Try again later.',
  },
  link_not_valid: {
    status: 410,
    message: 'This link does not work any more: it was used, or its time is over. Ask for another.',
  },
  other_person: { status: 403, message: 'This link is for another e-mail address than the one that is signed in.' },
  sign_in_first: {
    status: 409,
    message: 'This e-mail address has an account already. Sign in, then open the link again.',
  },
  email_taken: {
    status: 409,
    message: 'This e-mail address has an account of its own by now. Nothing was changed.',
  },
  last_way_in: {
    status: 409,
    message: 'This is the only way in that you have left. Set a password or add a passkey first.',
  },
  mail_missing: {
    status: 409,
    message: 'This server sends no mail. Ask an operator for a link that gives you another address.',
  },
  sign_up_closed: { status: 409, message: 'New accounts are by invitation here. Ask the operator for one.' },
  person_not_found: { status: 404, message: 'There is no such person here any more.' },
  last_owner: {
    status: 409,
    message: 'An organization keeps at least one owner. Make somebody else an owner first.',
  },
  last_operator: { status: 409, message: 'At least one operator stays. Make somebody else an operator first.' },
  already_member: { status: 409, message: 'Somebody with this e-mail address is a member already.' },
  not_a_member: { status: 409, message: 'You are no member of this organization, so there is nothing to leave.' },
  too_many_members: {
    status: 409,
    message: 'An organization has at most 1000 members and open invitations. Remove one that is not needed.',
  },
  too_many_passkeys: {
    status: 409,
    message: 'An account has at most 20 passkeys. Remove one that you do not use.',
  },
  too_many_organizations: { status: 409, message: 'You own 10 organizations, which is the most one person makes.' },
  mail_failed: { status: 503, message: 'The mail could not be sent; the log of the server says why. Try again later.' },
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
  if (error instanceof PeopleRefusal) return new AdminError(peopleCodes[error.code], { cause: error })
  if (error instanceof ReportTooLarge)
    return new AdminError('invalid_request', { field: 'unit', message: `unit must be ${error.message}.`, cause: error })
  if (error instanceof StoreRefusal) return new AdminError(codeOf(error.code), { cause: error })
  return new AdminError('unavailable', { cause: error })
}

const peopleCodes: Readonly<Record<PeopleRefusal['code'], ErrorCode>> = {
  'address-taken': 'email_taken',
  'email-taken': 'sign_in_first',
  'last-operator': 'last_operator',
  'last-owner': 'last_owner',
  'link-not-valid': 'link_not_valid',
  'not-found': 'person_not_found',
}

function codeOf(code: StoreRefusal['code']): ErrorCode {
  switch (code) {
    case 'organization-not-found':
      return 'organization_not_found'
    case 'key-not-found':
      return 'key_not_found'
    case 'token-not-found':
      return 'token_not_found'
    case 'service-request-not-found':
      return 'service_request_not_found'
    case 'service-request-not-open':
      return 'service_request_not_open'
    case 'too-many-open':
      return 'too_many_open'
    case 'too-many-keys':
      return 'too_many_keys'
    case 'webhook-not-found':
      return 'webhook_not_found'
    case 'too-many-webhooks':
      return 'too_many_webhooks'
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
