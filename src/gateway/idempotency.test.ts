import { describe, expect, test } from 'bun:test'
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { createTurns } from '../lib/turns.ts'
import { createIdempotencyKeys } from '../money/idempotency-keys.ts'
import { keyOf, settlementOf } from '../store/store-fixtures.ts'
import { genai } from './dialects/genai/envelope.ts'
import { generateContent } from './dialects/genai/generate.ts'
import { chatCompletions } from './dialects/openai/chat/completions.ts'
import { embeddings } from './dialects/openai/embeddings/embeddings.ts'
import { openai } from './dialects/openai/envelope.ts'
import { GatewayError } from './errors.ts'
import { claimKey, endClaim, freeClaim, idempotencyOf, type Claim } from './idempotency.ts'
import type { Inbound } from './operation.ts'

const key = keyOf({ id: 'key-1', organizationId: 'acme' })
const open = () => ({
  idempotencyKeys: createIdempotencyKeys({ now: () => 0 }),
  turns: createTurns(
    () => performance.now(),
    (error) => {
      throw error
    },
  ),
})
const requestWith = (value: string | null): HttpRequest =>
  ({ headers: { get: (name: string) => (name === 'idempotency-key' ? value : null), entries: () => [] } }) as never
const target = (changes: Partial<Inbound> = {}): Inbound => ({
  operation: chatCompletions,
  params: {},
  query: new URLSearchParams(),
  region: null,
  ...changes,
})
const textOf = ({ body }: HttpAnswer): string => (typeof body === 'string' ? body : '')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const claimOf = (value: string, requestId: string, deps: ReturnType<typeof open>): Claim =>
  claimKey(requestWith(value), { key, requestId }, deps)!
async function errorOf(work: () => unknown): Promise<GatewayError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('a request without the header claims nothing', () => {
  expect(claimKey(requestWith(null), { key, requestId: 'r1' }, open())).toBeNull()
})

describe('the key', () => {
  for (const value of ['a', '!', '~', 'x'.repeat(255), '"8e03978e-40d5-43e8-bc93-6894a57f9324"', 'a,b'])
    test(`may be ${value.slice(0, 40)} (${value.length})`, () => {
      expect(claimOf(value, 'r1', open()).text).toBe(value)
    })
  for (const value of ['', ' ', 'a b', 'a, a', 'x'.repeat(256), 'é', 'a\tb', '\u007f', '🦊'])
    test(`may not be ${JSON.stringify(value.slice(0, 40))} (${value.length})`, async () => {
      const error = await errorOf(() => claimOf(value, 'r1', open()))
      expect([error.code, error.details.param]).toEqual(['invalid_request', 'Idempotency-Key'])
      expect(error.message).toContain('1 to 255 visible ASCII characters')
    })
})

const use = async (deps: ReturnType<typeof open>, body = bytes('{}'), asked = target()): Promise<void> => {
  const idempotency = await idempotencyOf(claimOf('k', 'r1', deps), asked, body, deps)
  endClaim(settlementOf({ requestId: 'r1', organizationId: 'acme', chargeNano: '278250', idempotency }), deps)
}

test('while the first request is under way, a repeat is asked to come again, in each dialect', async () => {
  const deps = open()
  claimOf('k', 'r1', deps)
  const error = await errorOf(() => claimOf('k', 'r2', deps))
  const [toOpenai, toGenai] = [openai.errorAnswer(error), genai.errorAnswer(error)]
  expect([toOpenai.status, toGenai.status]).toEqual([409, 409])
  for (const answer of [toOpenai, toGenai]) {
    expect(answer.headers).toMatchObject({ 'retry-after-ms': '2000', 'x-should-retry': 'true', 'retry-after': '2' })
    expect(textOf(answer)).toContain('request r1')
  }
  expect(JSON.parse(textOf(toOpenai))).toMatchObject({
    error: { code: 'idempotency_key_in_use', first_request_id: 'r1' },
  })
  expect(JSON.parse(textOf(toGenai))).toMatchObject({
    error: {
      code: 409,
      status: 'ABORTED',
      details: [{ reason: 'IDEMPOTENCY_KEY_IN_USE', metadata: { first_request_id: 'r1' } }, { retryDelay: '2s' }],
    },
  })
})

