/** Hands what people send to a door of the sign-in library over to it, and what it answers back to them, in our words. */
import type { z } from 'zod'
import type { PeopleStore } from '../../store/people/people-store.ts'
import { AdminError, errorResponse } from '../admin/error.ts'
import type { ErrorCode } from '../contract.ts'
import { refuseCrossSite } from '../pages/cross-site.ts'
import type { EndPasses, People, Signed } from '../pages/people-port.ts'
import { readBody } from '../admin/read-input.ts'
import { addressHeader } from '../address-header.ts'
import { beginAttempt, countChange } from './attempts.ts'
import {
  addedPasskeyPath,
  addPasskeyPath,
  doors,
  linkProviderPath,
  removePasskeyPath,
  signOutPath,
  type Door,
  type SignIn,
} from './doors.ts'
import { demandToChange, hasAny } from './second-factor-demand.ts'
import type { SignInLimits } from './sign-in-limits.ts'
import { passwordHashOf, provePassword } from './prove-password.ts'
import type { UsedCodes } from './used-codes.ts'

/** The sign-in library, for those who reach this server at an origin. */
export type Library = { readonly origin: string; readonly handle: (request: Request) => Promise<Response> }
/** For what a door needs the origin by which this server is reached; null: for nothing. */
export type NeedsOrigin = 'passkey' | 'provider' | null
export type DoorDeps = {
  readonly library: (origin: string, needs: NeedsOrigin) => Library
  /** Where a request reached this server. */
  readonly originOf: (request: Request) => string
  readonly publicUrl: string | null
  readonly limits: SignInLimits
  readonly signedIn: (request: Request) => Promise<Signed | null>
  readonly endSession: (personId: string, sessionId: string) => void
  readonly endPasses: EndPasses
  /** Where second factors are asked for. */
  readonly demands: Pick<People, 'store' | 'settings'>
  /** What passwords are proved against, at this moment. */
  readonly proof: () => { readonly store: PeopleStore; readonly now: number }
  /** How many a person has. */
  readonly passkeysOf: (personId: string) => number
  readonly codes: UsedCodes
}

const authPath = '/api/auth'

/** Answers a request under `/api/auth`. Throws what it is refused with. */
export async function serveDoor(request: Request, deps: DoorDeps): Promise<Response> {
  const { pathname } = new URL(request.url)
  const path = pathname.slice(authPath.length)
  const door = Object.hasOwn(doors, path) ? doors[path]! : null
  if (!door || door.method !== request.method) throw new AdminError('not_found', { message: noSuchDoor })
  if (door.method !== 'GET') refuseCrossSite(request, deps.publicUrl)
  const body = door.body && (await readBody(request, door.body))
  const before = door.isAttempt || door.isChange || path === signOutPath ? await deps.signedIn(request) : null
  if (door.isChange) admitChange(path, before, deps)
  if (door.isOfSecondFactors && before) demandToChange(before, deps.demands)
  const isFirst = path === addedPasskeyPath && !hasAny(before!.person)
  const attempt = door.isAttempt ? beginAttempt(request, accountOf(path, body, before), deps.limits) : null
  if (door.proof && before) await prove(door.proof, before, body, deps)
  const library = deps.library(deps.originOf(request), needsOrigin(path))
  const answer = await answeredBy(library, handedOver(request, door, body, library.origin))
  if (path === '/two-factor/verify-totp' && before === null) refuseUsedCode(answer, body, deps)
  if (answer.status < 400) {
    if (before && (path === signOutPath || door.proof)) await deps.endPasses(before.person.id, null)
    attempt?.giveBack()
    if (isFirst) deps.demands.store.giveSecondFactor(before!.person.id, before!.sessionId)
    // Whoever signs in begins anew: what a browser came with opens nothing any more.
    if (door.signsIn && before && setsSession(answer)) deps.endSession(before.person.id, before.sessionId)
  }
  return answerTo(door, answer)
}

/** Throws for whoever is not signed in, changes too much, or has too many of what they add. */
function admitChange(path: string, before: Signed | null, { limits, passkeysOf }: DoorDeps): void {
  if (before === null) throw new AdminError('not_signed_in')
  countChange(before.person.id, limits)
  if (path === addPasskeyPath && passkeysOf(before.person.id) >= passkeysMax) throw new AdminError('too_many_passkeys')
  if (path === removePasskeyPath && isLastWayIn(before.person, passkeysOf)) throw new AdminError('last_way_in')
}

/** Whether one passkey is all that somebody signs in by. */
const isLastWayIn = ({ id, hasPassword, isProviderLinked }: Signed['person'], passkeysOf: DoorDeps['passkeysOf']) =>
  !hasPassword && !isProviderLinked && passkeysOf(id) === 1

