/** For tests: an OIDC provider with one person, who agrees at once. */
import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { OidcSettings } from './settings.ts'

export async function startTestProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }
  const nonces = new Map<string, string>()
  /** What it says of its person; a test may say otherwise. */
  const claims: Record<string, unknown> = {
    sub: 'subject-1',
    email: 'ann@example.com',
    email_verified: true,
    name: 'Ann',
  }
  const idToken = (all: Record<string, unknown>): string => {
    const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'one' })}.${part(all)}`
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`
  }
  const server = createServer((request, response) => void answer(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, issuer)
    const json = (value: unknown): unknown =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (pathname === '/.well-known/openid-configuration') return void json(discovery(issuer))
    if (pathname === '/jwks') return void json({ keys: [key] })
    if (pathname === '/authorize') {
      const code = randomUUID()
      nonces.set(code, searchParams.get('nonce') ?? '')
      const back = new URL(searchParams.get('redirect_uri')!)
      back.searchParams.set('code', code)
      back.searchParams.set('state', searchParams.get('state')!)
      return void response.writeHead(302, { location: back.href }).end()
    }
    const nonce = nonces.get(new URLSearchParams(await text(request)).get('code') ?? '')
    const now = Math.floor(Date.now() / 1_000)
    const all = { iss: issuer, aud: 'mart', iat: now, exp: now + 300, nonce, ...claims }
    return void json({ access_token: 'at-of-the-provider', token_type: 'Bearer', id_token: idToken(all) })
  }
  const settings: OidcSettings = { name: 'Acme SSO', issuer, clientId: 'mart', clientSecret: 'of the provider' }
  return { settings, claims, stop: () => server.close() }
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const discovery = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
})