test('a used key names the first request, its charge and its receipt, and no SDK asks again', async () => {
  const deps = open()
  await use(deps)
  const error = await errorOf(() => idempotencyOf(claimOf('k', 'r2', deps), target(), bytes('{}'), deps))
  const [toOpenai, toGenai] = [openai.errorAnswer(error), genai.errorAnswer(error)]
  const facts = { first_request_id: 'r1', charge_usd: '0.00027825', receipt: '/v1/receipts/r1' }
  expect([toOpenai.status, toGenai.status]).toEqual([409, 409])
  for (const { headers } of [toOpenai, toGenai]) {
    expect(headers['x-should-retry']).toBe('false')
    expect(headers['retry-after']).toBeUndefined()
  }
  expect(error.message).toContain('GET /v1/receipts/r1')
  expect(JSON.parse(textOf(toOpenai))).toMatchObject({ error: { code: 'idempotency_key_used', ...facts } })
  expect(JSON.parse(textOf(toGenai))).toMatchObject({
    error: { status: 'ALREADY_EXISTS', details: [{ reason: 'IDEMPOTENCY_KEY_USED', metadata: facts }] },
  })
})

describe('a used key that comes with another call is told so, naming the first request', () => {
  const others: readonly (readonly [string, Inbound, string])[] = [
    ['another body', target(), '{ }'],
    ['another operation', target({ operation: embeddings }), '{}'],
    ['another dialect', target({ operation: generateContent, params: { model: 'm' } }), '{}'],
    ['another deployment in the URL', target({ params: { deployment: 'm' } }), '{}'],
    ['another region', target({ region: 'eu' }), '{}'],
  ]
  for (const [name, asked, body] of others)
    test(name, async () => {
      const deps = open()
      await use(deps)
      const error = await errorOf(() => idempotencyOf(claimOf('k', 'r2', deps), asked, bytes(body), deps))
      expect(error.code).toBe('idempotency_key_reused')
      expect(error.details.facts).toMatchObject({ first_request_id: 'r1' })
      const [toOpenai, toGenai] = [openai.errorAnswer(error), genai.errorAnswer(error)]
      expect([toOpenai.status, toGenai.status]).toEqual([422, 400])
      expect(textOf(toGenai)).toContain('IDEMPOTENCY_KEY_REUSED')
    })
})

test('a large body counts to its last byte', async () => {
  const deps = open()
  const body = new Uint8Array(1_000_000).fill(97)
  await use(deps, body)
  const codeOf = async (sent: Uint8Array) =>
    (await errorOf(() => idempotencyOf(claimOf('k', 'r2', deps), target(), sent, deps))).code
  expect(await codeOf(body.slice())).toBe('idempotency_key_used')
  const other = body.slice()
  other[999_999] = 98
  expect(await codeOf(other)).toBe('idempotency_key_reused')
})

test('neither the key nor what was asked can be told from what is kept: the same call under another key has another fingerprint', async () => {
  const deps = open()
  const kept = await Promise.all(
    ['k-one', 'k-two'].map((value) => idempotencyOf(claimOf(value, 'r1', deps), target(), bytes('{}'), deps)),
  )
  expect(kept[0]!.fingerprint).not.toBe(kept[1]!.fingerprint)
  expect(JSON.stringify(kept)).not.toContain('k-one')
})

test('what was not served gives its key back: never admitted, refused, failed, or left before there was anything to pay', async () => {
  const deps = open()
  freeClaim(claimOf('k', 'r1', deps), deps)
  for (const ending of ['upstream-refused', 'upstream-failed', 'client-left'] as const) {
    const idempotency = await idempotencyOf(claimOf('k', ending, deps), target(), bytes('{}'), deps)
    const settled = { requestId: ending, organizationId: 'acme', chargeNano: '0', ending, idempotency }
    endClaim(settlementOf(settled), deps)
  }
  expect(claimOf('k', 'r5', deps).first).toBeNull()
})
