/**
 * The sign-in library (better-auth) as it is used here: it checks passwords, second factors and passkeys, and keeps
 * sessions. Persons are made, and passwords changed, by us: in one transaction with whatever allows it.
 */
import { passkey } from '@better-auth/passkey'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { APIError } from 'better-auth/api'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import type { Log } from '../../lib/log.ts'
import { hashPassword, isPassword } from '../../lib/password.ts'
import type { PeopleStore } from '../../store/people/people-store.ts'
import { addressHeader } from '../address-header.ts'
import { oidcProvider, passwordCharsMax, passwordCharsMin } from './fields.ts'
import type { OidcSettings } from './settings.ts'

export type AuthDeps = {
  readonly store: Pick<PeopleStore, 'dialect' | 'personByEmail'>
  /** What cookies are signed and second factors are encrypted with. */
  readonly secret: string
  readonly log: Log
  /** Whether somebody new may come in by OIDC, with this address, which the provider has verified. */
  readonly mayJoin: (email: string) => boolean
}

/** A session ends so long after its sign-in, in seconds, whatever is done in it. */
const sessionSeconds = 7 * 24 * 3_600
/** What changes how somebody signs in needs a session that is younger, in seconds. */
const freshSeconds = 3_600
const appName = 'AICreditMart'

/** The library for those who reach this server at `origin`. With `oidc`, its doors for that provider are there as well. */
export function createAuth(origin: string, deps: AuthDeps, oidc: OidcSettings | null) {
  const isSecure = origin.startsWith('https:')
  const second = secondFactorAtEveryDoor()
  const keys = passkey({
    rpID: new URL(origin).hostname,
    rpName: appName,
    origin,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    registration: { afterVerification: ({ verification }) => demandUser(verification.registrationInfo?.userVerified) },
    authentication: {
      afterVerification: ({ verification }) => demandUser(verification.authenticationInfo.userVerified),
    },
  })
  return betterAuth({
    appName,
    baseURL: origin,
    basePath: '/api/auth',
    secret: deps.secret,
    database: { dialect: deps.store.dialect, type: 'sqlite', transaction: false },
    telemetry: { enabled: false },
    // Ours knows accounts as well as addresses.
    rateLimit: { enabled: false },
    logger: { level: 'error', log: (_level, message) => deps.log.error({ event: 'sign-in-failed', message }) },
    onAPIError: { errorURL: `${origin}/sign-in` },
    user: {
      modelName: 'person',
      // What the provider vouches for may be another address of theirs, and no other person's.
      validateUserInfo: ({ user: { id, email }, source }) => {
        const owner = email === undefined ? null : deps.store.personByEmail(email.toLowerCase())
        const isOthers = source.action === 'link-account' && owner !== null && owner.id !== id
        return isOthers ? { error: 'email_taken' } : undefined
      },
    },
    account: { accountLinking: { enabled: true, allowDifferentEmails: true } },
    session: {
      expiresIn: sessionSeconds,
      freshAge: freshSeconds,
      disableSessionRefresh: true,
      additionalFields: { gaveSecondFactor: { type: 'boolean', required: false, input: false } },
    },
    verification: { storeIdentifier: 'hashed' },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordCharsMin,
      maxPasswordLength: passwordCharsMax,
      password: { hash: hashPassword, verify: ({ password, hash }) => isPassword(password, hash) },
    },
    databaseHooks: hooksOf(deps),
    advanced: {
      // A browser takes such a cookie from this very host alone, over TLS, so no neighbour can plant one.
      cookiePrefix: isSecure ? '__Host-mart' : 'mart',
      useSecureCookies: false,
      defaultCookieAttributes: { secure: isSecure, httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: newId, validateSchema: false },
    },
    plugins: oidc === null ? [second, keys] : [second, keys, providerOf(oidc)],
  })
}

const newId = ({ model }: { readonly model: string }): string =>
  `${model === 'person' || model === 'user' ? 'per' : model.slice(0, 3).toLowerCase()}_${randomUUID().replaceAll('-', '')}`

/** Browsers know passkeys for names alone, and over TLS or on this machine. */
export function canHavePasskeys(origin: string): boolean {
  const { hostname, protocol } = new URL(origin)
  return isIP(hostname.replaceAll(/[[\]]/g, '')) === 0 && (protocol === 'https:' || hostname === 'localhost')
}

/** A passkey stands for two factors, so whoever uses one must have been recognised by its device. */
function demandUser(isVerified: boolean | undefined): void {
  if (isVerified !== true) throw new APIError('UNAUTHORIZED', { code: 'AUTHENTICATION_FAILED' })
}

/** The library asks for it behind a password alone; whoever has one set up is asked behind an OIDC provider as well. */
function secondFactorAtEveryDoor() {
  const plugin = twoFactor({ issuer: appName, allowPasswordless: true })
  const hook = plugin.hooks.after[0]!
  return {
    ...plugin,
    hooks: {
      after: [
        {
          ...hook,
          matcher: (context: Parameters<typeof hook.matcher>[0]) =>
            hook.matcher(context) || context.path === '/callback/:id',
        },
      ],
    },
  }
}

const providerOf = ({ issuer, clientId, clientSecret }: OidcSettings) =>
  genericOAuth({
    config: [
      {
        providerId: oidcProvider,
        discoveryUrl: `${issuer}/.well-known/openid-configuration`,
        clientId,
        clientSecret,
        scopes: ['openid', 'email', 'profile'],
        pkce: true,
        requireIdTokenVerification: true,
      },
    ],
  })

/** What opens a session with a second factor. An app's first code is one as well, and a passkey stands for both factors. */
const secondFactorPaths: ReadonlySet<string> = new Set([
  '/two-factor/verify-totp',
  '/two-factor/verify-backup-code',
  '/passkey/verify-authentication',
])

/** Whoever is new comes with an address that is known to be theirs. Of an account elsewhere only its id is kept. */
const hooksOf = ({ mayJoin }: AuthDeps): BetterAuthOptions['databaseHooks'] => ({
  user: {
    create: {
      before: ({ email, emailVerified }) => {
        if (!emailVerified) throw new APIError('FORBIDDEN', { code: 'email_not_verified' })
        if (!mayJoin(email)) throw new APIError('FORBIDDEN', { code: 'sign_up_closed' })
        return Promise.resolve()
      },
    },
  },
  // Also where the library copies a session: what it was opened with counts where that is still there.
  session: {
    create: {
      before: (session, context) =>
        Promise.resolve({ data: { ...session, gaveSecondFactor: secondFactorPaths.has(context?.path ?? '') } }),
    },
  },
  account: {
    create: { before: (account) => Promise.resolve({ data: { ...account, ...noTokens } }) },
    update: { before: (account) => Promise.resolve({ data: { ...account, ...noTokens } }) },
  },
})

const noTokens = {
  accessToken: null,
  refreshToken: null,
  idToken: null,
  accessTokenExpiresAt: null,
  refreshTokenExpiresAt: null,
}
