/** The part of the admin API that makes, lists and revokes operator tokens. What it changes holds on this node the moment it is answered. */
import type { Hono } from 'hono'
import { z } from 'zod'
import type { AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type { ListJson, TokenJson, TokenWithSecret } from '../contract.ts'
import { tokenJson } from './json-shapes.ts'
import { newOperatorToken, scopes, type Operators } from './operators.ts'
import { Name, readBody } from './read-input.ts'

const scopesAllowed = `one or more of ${scopes.join(', ')}`
const NewToken = z.strictObject({
  name: Name,
  scopes: z.array(z.enum(scopes, scopesAllowed), scopesAllowed).min(1, scopesAllowed).default(['admin']),
})
const NothingMore = z.strictObject({})
/** More than any installation has hands for. */
const tokensMax = 1_000

export function addTokenRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  api.post('/tokens', isAdmin, async (c) => {
    const input = await readBody(c.req.raw, NewToken)
    if (operators.activeMany() >= tokensMax) throw new AdminError('too_many_tokens')
    const { row, secret } = newOperatorToken(input.name, [...new Set(input.scopes)], deps.clock.now())
    await deps.store.createOperatorToken(row, operators.actorOf(c))
    operators.put(row)
    return c.json<TokenWithSecret>({ ...tokenJson(row), token: secret }, 201)
  })
  api.get('/tokens', isAdmin, async (c) => {
    const tokens = await deps.store.operatorTokens()
    return c.json<ListJson<TokenJson>>({ data: tokens.map(tokenJson) })
  })
  api.post('/tokens/:id/revoke', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const changes = { revokedAt: deps.clock.now() }
    const row = await deps.store.updateOperatorToken(c.req.param('id'), changes, operators.actorOf(c))
    operators.put(row)
    return c.json<TokenJson>(tokenJson(row))
  })
}
