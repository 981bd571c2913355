/**
 * Access tokens of a Google service account: a signed JWT is exchanged for a token of an hour
 * (https://developers.google.com/identity/protocols/oauth2/service-account). One exchange at a time,
 * shared by whoever waits; renewed some minutes early while the old token still serves.
 */
import { createSign } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'

export type TokenSource = {
  /** A token that is accepted now. Waits only where there is none yet. Rejects without any part of a secret. */
  readonly token: () => string | Promise<string>
  /** Forgets a token that was refused; true when it was the current one, so that a fresh one may be accepted. */
  readonly forget: () => boolean
}

type TokenDeps = { readonly fetch: typeof fetch; readonly clock: Clock }

export const googleTokenUrl = 'https://oauth2.googleapis.com/token'
const scope = 'https://www.googleapis.com/auth/cloud-platform'
const lifeSeconds = 3_600
const earlyMs = 5 * 60_000
const exchangeMsMax = 10_000
/** After an exchange that failed; with jitter, doubled each time. */
const pauseMsMin = 1_000
const pauseMsMax = 60_000

const KeyFile = z.object({
  client_email: z.string().min(3),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
})
const Grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

export function createTokenSource(serviceAccount: Secret, tokenUrl: string, deps: TokenDeps): TokenSource {
  let current: { readonly token: string; readonly renewAt: number; readonly endsAt: number } | null = null
  let underWay: Promise<string> | null = null
  let failures = 0
  let pausedUntil = Number.NEGATIVE_INFINITY

  const exchange = async (): Promise<string> => {
    const now = deps.clock.monotonic()
    if (now < pausedUntil) throw new Error('the last exchange for an access token failed a moment ago')
    try {
      const { access_token: token, expires_in: seconds } = await requestToken(serviceAccount, tokenUrl, deps)
      const lifeMs = seconds * 1_000
      // Tokens of a short life, as some servers give them, are renewed at four fifths of it.
      const begunAt = deps.clock.monotonic()
      current = { token, renewAt: begunAt + Math.max(lifeMs - earlyMs, lifeMs * 0.8), endsAt: begunAt + lifeMs }
      failures = 0
      return token
    } catch (error) {
      const pauseMs = Math.min(pauseMsMin * 2 ** failures, pauseMsMax)
      pausedUntil = deps.clock.monotonic() + pauseMs * (0.5 + Math.random() / 2)
      failures += 1
      throw error
    }
  }
  const renewed = (): Promise<string> =>
    (underWay ??= exchange().finally(() => {
      underWay = null
    }))
  return {
    token() {
      const now = deps.clock.monotonic()
      if (!current || now >= current.endsAt) return renewed()
      // Whoever comes next tries again; the token that is there serves until its end.
      if (now >= current.renewAt) renewed().catch(() => undefined)
      return current.token
    },
    forget() {
      const hadOne = current !== null
      current = null
      pausedUntil = Number.NEGATIVE_INFINITY
      return hadOne
    },
  }
}

async function requestToken(serviceAccount: Secret, tokenUrl: string, { fetch, clock }: TokenDeps) {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertionOf(serviceAccount, tokenUrl, clock.now()),
    }).toString(),
    signal: AbortSignal.timeout(exchangeMsMax),
    redirect: 'error',
  })
  const json: unknown = await response.json().catch(() => null)
  const granted = Grant.safeParse(json)
  if (response.ok && granted.success) return granted.data
  const { error } = (json ?? {}) as { error?: unknown }
  // Google's own code, such as invalid_grant: the description may name the account.
  const code = typeof error === 'string' && /^\w{1,40}$/.test(error) ? ` (${error})` : ''
  throw new Error(`the token endpoint answered ${response.status}${code}`)
}

function assertionOf(serviceAccount: Secret, audience: string, now: number): string {
  const { client_email: issuer, private_key: key, private_key_id: id } = keyFileOf(serviceAccount)
  const issuedAt = Math.floor(now / 1_000)
  const claims = { iss: issuer, scope, aud: audience, iat: issuedAt, exp: issuedAt + lifeSeconds }
  const signed = [{ alg: 'RS256', typ: 'JWT', ...(id !== undefined && { kid: id }) }, claims].map(base64url).join('.')
  try {
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`
  } catch {
    // What the library says of a key that it cannot read may quote it.
    throw new Error('the private key of the service account cannot be used')
  }
}

function keyFileOf(serviceAccount: Secret): z.infer<typeof KeyFile> {
  try {
    return KeyFile.parse(JSON.parse(serviceAccount.reveal()))
  } catch {
    throw new Error('the service account is not the JSON of a key file with client_email and private_key')
  }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
