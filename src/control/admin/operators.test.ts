import { expect, test } from 'bun:test'
import { hashOf } from '../../keys/virtual-key.ts'
import { changesPerMinuteMax } from './operators.ts'
import { startTestServer } from '../test-server.ts'

type Server = Awaited<ReturnType<typeof startTestServer>>

const tokenOf = (server: Server, body: object) => server.ask('POST', '/tokens', body)
const withToken = (server: Server, token: string, method: string, path: string) =>
  server.api.request(path, { method, headers: { authorization: `Bearer ${token}` } })

test('an operator token is shown once, stored as its hash, works from then on and after a restart, and not once revoked', async () => {
  const server = await startTestServer()
  const { status, json } = await tokenOf(server, { name: 'portal' })
  const { token, ...shown } = json
  expect(status).toBe(201)
  expect(token).toMatch(/^mart_op_[\w-]{43}$/)
  expect(shown).toMatchObject({
    name: 'portal',
    prefix: token.slice(0, 14),
    scopes: ['admin'],
    state: 'active',
    lastUsedAt: null,
  })
  expect((await server.ask('GET', '/tokens')).json['data']).toEqual([shown])

  expect((await withToken(server, token, 'GET', '/organizations')).status).toBe(200)
  const [stored] = await server.store.operatorTokens()
  expect(stored).toMatchObject({ hash: hashOf(token), lastUsedAt: server.time.now })
  const again = await startTestServer({ store: server.store, operatorTokens: [stored!] })
  expect((await withToken(again, token, 'GET', '/organizations')).status).toBe(200)

  const revoked = (await server.ask('POST', `/tokens/${json['id']}/revoke`)).json
  expect(revoked).toMatchObject({ state: 'revoked', revokedAt: '2026-11-23T08:15:00.000Z' })
  server.time.now += 1_000
  expect((await server.ask('POST', `/tokens/${json['id']}/revoke`)).json).toEqual(revoked)
  expect((await withToken(server, token, 'GET', '/organizations')).status).toBe(401)
  expect((await server.ask('POST', '/tokens/tok_x/revoke')).json['error'].code).toBe('token_not_found')
  expect(JSON.stringify([server.events, await server.ask('GET', '/tokens')]) + server.everythingStored()).not.toContain(
    token.slice('mart_op_xxxxxx'.length),
  )
})

test('the last use of a token is noted once a minute at most', async () => {
  const server = await startTestServer()
  const { token } = (await tokenOf(server, { name: 'busy' })).json as { token: string }
  const lastUsedAt = async () => (await server.store.operatorTokens())[0]!.lastUsedAt
  const start = server.time.now
  for (const [later, noted] of [
    [0, start],
    [59_999, start],
    [60_000, start + 60_000],
  ] as const) {
    server.time.now = start + later
    await withToken(server, token, 'GET', '/organizations')
    expect(await lastUsedAt()).toBe(noted)
  }
})

test('a token does what its scopes say and is refused the rest with the scope that it lacks: every route has one', async () => {
  const server = await startTestServer()
  const tokens = new Map<string, string>()
  for (const scope of ['admin', 'read', 'keys', 'credit'])
    tokens.set(scope, (await tokenOf(server, { name: scope, scopes: [scope] })).json['token'])
  const routes = server.api.routes.filter(({ method, path }) => method !== 'ALL' && path !== '/*')
  const needed = new Map<string, string>()
  for (const { method, path } of routes) {
    const allowed: string[] = []
    for (const [scope, token] of tokens) {
      const response = await withToken(server, token, method, path.replaceAll(/:\w+/g, 'x'))
      if (response.status !== 403) allowed.push(scope)
      else expect(((await response.json()) as { error: object }).error).toMatchObject({ code: 'scope_missing' })
    }
    needed.set(`${method} ${path}`, allowed.join())
  }
  expect(needed.size).toBeGreaterThan(20)
  const ofScope = (allowed: string) => [...needed].filter(([, each]) => each === allowed).map(([route]) => route)
  expect(ofScope('admin,keys')).toEqual([
    'POST /organizations/:id/keys',
    'PATCH /keys/:id',
    'POST /keys/:id/rotate',
    'POST /keys/:id/passes',
    'POST /passes/end',
    'POST /keys/:id/revoke',
  ])
  expect(ofScope('admin,credit')).toEqual(['POST /organizations/:id/grants', 'POST /organizations/:id/revocations'])
  // Proving the ledger changes nothing.
  expect(ofScope('admin,read').filter((route) => !route.startsWith('GET '))).toEqual(['POST /ledger/verification'])
  const others = ofScope('admin')
  expect(others).toContain('GET /tokens')
  expect(others).toContain('GET /audit')
  expect(others).toContain('POST /organizations/:id/suspend')
  expect(others.length + ofScope('admin,read').length + 8).toBe(needed.size)
  const message = (await (await withToken(server, tokens.get('read')!, 'POST', '/keys/x/revoke')).json()) as {
    error: { message: string }
  }
  expect(message.error.message).toContain('lacks the scope keys; it has read')
})

test('what makes a token is checked by name', async () => {
  const server = await startTestServer()
  for (const [body, field] of [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['root'] }, 'scopes'],
    [{ name: 'x', scope: 'read' }, 'scope'],
  ] as const) {
    const { status, json } = await tokenOf(server, body)
    expect([status, json['error'].field.split('.')[0]]).toEqual([400, field])
  }
  expect(await server.store.operatorTokens()).toEqual([])
})

test('wrong tokens are logged without what was sent and slowed down past sixty a minute, while right ones always pass', async () => {
  const server = await startTestServer()
  const asked = async (many: number) => {
    const statuses: number[] = []
    for (let index = 0; index < many; index += 1)
      statuses.push((await withToken(server, `mart_op_guess${index}`, 'GET', '/organizations')).status)
    return statuses
  }
  expect(new Set(await asked(60))).toEqual(new Set([401]))
  expect(new Set(await asked(30))).toEqual(new Set([429]))
  const limited = await withToken(server, 'mart_op_guess', 'GET', '/organizations')
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1'])
  expect((await server.ask('GET', '/organizations')).status).toBe(200)
  expect(server.events).toEqual(Array.from({ length: 60 }, () => ({ event: 'operator-token-refused' })))
  server.time.now += 1_000
  expect(await asked(2)).toEqual([401, 429])
})

test('a token that lasts changes six hundred things a minute; looking is not counted, and `mart` beside the server never waits', async () => {
  const server = await startTestServer()
  const { token } = (await tokenOf(server, { name: 'script' })).json as { token: string }
  const change = () => withToken(server, token, 'POST', '/organizations')
  for (let times = 0; times < changesPerMinuteMax; times += 1) expect((await change()).status).toBe(400)
  const refused = await change()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(((await refused.json()) as { error: object }).error).toMatchObject({ code: 'too_many_changes' })
  expect((await withToken(server, token, 'GET', '/organizations')).status).toBe(200)
  expect((await server.ask('POST', '/organizations', { name: 'Acme' })).status).toBe(201)
  server.time.now += 100
  expect((await change()).status).toBe(400)
})
