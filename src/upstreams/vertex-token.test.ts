/** The token source against a token endpoint of its own, which checks what Google checks. */
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { generateKeyPairSync, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secret } from '../lib/secret.ts'
import { createAdapter } from './providers.ts'
import { called } from './test-adapters.ts'
import { createTokenSource, type TokenSource } from './vertex-token.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const privateKey: string = keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
const keyFile = { client_email: 'sa@acme.iam.gserviceaccount.com', private_key: privateKey, private_key_id: 'key-1' }
const serviceAccount = new Secret(JSON.stringify(keyFile))
const epochMs = Date.parse('2026-11-01T00:00:00Z')

let elapsedMs = 0
const clock = { now: () => epochMs + elapsedMs, monotonic: () => elapsedMs }
const pass = (ms: number): void => {
  elapsedMs += ms
}

type Assertion = {
  readonly header: unknown
  readonly claims: Readonly<Record<string, unknown>>
  readonly isSigned: boolean
}
let assertions: Assertion[] = []
/** What the endpoint answers; null: a token. */
let instead: { status: number; body: string } | null = null
let minted = 0

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text
}

const server = createServer((request, response) => {
  void textOf(request).then((text) => {
    const form = new URLSearchParams(text)
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const read = (part: string): never => JSON.parse(Buffer.from(part, 'base64url').toString()) as never
    const signed = Buffer.from(`${header}.${claims}`)
    const isSigned = verify('RSA-SHA256', signed, keys.publicKey, Buffer.from(signature, 'base64url'))
    assertions.push({ header: read(header), claims: read(claims), isSigned })
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    minted += 1
    const granted = { access_token: `ya29.token-${minted}`, expires_in: 3_599, token_type: 'Bearer' }
    response.writeHead(instead?.status ?? 200, { 'content-type': 'application/json' })
    response.end(instead?.body ?? JSON.stringify(granted))
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
afterAll(() => server.close())

let source: TokenSource
beforeEach(() => {
  elapsedMs = 0
  minted = 0
  assertions = []
  instead = null
  answered = 0
  source = createTokenSource(serviceAccount, tokenUrl, { fetch: counted, clock })
})
const token = async (): Promise<string> => source.token()
/** Whose answers have come whole, so that nothing but turns of this thread stands between them and what becomes of them. */
let answered = 0
const counted = (async (...asked: Parameters<typeof fetch>) => {
  const response = await fetch(...asked)
  const text = await response.text()
  answered += 1
  return new Response(text, response)
}) as typeof fetch
/** Until what was begun in the background is done. */
const settled = async (calls: number): Promise<void> => {
  while (answered < calls) await new Promise((resolve) => setTimeout(resolve, 1))
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}
const failure = async (): Promise<string> => {
  try {
    return `no failure: ${await source.token()}`
  } catch (error) {
    expect(Bun.inspect(error, { depth: 9 })).not.toMatch(/PRIVATE KEY|ya29|sa@acme|eyJ/)
    return (error as Error).message
  }
}

describe('the exchange', () => {
  test('is of a signed assertion that says what Google asks for', async () => {
    expect(await token()).toBe('ya29.token-1')
    const issuedAt = epochMs / 1_000
    expect(assertions).toEqual([
      {
        header: { alg: 'RS256', typ: 'JWT', kid: 'key-1' },
        claims: {
          iss: keyFile.client_email,
          scope: 'https://www.googleapis.com/auth/cloud-platform',
          aud: 'https://oauth2.googleapis.com/token',
          iat: issuedAt,
          exp: issuedAt + 3_600,
        },
        isSigned: true,
      },
    ])
  })

  test('is made once for all who wait, and once for an hour', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 50 }, token)))).toEqual(new Set(['ya29.token-1']))
    pass(54 * 60_000)
    expect(source.token()).toBe('ya29.token-1')
    expect(assertions).toHaveLength(1)
  })
})

describe('renewal', () => {
  test('begins five minutes early, in the background, while the old token serves', async () => {
    await token()
    pass(3_599_000 - 5 * 60_000 - 1)
    expect(source.token()).toBe('ya29.token-1')
    expect(assertions).toHaveLength(1)
    pass(1)
    for (let times = 0; times < 10; times += 1) expect(source.token()).toBe('ya29.token-1')
    await settled(2)
    expect(source.token()).toBe('ya29.token-2')
    expect(assertions).toHaveLength(2)
  })

  test('that fails leaves the old token until its end, and is tried again after a pause', async () => {
    await token()
    instead = { status: 503, body: 'busy' }
    pass(3_599_000 - 4 * 60_000)
    expect(source.token()).toBe('ya29.token-1')
    await settled(2)
    for (let times = 0; times < 10; times += 1) expect(source.token()).toBe('ya29.token-1')
    await settled(2)
    expect(assertions).toHaveLength(2)
    pass(1_001)
    expect(source.token()).toBe('ya29.token-1')
    await settled(3)
    pass(3 * 60_000)
    instead = null
    expect(source.token()).toBe('ya29.token-1')
    await settled(4)
    expect(source.token()).toBe('ya29.token-4')
  })

  test('is waited for once the old token has ended', async () => {
    await token()
    pass(3_599_000)
    const next = source.token()
    expect(next).toBeInstanceOf(Promise)
    expect(await next).toBe('ya29.token-2')
  })
})

