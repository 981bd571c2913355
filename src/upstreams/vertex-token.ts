/**
 * Access tokens of a Google service account: a signed JWT is exchanged for a token of an hour
 * (https://developers.google.com/identity/protocols/oauth2/service-account#httprest). One exchange at a
 * time, shared by whoever waits; renewed some minutes early while the old token still serves. No error
 * of it holds any part of a key or token.
 */
import { createSign } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'

export type TokenSource = {
  /** A token that is accepted now. Waits only where there is none yet. Rejects when none can be had. */
  readonly token: () => string | Promise<string>
  /** Forgets a token that was refused; true when the next one may be accepted. */
  readonly forget: () => boolean
}

type TokenDeps = { readonly fetch: typeof fetch; readonly clock: Clock }

/** Authentication only: no customer's data goes there, so it is the same one for every region. */
export const googleTokenUrl = 'https://oauth2.googleapis.com/token'

/** Before its end a token is renewed, so that nobody waits for the next one. */
const earlyMs = 5 * 60_000
/** After an exchange that failed, doubled each time. */
const pauseMsMin = 1_000
const pauseMsMax = 60_000
/** Calls that were under way with a token when it was forgotten are refused one after the other: they ask for one new token. */
const stragglersMs = 10_000

type Held = { readonly token: string; readonly renewAt: number; readonly endsAt: number }

export function createTokenSource(serviceAccount: Secret, tokenUrl: string, deps: TokenDeps): TokenSource {
  const now = (): number => deps.clock.monotonic()
  let held: Held | null = null
  let underWay: Promise<string> | null = null
  let forgottenAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let pausedUntil = Number.NEGATIVE_INFINITY
  let lastFailure = new Error()

  async function exchange(): Promise<string> {
    const begunAt = now()
    if (begunAt < pausedUntil) throw againLater(lastFailure)
    try {
      const { access_token: token, expires_in: seconds } = await requestToken(serviceAccount, tokenUrl, deps)
      const lifeMs = seconds * 1_000
      // A token of a short life, as other servers than Google's may give, is renewed at four fifths of it.
      held = { token, renewAt: begunAt + Math.max(lifeMs - earlyMs, lifeMs * 0.8), endsAt: begunAt + lifeMs }
      failures = 0
      return token
    } catch (error) {
      // With jitter, so that many gateways do not come back together.
      pausedUntil = now() + Math.min(pauseMsMin * 2 ** failures, pauseMsMax) * (0.5 + Math.random() / 2)
      failures += 1
      lastFailure = error as Error
      throw error
    }
  }
  const renewed = (): Promise<string> =>
    (underWay ??= exchange().finally(() => {
      underWay = null
    }))
  return {
    token() {
      if (!held || now() >= held.endsAt) return renewed()
      // Should it fail, the token that is there serves until its end, and whoever comes after the pause tries again.
      if (now() >= Math.max(held.renewAt, pausedUntil)) renewed().catch(() => undefined)
      return held.token
    },
    forget() {
      if (now() < forgottenAt + stragglersMs) return true
      if (!held) return false
      held = null
      forgottenAt = now()
      return true
    },
  }
}

/** The same failure, without another call. */
function againLater(failure: Error): Error {
  const message = `${failure.message}; it is asked again shortly`
  return failure instanceof CredentialError ? new CredentialError(message) : new Error(message)
}

/** The service account is not accepted, or is none: only an operator can mend it. */
export class CredentialError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CredentialError'
  }
}

// ---- The exchange --------------------------------------------------------------------------------

const exchangeMsMax = 10_000
const Grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
type Grant = z.infer<typeof Grant>

async function requestToken(serviceAccount: Secret, tokenUrl: string, { fetch, clock }: TokenDeps): Promise<Grant> {
  const assertion = assertionOf(serviceAccount, clock.now())
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
    signal: AbortSignal.timeout(exchangeMsMax),
    redirect: 'error',
  }).catch((error: unknown) => {
    // What a client says of a failed call is its own affair, and may quote it; its name for it tells enough.
    const { code, name } = error as { readonly code?: unknown; readonly name?: string }
    throw new Error(`the token endpoint cannot be reached (${typeof code === 'string' ? code : name})`)
  })
  const json: unknown = await response.json().catch(() => null)
  const granted = Grant.safeParse(json)
  if (response.ok && granted.success) return granted.data
  const message = `the token endpoint answered ${response.status}${errorCodeOf(json)}`
  throw response.status >= 400 && response.status < 404 ? new CredentialError(message) : new Error(message)
}

/** Google's own code, such as invalid_grant: its description may name the account. */
function errorCodeOf(json: unknown): string {
  const { error } = (json ?? {}) as { readonly error?: unknown }
  return typeof error === 'string' && /^\w{1,40}$/.test(error) ? ` (${error})` : ''
}

// ---- The assertion -------------------------------------------------------------------------------

const scope = 'https://www.googleapis.com/auth/cloud-platform'
const lifeSeconds = 3_600
const KeyFile = z.object({
  client_email: z.string().min(3),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
})

function assertionOf(serviceAccount: Secret, now: number): string {
  const { client_email: issuer, private_key: key, private_key_id: id } = keyFileOf(serviceAccount)
  const issuedAt = Math.floor(now / 1_000)
  const header = { alg: 'RS256', typ: 'JWT', ...(id !== undefined && { kid: id }) }
  // Whatever stands in front of it: Google is who reads it, and wants to see its own name.
  const claims = { iss: issuer, scope, aud: googleTokenUrl, iat: issuedAt, exp: issuedAt + lifeSeconds }
  const signed = [header, claims].map(base64url).join('.')
  try {
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`
  } catch {
    // What the library says of a key that it cannot read may quote it.
    throw new CredentialError('the private key of the service account cannot be used')
  }
}

function keyFileOf(serviceAccount: Secret): z.infer<typeof KeyFile> {
  try {
    return KeyFile.parse(JSON.parse(serviceAccount.reveal()))
  } catch {
    throw new CredentialError('the service account is not the JSON of a key file with client_email and private_key')
  }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
