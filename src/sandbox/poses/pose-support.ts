/** What the tests of the poses share: a running sandbox, calls at its accounts, and what it saw of them. */
import { afterAll, beforeAll } from 'bun:test'
import { createSign, generateKeyPairSync } from 'node:crypto'
import { startSandbox, type Sandbox } from '../serve.ts'

/** Plain JSON, untyped: what is on the wire. */
// oxlint-disable-next-line typescript/no-explicit-any
type Wire = any

let sandbox: Sandbox
/** Call once in a test file: a sandbox for all of its tests. */
export function useSandbox(): void {
  beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })))
  afterAll(() => sandbox.stop())
}

export const sandboxUrl = (): string => sandbox.url

export type Got = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly bytes: Buffer
  readonly json: Wire
}

/** Sends a body, text as it is and anything else as JSON, and takes the whole answer. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Got> {
  const response = await fetch(sandbox.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const text = bytes.toString()
  return { status: response.status, headers: response.headers, text, bytes, json: jsonOf(text) }
}

function jsonOf(text: string): Wire {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Got> =>
  send('POST', path, body, headers)
export const control = (at: string, how: object): Promise<Got> => send('PUT', `/sandbox/accounts/${at}`, how)
export const restore = (at: string): Promise<Got> => send('DELETE', `/sandbox/accounts/${at}`)
export const account = async (at: string): Promise<Wire> => (await send('GET', `/sandbox/accounts/${at}`)).json
/** What was served under this `x-client-request-id`. */
export const servedAs = async (id: string): Promise<Wire> => (await send('GET', `/sandbox/requests/${id}`)).json.data

export const chat = (content: string, more: object = {}) => ({
  model: 'gpt-5.4-mini',
  messages: [{ role: 'user', content }],
  ...more,
})
export const contents = (text: string, more: object = {}) => ({
  contents: [{ role: 'user', parts: [{ text }] }],
  ...more,
})

/** The records of a stream of events, `[DONE]` left out. */
export const recordsOf = ({ text }: Got): Wire[] =>
  text
    .split(/\r?\n\r?\n/)
    .filter((record) => record.startsWith('data: {'))
    .map((record) => JSON.parse(record.slice(6)))

const keys = generateKeyPairSync('rsa', { modulusLength: 2_048 })
export const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' })
export const otherKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey

/** A signed assertion of the account's service account; `claims` replaces some of what it says. */
export function assertionOf(name: string, claims: object = {}, key = keys.privateKey): string {
  const iat = Math.floor(Date.now() / 1_000)
  const said = {
    iss: `sa-${name}@${name}.iam.gserviceaccount.com`,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: `${sandbox.url}/as/vertex/${name}/token`,
    iat,
    exp: iat + 3_600,
    ...claims,
  }
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })}.${part(said)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`
}

export const exchange = (name: string, assertion: string): Promise<Got> =>
  post(
    `/as/vertex/${name}/token`,
    new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded' },
  )

/** The headers of a call at a Vertex account, with a fresh token. */
export async function vertexHeaders(name: string): Promise<Record<string, string>> {
  await send('PUT', `/sandbox/accounts/vertex/${name}/public-key`, publicKey)
  const { json } = await exchange(name, assertionOf(name))
  return { authorization: `Bearer ${json.access_token}` }
}
