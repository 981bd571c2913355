/** People: who is signed in, how they sign in, and what they are a member of. Read from the store at every request. */
import { createAtOnce } from '../../lib/at-once.ts'
import type { Clock } from '../../lib/clock.ts'
import { createLru } from '../../lib/lru.ts'
import type { Log } from '../../lib/log.ts'
import { createSharedWork } from '../../lib/shared-work.ts'
import type { PeopleStore } from '../../store/people/people-store.ts'
import { adminErrorOf, errorResponse } from '../admin/error.ts'
import type { EndPasses, People, Signed } from '../pages/people-port.ts'
import { createAuth } from './auth.ts'
import { createMailLimits } from './mail-limits.ts'
import { createMailer, type Mailer } from './mailer.ts'
import { serveDoor, type DoorDeps, type Library, type NeedsOrigin } from './serve-doors.ts'
import type { PeopleSettings } from './settings.ts'
import { createSignInLimits } from './sign-in-limits.ts'
import { createUsedCodes } from './used-codes.ts'

export type PeopleDeps = {
  readonly store: PeopleStore
  readonly settings: PeopleSettings
  /** Of this installation alone, at least 32 characters. */
  readonly secret: string
  /** As configured, without a slash at the end. */
  readonly publicUrl: string | null
  readonly clock: Clock
  readonly log: Log
  /** Ends the passes that somebody has of one organization's keys, or (null) of all. */
  readonly endPasses?: EndPasses
  /** Another, for tests; else what `settings` say. */
  readonly mailer?: Mailer | null
}

/** Origins that passkeys and the provider were asked for at, for which a library was made. */
const originsMany = 16

export function createPeople(deps: PeopleDeps): People {
  const { store, settings, publicUrl, clock, log } = deps
  const originOf = (request: Request): string => originOfRequest(request, publicUrl)
  const library = libraries(deps)
  const signedIn = async (request: Request): Promise<Signed | null> => {
    const found = await library(originOf(request), null).sessionOf(request.headers)
    const person = found && store.person(found.personId)
    return person ? { person, sessionId: found.sessionId, gaveSecondFactor: found.gaveSecondFactor } : null
  }
  const endPasses: EndPasses = async (personId, organizationId) => {
    // What took them away is done, whatever becomes of this.
    await deps.endPasses?.(personId, organizationId).catch((error: unknown) => {
      log.error({ event: 'passes-not-ended', error })
    })
  }
  const doorDeps: DoorDeps = {
    library,
    originOf,
    publicUrl,
    limits: createSignInLimits({ clock, addressesOf: (account) => store.addressesOf(account, clock.now()) }),
    signedIn,
    endSession: store.endSession,
    endPasses,
    demands: { store, settings },
    passkeysOf: store.passkeysOf,
    proof: () => ({ store, now: clock.now() }),
    codes: createUsedCodes(clock),
  }
  const forget = forgetting(deps)
  const handle = async (request: Request): Promise<Response> => {
    forget()
    try {
      return await serveDoor(request, doorDeps)
    } catch (error) {
      const known = adminErrorOf(error)
      if (known.code === 'unavailable') log.error({ event: 'sign-in-failed', error })
      return errorResponse(known)
    }
  }
  return {
    store,
    settings,
    limits: doorDeps.limits,
    mailLimits: createMailLimits(clock),
    mailer: deps.mailer ?? (settings.smtp && createMailer(settings.smtp, log)),
    originOf,
    linksTo: (request) => publicUrl ?? originOf(request),
    signedIn,
    personOf: async (request) => {
      const signed = await signedIn(request)
      return signed && { ...signed.person, gaveSecondFactor: signed.gaveSecondFactor }
    },
    roleOf: (personId, organizationId) => Promise.resolve(store.roleOf(personId, organizationId)),
    membershipsOf: (personId) => Promise.resolve(store.membershipsOf(personId)),
    endPasses,
    inTurn: createAtOnce(1),
    handle,
    signIn: (request, email, password) => handle(signInRequest(request, email, password)),
  }
}

/** Of what is over nothing is needed; it is looked for when somebody signs in, and not more often than this. */
const forgetMs = 3_600_000
/** Who was invited, and did not come, may be asked about for so long. */
const linksKeptMs = 30 * 24 * 3_600_000

function forgetting({ store, clock }: Pick<PeopleDeps, 'store' | 'clock'>): () => void {
  let forgotAt = -Infinity
  return () => {
    const now = clock.now()
    if (now - forgotAt < forgetMs) return
    forgotAt = now
    store.forgetExpired(now)
    store.forgetLinks(now - linksKeptMs)
  }
}

type Libraries = (origin: string, needs: NeedsOrigin) => OpenLibrary
type Session = { readonly personId: string; readonly sessionId: string; readonly gaveSecondFactor: boolean }
type OpenLibrary = Library & { readonly sessionOf: (headers: Headers) => Promise<Session | null> }

/**
 * Passkeys and the provider's way back are of an origin, and only their doors need its library; that of the provider is
 * another, so that whoever signs in without it waits for no provider that does not answer. All else is the same at every
 * origin of a scheme, so that no `Host` that somebody thinks of makes a library.
 */
function libraries({ store, settings, secret, clock, log }: PeopleDeps): Libraries {
  const made = createLru<OpenLibrary>(originsMany, originsMany)
  const mayJoin = (email: string): boolean => settings.signUp === 'open' || store.isInvited(email, clock.now())
  return (origin, needs) => {
    const at = needs === null ? anyOrigin(origin) : origin
    const key = `${at} ${needs}`
    const known = made.get(key)
    if (known) return known
    const auth = createAuth(at, { store, secret, log, mayJoin }, needs === 'provider' ? settings.oidc : null)
    const sessions = createSharedWork<Session | null>()
    const open: OpenLibrary = {
      origin: at,
      handle: auth.handler,
      // A page asks for several things in the same moment.
      sessionOf(headers) {
        const cookie = headers.get('cookie') ?? ''
        return sessions.share(cookie, async () => {
          const found = await auth.api.getSession({ headers: new Headers({ cookie }) })
          if (!found) return null
          const { user, session } = found
          return { personId: user.id, sessionId: session.id, gaveSecondFactor: session.gaveSecondFactor === true }
        })
      },
    }
    made.set(key, open)
    return open
  }
}

/** What stands for every origin of a scheme, where a library needs one and makes nothing of it. */
const anyOrigin = (origin: string): string => `${new URL(origin).protocol}//any.invalid`

/** PUBLIC_URL says how it is reached at its own host, because a proxy in front that ends TLS need not. */
function originOfRequest(request: Request, publicUrl: string | null): string {
  const { origin, host } = new URL(request.url)
  if (publicUrl === null) return origin
  const configured = new URL(publicUrl)
  return configured.host === host ? configured.origin : origin
}

const signInPath = '/api/auth/sign-in/email'
function signInRequest(request: Request, email: string, password: string): Request {
  const headers = new Headers(request.headers)
  headers.set('content-type', 'application/json')
  const { href } = new URL(signInPath, request.url)
  return new Request(href, { method: 'POST', headers, body: JSON.stringify({ email, password }) })
}
