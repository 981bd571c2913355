/**
 * Google's token endpoint: a service account's signed assertion for an access token
 * (https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests).
 */
import { verify } from 'node:crypto'
import { z } from 'zod'
import { mintToken, noteRefused, type Account } from '../accounts.ts'
import { freeJson, type Reply } from '../reply.ts'
import type { Posed } from './pose.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const cloudScope = 'https://www.googleapis.com/auth/cloud-platform'

/** POST /as/vertex/{account}/token */
export function exchangeToken(exchange: Posed): Reply {
  const { account, at } = exchange
  const problem = problemOf(exchange)
  if (problem) {
    noteRefused(account, problem.status)
    return freeJson({ error: problem.error, error_description: problem.why }, problem.status)
  }
  const { token, expiresIn } = mintToken(account, at)
  return freeJson({ access_token: token, expires_in: expiresIn, token_type: 'Bearer' })
}

type Problem = { readonly status: number; readonly error: string; readonly why: string }
const invalid = (why: string): Problem => ({ status: 400, error: 'invalid_grant', why })

function problemOf(exchange: Posed): Problem | null {
  const status = exchange.account.control.tokenStatus
  if (status !== undefined)
    return { status, error: status < 500 ? 'invalid_grant' : 'internal_failure', why: `Simulated ${status}.` }
  const form = new URLSearchParams(exchange.body)
  if (form.get('grant_type') !== grantType)
    return { status: 400, error: 'unsupported_grant_type', why: `Invalid grant_type: ${form.get('grant_type') ?? ''}` }
  const assertion = readAssertion(form.get('assertion') ?? '')
  if (!assertion) return invalid('Invalid JWT: Failed to parse the assertion.')
  return claimProblem(assertion.claims, exchange) ?? signatureProblem(assertion, exchange.account)
}

const Header = z.looseObject({ alg: z.literal('RS256') })
const Claims = z.looseObject({
  iss: z.string(),
  aud: z.string(),
  scope: z.string().optional(),
  iat: z.number(),
  exp: z.number(),
})
type Claims = z.output<typeof Claims>
type Assertion = { readonly claims: Claims; readonly signed: string; readonly signature: Buffer }

/** The parts of a JWT; null when it is none, or not signed with RS256. */
function readAssertion(assertion: string): Assertion | null {
  const [header = '', claims = '', signature = '', ...rest] = assertion.split('.')
  const read = Claims.safeParse(decoded(claims))
  if (rest.length > 0 || !read.success || !Header.safeParse(decoded(header)).success) return null
  return { claims: read.data, signed: `${header}.${claims}`, signature: Buffer.from(signature, 'base64url') }
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}

/** Google allows clocks to differ by so much. */
const skewSeconds = 300

function claimProblem({ iss, aud, scope, iat, exp }: Claims, { account, at, url }: Posed): Problem | null {
  const now = at / 1_000
  if (iss !== `sa-${account.name}@${account.name}.iam.gserviceaccount.com`)
    return invalid('Invalid grant: account not found')
  // The path alone: a test may come by another name of this host, or by way of a proxy.
  if (!aud.endsWith(url.pathname) && aud !== 'https://oauth2.googleapis.com/token')
    return invalid('Invalid JWT: audience is not the token endpoint.')
  if (!scope?.split(' ').includes(cloudScope))
    return { status: 400, error: 'invalid_scope', why: 'Invalid OAuth scope or ID token audience provided.' }
  if (exp > iat + 3_600 || exp <= now || iat > now + skewSeconds)
    return invalid(
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    )
  return null
}

function signatureProblem({ signed, signature }: Assertion, { publicKey }: Account): Problem | null {
  if (!publicKey) return invalid('Invalid grant: no public key is registered for this account.')
  const isValid = verify('RSA-SHA256', Buffer.from(signed), publicKey, signature)
  return isValid ? null : invalid('Invalid JWT Signature.')
}
