import { describe, expect, test } from 'bun:test'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { createTurns } from '../lib/turns.ts'
import { createIdempotencyKeys } from '../money/idempotency-keys.ts'
import type { MadeResource } from '../store/resources.ts'
import type { Ending } from '../store/store.ts'
import { keyOf, settlementOf } from '../store/store-fixtures.ts'
import { genai } from './dialects/genai/envelope.ts'
import { generateContent } from './dialects/genai/generate.ts'
import { chatCompletions } from './dialects/openai/chat/completions.ts'
import { embeddings } from './dialects/openai/embeddings/embeddings.ts'
import { openai } from './dialects/openai/envelope.ts'
import { GatewayError } from './errors.ts'
import { claimKey, endClaim, freeClaim, readKey, used, type Claim, type Claimed } from './idempotency.ts'
import type { Inbound } from './operation.ts'

const key = keyOf({ id: 'key-1', organizationId: 'acme' })
const open = () => {
  const dropped: string[] = []
  return {
    dropped,
    idempotencyKeys: createIdempotencyKeys({ now: () => 0 }),
    keptAnswers: { begin: () => null, find: () => Promise.resolve(null), drop: (id: string) => void dropped.push(id) },
    idempotency: { answers: 'kept', answerBytesMax: 0, organizationBytesMax: 0, bytesMax: 0, waitMsMax: 60_000 },
    turns: createTurns(
      () => performance.now(),
      (error) => {
        throw error
      },
    ),
  } as const
}
/** A request whose client can be made to leave. */
function requestWith(value: string | null) {
  const left: (() => void)[] = []
  return {
    headers: { get: (name: string) => (name === 'idempotency-key' ? value : null), entries: () => [] },
    onLeave: (listener: () => void) => left.push(listener),
    leave: () => left.forEach((listener) => listener()),
  }
}
const target = (changes: Partial<Inbound> = {}): Inbound => ({
  operation: chatCompletions,
  params: {},
  query: new URLSearchParams(),
  region: null,
  ...changes,
})
const textOf = ({ body }: HttpAnswer): string => (typeof body === 'string' ? body : '')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const keyIn = (value: string | null, requestId = 'r1'): Claim | null =>
  readKey(requestWith(value) as never, { key, requestId })
type Deps = Omit<ReturnType<typeof open>, 'idempotency'> & { readonly idempotency: { readonly waitMsMax: number } }
/** A claim for what is asked, which is `{}` unless said. */
const claim = (
  requestId: string,
  deps: Deps,
  { asked = target(), body = bytes('{}'), request = requestWith('k') } = {},
): Promise<Claimed> =>
  claimKey(keyIn('k', requestId)!, { request: request as never, inbound: asked, body }, deps as never)
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
  expect(keyIn(null)).toBeNull()
})

describe('the key', () => {
  for (const value of ['a', '!', '~', 'x'.repeat(255), '"8e03978e-40d5-43e8-bc93-6894a57f9324"', 'a,b'])
    test(`may be ${value.slice(0, 40)} (${value.length})`, () => {
      expect(keyIn(value)!.text).toBe(value)
    })
  for (const value of ['', ' ', 'a b', 'a, a', 'x'.repeat(256), 'é', 'a\tb', '\u007f', '🦊'])
    test(`may not be ${JSON.stringify(value.slice(0, 40))} (${value.length})`, async () => {
      const error = await errorOf(() => keyIn(value))
      expect([error.code, error.details.param]).toEqual(['invalid_request', 'Idempotency-Key'])
      expect(error.message).toContain('1 to 255 visible ASCII characters')
    })
})

/** Ends the request that has the key, charged or for nothing. */
const end = (
  claimed: Claimed,
  deps: Deps,
  {
    requestId = 'r1',
    chargeNano = '278250',
    ending = 'completed',
  }: { requestId?: string; chargeNano?: string; ending?: Ending } = {},
): void => {
  if (claimed.state !== 'held') throw new Error(`${requestId} does not have the key`)
  const { idempotency } = claimed
  endClaim(settlementOf({ requestId, organizationId: 'acme', chargeNano, ending, idempotency }), deps)
}

describe('a repeat of a call that is under way', () => {
  test('waits, and is given the first request once that has used up the key', async () => {
    const deps = open()
    const first = await claim('r1', deps)
    const second = claim('r2', deps)
    expect(await settledSoon(second)).toBe(false)
    end(first, deps)
    expect(await second).toMatchObject({
      state: 'used',
      hasWaited: true,
      first: { requestId: 'r1', chargeNano: '278250' },
    })
    expect(await claim('r3', deps)).toMatchObject({ state: 'used', hasWaited: false, first: { requestId: 'r1' } })
  })

  test('has the key itself where the first owes nothing: one of many, and the others wait for that one', async () => {
    const deps = open()
    const first = await claim('r1', deps)
    const [second, third] = [claim('r2', deps), claim('r3', deps)]
    await settledSoon(third)
    end(first, deps, { chargeNano: '0', ending: 'upstream-failed' })
    expect(await second).toMatchObject({ state: 'held', hasWaited: true })
    expect(await settledSoon(third)).toBe(false)
    end(await second, deps, { requestId: 'r2' })
    expect(await third).toMatchObject({ state: 'used', first: { requestId: 'r2' } })
  })

  test('has it as well where the first was never admitted', async () => {
    const deps = open()
    await claim('r1', deps)
    const second = claim('r2', deps)
    await settledSoon(second)
    freeClaim(keyIn('k', 'r1'), deps)
    expect(await second).toMatchObject({ state: 'held' })
  })

  test('waits no longer than is allowed, and is asked to come again, in each dialect', async () => {
    const deps = { ...open(), idempotency: { waitMsMax: 5 } }
    await claim('r1', deps)
    const error = await errorOf(() => claim('r2', deps))
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
        details: [
          { reason: 'IDEMPOTENCY_KEY_IN_USE', metadata: { first_request_id: 'r1' } },
          { retryDelay: '2s' },
          { links: [{ url: '/docs/errors/idempotency_key_in_use' }] },
        ],
      },
    })
  })

  test('leaves its waiting when its client leaves, and another has the key then', async () => {
    const deps = open()
    const first = await claim('r1', deps)
    const request = requestWith('k')
    const second = claim('r2', deps, { request })
    const third = claim('r3', deps)
    await settledSoon(third)
    request.leave()
    expect((await errorOf(() => second)).code).toBe('idempotency_key_in_use')
    end(first, deps, { chargeNano: '0', ending: 'client-left' })
    expect(await third).toMatchObject({ state: 'held' })
  })
})