describe('a failure', () => {
  test('is told by its code alone, and answered without asking again for a while', async () => {
    instead = {
      status: 400,
      body: JSON.stringify({ error: 'invalid_grant', error_description: `of ${keyFile.client_email}` }),
    }
    expect(await failure()).toBe('the token endpoint answered 400 (invalid_grant)')
    expect(await failure()).toBe('the token endpoint answered 400 (invalid_grant); it is asked again shortly')
    expect(assertions).toHaveLength(1)
  })

  test('makes pauses that grow up to a minute, with jitter', async () => {
    instead = { status: 500, body: '' }
    for (const [failures, pauseMsMax] of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].entries()) {
      expect(await failure()).toBe('the token endpoint answered 500')
      pass(pauseMsMax / 2 - 1)
      expect(await failure()).toEndWith('shortly')
      expect(assertions).toHaveLength(failures + 1)
      pass(pauseMsMax / 2 + 1)
    }
  })

  test('is over with the first token that is had', async () => {
    instead = { status: 500, body: '' }
    await failure()
    instead = null
    pass(1_001)
    expect(await token()).toBe('ya29.token-2')
  })

  test('of what is no token, no JSON, or no answer, is one too', async () => {
    instead = { status: 200, body: '{"access_token":""}' }
    expect(await failure()).toBe('the token endpoint answered 200')
    source = createTokenSource(serviceAccount, 'http://127.0.0.1:1/token', { fetch, clock })
    expect(await failure()).toStartWith('the token endpoint cannot be reached (')
    const timedOut = new DOMException('The operation timed out.', 'TimeoutError')
    const stuck = ((_: unknown, { signal }: RequestInit) =>
      signal ? Promise.reject(timedOut) : Promise.resolve(new Response())) as unknown as typeof fetch
    source = createTokenSource(serviceAccount, tokenUrl, { fetch: stuck, clock })
    expect(await failure()).toBe('the token endpoint cannot be reached (TimeoutError)')
  })

  test('of a key file that is none shows nothing of it', async () => {
    const broken = [
      'PRIVATE KEY',
      '{"client_email":"sa@acme"',
      JSON.stringify({ ...keyFile, private_key: undefined }),
      JSON.stringify([keyFile]),
    ]
    for (const text of broken) {
      source = createTokenSource(new Secret(text), tokenUrl, { fetch, clock })
      expect(await failure()).toBe(
        'the service account is not the JSON of a key file with client_email and private_key',
      )
    }
    const badKey = JSON.stringify({ ...keyFile, private_key: privateKey.replace(/[A-Za-z]{20}/, 'PRIVATE KEY') })
    source = createTokenSource(new Secret(badKey), tokenUrl, { fetch, clock })
    expect(await failure()).toBe('the private key of the service account cannot be used')
    expect(assertions).toHaveLength(0)
  })
})

describe('a token that was refused', () => {
  test('is forgotten, once for all calls that it was refused to', async () => {
    expect(source.forget()).toBe(false)
    await token()
    expect([source.forget(), source.forget()]).toEqual([true, true])
    expect(await token()).toBe('ya29.token-2')
    // One of those that were under way with the first token: the second one may serve it.
    expect(source.forget()).toBe(true)
    expect(source.token()).toBe('ya29.token-2')
    pass(10_000)
    expect(source.forget()).toBe(true)
    expect(await token()).toBe('ya29.token-3')
    expect(assertions).toHaveLength(3)
  })

  test('is replaced by way of the adapter', async () => {
    const adapter = createAdapter(
      { kind: 'vertex-ai', project: 'acme', location: 'eu', serviceAccount, tokenUrl },
      { fetch, clock, builtIn: () => '' },
    )
    const call = called({ dialect: 'genai', path: '/models/x:generateContent' })
    expect((await adapter.address(call)).headers['authorization']).toBe('Bearer ya29.token-1')
    // With a token at hand nothing waits.
    expect(adapter.address(call)).not.toBeInstanceOf(Promise)
    expect(adapter.renewCredential()).toBe(true)
    expect((await adapter.address(call)).headers['authorization']).toBe('Bearer ya29.token-2')
    expect(Bun.inspect(adapter, { depth: 9 }) + JSON.stringify(adapter)).not.toMatch(/PRIVATE KEY|ya29/)
  })
})
