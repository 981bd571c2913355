/** The doors of the sign-in library that are open, under `/api/auth`, and what may be said at each. Every other is shut. */
import { z } from 'zod'
import { Email, oidcProvider, Password } from './fields.ts'

export type Door = {
  readonly method: 'GET' | 'POST'
  /** null: nothing. */
  readonly body: z.ZodType | null
  /** What is handed to the library for it. */
  readonly sent?: (body: never) => unknown
  /** Whether an attempt at it is one at guessing. */
  readonly isAttempt: boolean
  /** Whether somebody is signed in behind it. */
  readonly signsIn?: true
  /** Who asks for the password again, the library or we; of whoever has none, a sign-in of the last hour is. */
  readonly proof?: 'library' | 'ours'
  /** Whether whoever is signed in changes something of their own by it. */
  readonly isChange?: true
  /** Whether what is changed by whoever is signed in is their second factors. */
  readonly isOfSecondFactors?: true
}

const code = z.string('a code').trim().min(1, 'a code').max(64, 'a code')
const id = z.string('an id').min(1, 'an id').max(200, 'an id')
const passkeyName = z.string('a name').trim().min(1, 'a name').max(100, 'at most 100 characters')
const credential = z.looseObject({ id: z.string('a credential') }, 'a credential')

export const SignIn = z.strictObject({ email: Email, password: Password })
const WithPassword = z.strictObject({ password: Password.optional() })
/** Where a browser goes behind a sign-in: a path of this server's. */
const OwnPath = z.string('a path of this server').refine(isOwnPath, 'a path of this server')
const WithProvider = z.strictObject({ returnTo: OwnPath.default('/dashboard') })

const look = { method: 'GET', body: null, isAttempt: false } as const
const ofSecondFactors = { isChange: true, isOfSecondFactors: true } as const
const post = (body: z.ZodType, more: Partial<Door> = {}): Door => ({ method: 'POST', body, isAttempt: false, ...more })

export const signOutPath = '/sign-out'
/** Where linking one's account at the provider begins. */
export const linkProviderPath = '/link-social'
/** Where a passkey is taken away. */
export const removePasskeyPath = '/passkey/delete-passkey'
/** Where adding a passkey begins. */
export const addPasskeyPath = '/passkey/generate-register-options'
/** Where it ends. */
export const addedPasskeyPath = '/passkey/verify-registration'

export const doors: Readonly<Record<string, Door>> = {
  '/sign-in/email': post(SignIn, { isAttempt: true, signsIn: true }),
  '/sign-in/social': post(WithProvider, {
    isAttempt: true,
    sent: ({ returnTo }: z.output<typeof WithProvider>) => ({
      provider: oidcProvider,
      callbackURL: returnTo,
      errorCallbackURL: '/sign-in',
      disableRedirect: true,
    }),
  }),
  [linkProviderPath]: post(WithPassword, {
    isAttempt: true,
    isChange: true,
    proof: 'ours',
    sent: () => ({
      provider: oidcProvider,
      callbackURL: '/account',
      errorCallbackURL: '/account',
      disableRedirect: true,
    }),
  }),
  [`/callback/${oidcProvider}`]: { ...look, isAttempt: true, signsIn: true },
  [signOutPath]: post(z.strictObject({})),
  '/two-factor/verify-totp': post(z.strictObject({ code }), {
    isAttempt: true,
    signsIn: true,
    isOfSecondFactors: true,
  }),
  '/two-factor/verify-backup-code': post(z.strictObject({ code }), { isAttempt: true, signsIn: true }),
  '/two-factor/enable': post(WithPassword, { isAttempt: true, ...ofSecondFactors }),
  '/two-factor/disable': post(WithPassword, { isAttempt: true, ...ofSecondFactors, proof: 'library' }),
  '/two-factor/generate-backup-codes': post(WithPassword, { isAttempt: true, ...ofSecondFactors, proof: 'library' }),
  '/passkey/generate-authenticate-options': { ...look, isAttempt: true },
  '/passkey/verify-authentication': post(z.strictObject({ response: credential }), { isAttempt: true, signsIn: true }),
  [addPasskeyPath]: { ...look, ...ofSecondFactors },
  [addedPasskeyPath]: post(z.strictObject({ response: credential, name: passkeyName }), ofSecondFactors),
  '/passkey/list-user-passkeys': look,
  '/passkey/update-passkey': post(z.strictObject({ id, name: passkeyName }), { isChange: true }),
  [removePasskeyPath]: post(z.strictObject({ id, password: Password.optional() }), {
    ...ofSecondFactors,
    sent: ({ id: passkey }: { readonly id: string }) => ({ id: passkey }),
    isAttempt: true,
    proof: 'ours',
  }),
}

/** A path here, and no way out: `//host`, `/\host` and what a browser makes of others, or a reader that decodes first, are none. */
export function isOwnPath(text: string): boolean {
  if (!/^\/[^\\\s]*$/.test(text) || /%(?:2f|5c)/i.test(text.split('?', 1)[0]!) || text.length > 2_000) return false
  try {
    const { origin, pathname } = new URL(text, 'http://own.invalid')
    return origin === 'http://own.invalid' && !pathname.startsWith('//')
  } catch {
    return false
  }
}