/** Whether it is settled after a turn of the event loop. */
const settledSoon = (promise: Promise<unknown>): Promise<boolean> => {
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, new Promise<false>((resolve) => setTimeout(() => resolve(false), 10))])
}

test('a used key whose answer is not kept names the first request, its charge and its receipt, and no SDK asks again', async () => {
  const deps = open()
  end(await claim('r1', deps), deps)
  const claimed = await claim('r2', deps)
  if (claimed.state !== 'used') throw new Error('the key is not used')
  const error = used(claimed.first)
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
    error: {
      status: 'ALREADY_EXISTS',
      details: [{ reason: 'IDEMPOTENCY_KEY_USED', metadata: facts }, { links: [{}] }],
    },
  })
})

test('a used key whose request began a job tells the job’s id and where its charge will stand, and no charge that is not the last word', async () => {
  const deps = open()
  const first = await claim('r1', deps)
  if (first.state !== 'held') throw new Error('the key is not held')
  const made = { kind: 'response', id: 'resp_1' } as MadeResource
  const { idempotency } = first
  const reserved = { requestId: 'r1', organizationId: 'acme', chargeNano: '0', ending: 'reserved' } as const
  endClaim(settlementOf({ ...reserved, idempotency, resources: [made] }), deps)
  const again = await claim('r2', deps)
  if (again.state !== 'used') throw new Error('the key is not used')
  const refusals = [used(again.first), await errorOf(() => claim('r3', deps, { body: bytes('{ }') }))]
  for (const { message, details } of refusals) {
    expect(details.facts).toEqual({ first_request_id: 'r1', job_id: 'resp_1', receipt: '/v1/receipts/r1' })
    expect(message).toContain('began resp_1, charged once when that has ended (receipt at GET /v1/receipts/r1)')
    expect(message).not.toContain('$')
  }
})

describe('a key that comes with another call is told so, naming the first request, whether that has ended or not', () => {
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
      const first = await claim('r1', deps)
      const refused = async () => errorOf(() => claim('r2', deps, { asked, body: bytes(body) }))
      const meanwhile = await refused()
      end(first, deps)
      for (const error of [meanwhile, await refused()]) {
        expect(error.code).toBe('idempotency_key_reused')
        expect(error.details.facts).toMatchObject({ first_request_id: 'r1' })
        const [toOpenai, toGenai] = [openai.errorAnswer(error), genai.errorAnswer(error)]
        expect([toOpenai.status, toGenai.status]).toEqual([422, 400])
        expect(textOf(toGenai)).toContain('IDEMPOTENCY_KEY_REUSED')
      }
    })
})

test('a large body counts to its last byte', async () => {
  const deps = open()
  const body = new Uint8Array(1_000_000).fill(97)
  end(await claim('r1', deps, { body }), deps)
  expect(await claim('r2', deps, { body: body.slice() })).toMatchObject({ state: 'used' })
  const other = body.slice()
  other[999_999] = 98
  expect((await errorOf(() => claim('r2', deps, { body: other }))).code).toBe('idempotency_key_reused')
})

test('neither the key nor what was asked can be told from what is kept: the same call under another key has another fingerprint', async () => {
  const kept = await Promise.all(
    ['k-one', 'k-two'].map((value) =>
      claimKey(keyIn(value)!, { request: requestWith(value) as never, inbound: target(), body: bytes('{}') }, open()),
    ),
  )
  const [one, two] = kept.map((claimed) => (claimed.state === 'held' ? claimed.idempotency.fingerprint : ''))
  expect(one).not.toBe(two!)
  expect(JSON.stringify(kept)).not.toContain('k-one')
})

test('what was not served gives its key back, and nothing is kept of it: never admitted, refused, failed, or left before there was anything to pay', async () => {
  const deps = open()
  await claim('r1', deps)
  freeClaim(keyIn('k', 'r1'), deps)
  const endings = ['upstream-refused', 'upstream-failed', 'client-left'] as const
  for (const ending of endings) end(await claim(ending, deps), deps, { requestId: ending, chargeNano: '0', ending })
  expect(deps.dropped).toEqual([...endings])
  expect(await claim('r5', deps)).toMatchObject({ state: 'held', hasWaited: false })
})