/** Throws `wrong_password`, `session_not_fresh`. */
async function prove(by: 'library' | 'ours', signed: Signed, body: unknown, { proof }: DoorDeps): Promise<void> {
  if (by === 'library') passwordHashOf(signed, proof())
  else await provePassword(signed, (body as { password?: string }).password, proof())
}

/** Of one person. The database adds no more, whatever is done at once. */
const passkeysMax = 20

const noSuchDoor = 'Sign-in has nothing at this address with this method.'

/** Each such door is an attempt, or for whoever is signed in, so that nobody has many libraries made. */
function needsOrigin(path: string): NeedsOrigin {
  if (path === '/sign-in/social' || path === linkProviderPath || path.startsWith('/callback/')) return 'provider'
  return /^\/passkey\/(?:generate|verify)-/.test(path) ? 'passkey' : null
}

function accountOf(path: string, body: unknown, before: Signed | null): string | null {
  if (path === '/sign-in/email') return (body as z.output<typeof SignIn>).email
  return before?.person.email ?? null
}

/** What the library is given of a request: nothing that a client could make it believe. */
function handedOver(request: Request, door: Door, body: unknown, origin: string): Request {
  const { pathname, search } = new URL(request.url)
  const headers = new Headers({ origin })
  for (const name of ['cookie', 'user-agent', addressHeader]) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const url = origin + pathname + search
  if (door.body === null) return new Request(url, { headers })
  headers.set('content-type', 'application/json')
  const sent = door.sent ? door.sent(body as never) : body
  return new Request(url, { method: 'POST', headers, body: JSON.stringify(sent) })
}

type Answered = {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
  readonly location: string | null
  readonly cookies: readonly string[]
}

async function answeredBy(library: Library, request: Request): Promise<Answered> {
  const answer = await library.handle(request)
  const text = await answer.text()
  return {
    status: answer.status,
    json: text === '' ? {} : ((JSON.parse(text) as Record<string, unknown> | null) ?? {}),
    location: answer.headers.get('location'),
    cookies: answer.headers.getSetCookie(),
  }
}

/** A code that was seen over somebody's shoulder opens nothing once it was used. The session that it opened is not given out. */
function refuseUsedCode({ status, json }: Answered, body: unknown, { codes, endSession }: DoorDeps): void {
  if (status >= 400) return
  const { token, user } = json as { token: string; user: { id: string } }
  if (codes.use(user.id, (body as { code: string }).code)) return
  endSession(user.id, token)
  throw new AdminError('wrong_code')
}

const setsSession = ({ cookies }: Answered): boolean => cookies.some((cookie) => /session_token=[^;]/.test(cookie))

function answerTo(door: Door, answer: Answered): Response {
  const ours = withoutCookies(door, answer)
  for (const cookie of answer.cookies) ours.headers.append('set-cookie', cookie)
  return ours
}

function withoutCookies(door: Door, { status, json, location }: Answered): Response {
  const asksForMore = json['twoFactorRedirect'] === true
  if (status >= 400) return errorResponse(errorOf(door, status, json['code']))
  if (door.method === 'GET' && location !== null) return redirected(asksForMore ? secondFactorPage(location) : location)
  // With a session the library gives its token: scripts have no use for it.
  return Response.json(door.signsIn ? { next: asksForMore ? 'second-factor' : 'home' } : json)
}

const secondFactorPage = (behind: string): string => `/sign-in?step=second-factor&to=${encodeURIComponent(behind)}`
const redirected = (location: string): Response => new Response(null, { status: 302, headers: { location } })

const errorCodes: Readonly<Record<string, ErrorCode>> = {
  INVALID_EMAIL_OR_PASSWORD: 'wrong_credentials',
  INVALID_PASSWORD: 'wrong_password',
  INVALID_CODE: 'wrong_code',
  INVALID_BACKUP_CODE: 'wrong_code',
  INVALID_TWO_FACTOR_COOKIE: 'sign_in_again',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'sign_in_again',
  ACCOUNT_TEMPORARILY_LOCKED: 'too_many_attempts',
  SESSION_NOT_FRESH: 'session_not_fresh',
  CHALLENGE_NOT_FOUND: 'passkey_refused',
  PASSKEY_NOT_FOUND: 'passkey_refused',
  AUTHENTICATION_FAILED: 'passkey_refused',
  FAILED_TO_VERIFY_REGISTRATION: 'passkey_refused',
}

function errorOf(door: Door, status: number, said: unknown): AdminError {
  if (typeof said === 'string' && Object.hasOwn(errorCodes, said)) return new AdminError(errorCodes[said]!)
  // Of two who use one code at once.
  if (status === 409) return new AdminError('wrong_code')
  // Whoever changes something is signed in: what they may not change is somebody else's, which is like one that is not there.
  if (status === 401) return new AdminError(door.isChange ? 'passkey_refused' : 'not_signed_in')
  return new AdminError(status >= 500 ? 'unavailable' : 'invalid_request')
}
