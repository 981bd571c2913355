/**
 * Who may use the admin API: whoever has the token in the data folder, which is new with every start and may do
 * everything, and whoever has an operator token, within its scopes. Tokens are known by their SHA-256 alone; that is
 * enough without salt or stretching, because a token is 256 random bits.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { createAllowances, takeOfEach } from '../../lib/allowances.ts'
import type { Clock } from '../../lib/clock.ts'
import { newGcra, take, waitMs } from '../../lib/gcra.ts'
import { inBackground, type Log } from '../../lib/log.ts'
import type { Actor, OperatorToken, Store } from '../../store/store.ts'
import { AdminError } from './error.ts'
import { insideActor } from '../inside-admin.ts'

/** `admin` is everything; `read` every look, the list of tokens excepted; `keys` and `credit` the changes to these. */
export const scopes = ['admin', 'read', 'keys', 'credit'] as const
export type Scope = (typeof scopes)[number]

export type Operators = {
  /** Lets a request in by its `Authorization`, and whatever comes from inside. Throws `unauthorized`, `too_many_wrong_tokens` or `too_many_changes`. */
  readonly admit: (c: Context) => void
  /** Lets a route be used only with a token that has this scope, or from inside; others get `scope_missing`. */
  readonly needs: (scope: Scope) => MiddlewareHandler
  /** Who asks, of those who were let in: what they change is theirs in the audit log. */
  readonly actorOf: (c: Context) => Actor
  /** Adds a token or replaces what was known of it. */
  readonly put: (token: OperatorToken) => void
  /** Tokens that are not revoked. */
  readonly activeMany: () => number
}

export type OperatorsDeps = {
  /** In the data folder. */
  readonly operatorToken: string
  readonly operatorTokens: readonly OperatorToken[]
  readonly store: Pick<Store, 'updateOperatorToken'>
  readonly clock: Clock
  readonly log: Log
}

/** Whoever reads the data folder, as `mart` beside the server does. */
const byFile: Actor = { kind: 'token', id: null, name: 'operator file' }

type Known = { readonly digest: Buffer; readonly token: OperatorToken | null }

/** Wrong tokens a minute that are answered and logged one by one; what is more gets 429. Right ones always pass. */
const wrongTokensPerMinuteMax = 60
/** Changes a minute by one token that lasts, which may come at once. `mart` beside the server has no such limit. */
export const changesPerMinuteMax = 600
/** The last use is noted this often. */
const noteMs = 60_000

export function createOperators(deps: OperatorsDeps): Operators {
  const { clock } = deps
  const byHash = new Map<string, Known>()
  const fileToken = hashOf(deps.operatorToken)
  byHash.set(fileToken, { digest: Buffer.from(fileToken), token: null })
  const notedAt = new Map<string, number>()
  const wrong = newGcra()
  const changes = createAllowances({ max: changesPerMinuteMax, wholeMs: 60_000 }, clock)
  const put = (token: OperatorToken): void => void byHash.set(token.hash, { digest: Buffer.from(token.hash), token })
  for (const token of deps.operatorTokens) put(token)

  const noteUse = ({ id }: OperatorToken): void => {
    const now = clock.now()
    if (now - (notedAt.get(id) ?? -Infinity) < noteMs) return
    notedAt.set(id, now)
    inBackground(deps.log, 'note-token-use', () => deps.store.updateOperatorToken(id, { lastUsedAt: now }))
  }
  return {
    admit(c) {
      if (insideActor(c)) return
      const known = find(byHash, c.req.header('authorization'))
      if (!known) throw refuse(wrong, deps)
      if (!known.token) return
      const retryAfterMs = c.req.method === 'GET' ? 0 : takeOfEach([[changes, known.token.id]])
      if (retryAfterMs > 0) throw new AdminError('too_many_changes', { retryAfterMs })
      noteUse(known.token)
    },
    needs: (scope) => async (c, next) => {
      const token = insideActor(c) ? null : (find(byHash, c.req.header('authorization'))?.token ?? null)
      if (token && !token.scopes.includes('admin') && !token.scopes.includes(scope)) throw scopeMissing(token, scope)
      await next()
    },
    actorOf(c) {
      const token = find(byHash, c.req.header('authorization'))?.token ?? null
      return insideActor(c) ?? (token === null ? byFile : { kind: 'token', id: token.id, name: token.name })
    },
    put,
    activeMany: () => [...byHash.values()].filter(({ token }) => token?.revokedAt === null).length,
  }
}

const scheme = 'Bearer '
const nothing = Buffer.alloc(64)

/** As much work for a wrong token as for a right one. */
function find(byHash: ReadonlyMap<string, Known>, authorization = ''): Known | null {
  const given = hashOf(authorization.startsWith(scheme) ? authorization.slice(scheme.length) : '')
  const known = byHash.get(given)
  const isSame = timingSafeEqual(known?.digest ?? nothing, Buffer.from(given))
  return known && isSame && (known.token?.revokedAt ?? null) === null ? known : null
}

function refuse(wrong: ReturnType<typeof newGcra>, { clock, log }: Pick<OperatorsDeps, 'clock' | 'log'>): AdminError {
  const now = clock.monotonic()
  const wait = waitMs(wrong, wrongTokensPerMinuteMax, 1, now)
  if (wait > 0) return new AdminError('too_many_wrong_tokens', { retryAfterMs: wait })
  take(wrong, wrongTokensPerMinuteMax, 1, now)
  log.error({ event: 'operator-token-refused' })
  return new AdminError('unauthorized')
}

const scopeMissing = ({ scopes: had }: OperatorToken, scope: Scope): AdminError =>
  new AdminError('scope_missing', {
    message: `This operator token lacks the scope ${scope}; it has ${had.join(', ')}. \`mart token create --scope\` makes another.`,
  })

const prefixChars = 'mart_op_'.length + 6

/** A new token, whose secret is kept nowhere else. */
export function newOperatorToken(
  name: string,
  granted: readonly Scope[],
  now: number,
): { readonly row: OperatorToken; readonly secret: string } {
  const secret = `mart_op_${randomBytes(32).toString('base64url')}`
  const row = {
    id: `tok_${randomUUID().replaceAll('-', '')}`,
    name,
    prefix: secret.slice(0, prefixChars),
    hash: hashOf(secret),
    scopes: granted,
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
  }
  return { row, secret }
}

const hashOf = (secret: string): string => hash('sha256', secret, 'hex')
