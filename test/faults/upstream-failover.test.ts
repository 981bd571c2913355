/**
 * A provider fails in every way it can, before the first byte: the client is served by another one, pays
 * once, for what that one counted, and every attempt is on the receipt. What is the client's own doing,
 * or may have had an effect, is never done twice.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI, { RateLimitError } from 'openai'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const openaiFirst = { pose: 'openai', account: 'first' } as const
const openaiSpare = { pose: 'openai', account: 'spare', more: { priority: 1 } } as const
const studioFirst = { pose: 'ai-studio', account: 'gfirst' } as const
const vertexSpare = { pose: 'vertex', account: 'gspare', more: { priority: 1 } } as const

let fleet: up.Fleet
beforeAll(async () => {
  fleet = await up.startFleet([openaiFirst, openaiSpare, studioFirst, vertexSpare], {
    deadlines: { firstByteMs: 1_500 },
  })
}, ways.startMsMax)
afterAll(() => fleet.server.stop())

const pairs = [
  { way: up.chat, first: openaiFirst, spare: openaiSpare },
  { way: up.chatStream, first: openaiFirst, spare: openaiSpare },
  { way: up.generate, first: studioFirst, spare: vertexSpare },
  { way: up.generateStream, first: studioFirst, spare: vertexSpare },
  { way: up.generateArray, first: studioFirst, spare: vertexSpare },
] as const

/** Breaks an account for one question, and makes the gateway forget what it learnt of it. */
async function whileBroken<T>(at: up.At, how: object, ask: () => Promise<T>): Promise<T> {
  await up.break_(fleet.server, at, how)
  try {
    return await ask()
  } finally {
    await up.mend(fleet.server, at)
    await ways.operate(fleet.server, 'POST', `/deployments/${at.account}/resume`, {})
  }
}

type FailureCase = {
  readonly name: string
  readonly how: object
  readonly error: string
  /** What the client is told where all of them fail like this (decision 0006). */
  readonly told: number
}
/** What is wrong with an account of the operator's is not for customers. */
const shown = (error: string): string => (['quota', 'credential'].includes(error) ? 'unavailable' : error)
const failures: readonly FailureCase[] = [
  { name: '408', how: { status: 408 }, error: 'timeout', told: 504 },
  { name: '409', how: { status: 409 }, error: 'conflict', told: 503 },
  { name: '429 with a time to come back', how: { status: 429, retryAfter: 30 }, error: 'rate', told: 429 },
  { name: '429 of an account without money', how: { quota: true }, error: 'quota', told: 503 },
  { name: '500', how: { status: 500 }, error: 'upstream', told: 503 },
  { name: '503', how: { status: 503 }, error: 'upstream', told: 503 },
  { name: '401: our credential is not accepted', how: { status: 401 }, error: 'credential', told: 503 },
  { name: '403', how: { status: 403 }, error: 'credential', told: 503 },
  { name: 'a connection reset before any byte', how: { reset: true }, error: 'the connection broke off', told: 503 },
  { name: 'no answer within the deadline', how: { stall: true }, error: 'first-byte', told: 504 },
]

describe('served elsewhere, charged once', () => {
  for (const { way, first, spare } of pairs)
    for (const { name, how, error } of failures)
      test(`${way.name}: ${name}`, async () => {
        const got = await whileBroken(first, how, () => up.asked(fleet, way))
        const receipt = await up.expectServedBy(fleet, got, [first.account, spare.account])
        expect(receipt.attempts[0]).toMatchObject({ error: shown(error), region: 'us' })
        expect(receipt.attempts[1]).toMatchObject({ error: null, status: 200 })
      })
})

describe('all of them fail: an answer of ours in the dialect, nothing owed', () => {
  for (const { way, first, spare } of pairs)
    for (const { name, how, told } of failures.filter(({ how }) => !('stall' in how)))
      test(`${way.name}: ${name} is told as ${told}`, async () => {
        const { balanceNano } = await ways.balanceOf(fleet.server, fleet.customer)
        const got = await whileBroken(first, how, () => whileBroken(spare, how, () => up.asked(fleet, way)))
        expect(got.status).toBe(told)
        expect(Number(got.headers.get('retry-after'))).toBeGreaterThan(0)
        const error = ways.envelopeOf(got, way.dialect)
        // Whose account it is, and what is wrong with it, is no business of the client.
        for (const word of ['quota', 'billing', 'key-', 'org-', 'proj', 'first', 'spare'])
          expect(error.message).not.toContain(word)
        const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
        expect(receipt).toMatchObject({ ending: 'upstream-failed', chargeNano: '0' })
        // A token that is refused is fetched anew once, so Vertex AI may be asked twice.
        const tried = receipt.attempts.map(({ deployment }) => deployment)
        expect([...new Set(tried)]).toEqual([first.account, spare.account])
        expect(await ways.balanceOf(fleet.server, fleet.customer)).toMatchObject({ balanceNano, heldNano: 0n })
      })

  for (const { way, first, spare } of pairs)
    test(`${way.name}: while all of them rest for a limit, it is a 429 with the time of the first that is free again`, async () => {
      const resting = (retryAfter: number): object => ({ status: 429, retryAfter })
      const got = await whileBroken(first, resting(40), () =>
        whileBroken(spare, resting(20), async () => {
          expect((await up.asked(fleet, way)).status).toBe(429)
          // Nobody is asked any more.
          return up.asked(fleet, way)
        }),
      )
      expect(got.status).toBe(429)
      expect([19, 20]).toContain(Number(got.headers.get('retry-after')))
      const error = ways.envelopeOf(got, way.dialect)
      if (way.dialect === 'openai') expect(error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' })
      else {
        expect(error.status).toBe('RESOURCE_EXHAUSTED')
        expect(JSON.stringify(ways.detailOf(error, 'RetryInfo'))).toMatch(/"(?:19|20)s"/)
      }
      const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
      expect(receipt).toMatchObject({ status: 429, chargeNano: '0', attempts: [] })
    })

  test('the OpenAI SDK takes it for a rate limit, and waits as long as it says', async () => {
    const client = new OpenAI({
      apiKey: fleet.customer.key,
      baseURL: `${fleet.server.baseUrl}/v1`,
      maxRetries: 1,
    })
    const how = { status: 429, retryAfter: 2 }
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const at = performance.now()
    const error = await whileBroken(openaiFirst, how, () =>
      whileBroken(openaiSpare, how, () =>
        client.chat.completions.create({ model: up.chat.model, messages }).then(
          () => null,
          (thrown: unknown) => thrown,
        ),
      ),
    )
    expect(error).toBeInstanceOf(RateLimitError)
    expect(performance.now() - at).toBeGreaterThan(1_900)
  })

  test('where trying again cannot help, the SDK is told not to', async () => {
    const how = { quota: true }
    const ask = (): Promise<ways.Taken> => up.asked(fleet, up.chat)
    const got = await whileBroken(openaiFirst, how, () => whileBroken(openaiSpare, how, ask))
    expect(got.headers.get('x-should-retry')).toBe('false')
  })
})

describe('never tried elsewhere', () => {
  for (const { way, first } of pairs) {
    test(`${way.name}: what the client did wrong is told in the provider's words`, async () => {
      const got = await up.asked(fleet, way, { sandbox: 'status=400' })
      expect(got.status).toBe(400)
      // Google writes the error of an array stream as a list of one.
      const text = way === up.generateArray ? got.text.replace(/^\[([^]*)\]\s*$/, '$1') : got.text
      ways.envelopeOf({ ...got, text }, way.dialect)
      const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
      expect(receipt).toMatchObject({ ending: 'upstream-refused', chargeNano: '0' })
      expect(receipt.attempts.map(({ deployment }) => deployment)).toEqual([first.account])
    })
  }

  test('what a policy of the provider blocks', async () => {
    const got = await up.asked(fleet, up.chat, { sandbox: 'blocked=1' })
    expect(got.status).toBe(400)
    const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
    expect(receipt.attempts.map(({ deployment }) => deployment)).toEqual(['first'])
  })

  test('the last try of an SDK that tries by itself', async () => {
    const ask = (count: string): Promise<ways.Taken> =>
      ways.taken(
        fetch(`${fleet.server.baseUrl}${up.chat.path}`, {
          method: 'POST',
          headers: {
            ...ways.keyHeader('openai', fleet.customer.key),
            'content-type': 'application/json',
            'x-stainless-retry-count': count,
          },
          body: JSON.stringify(up.chat.bodyOf('hi', {})),
        }),
      )
    const how = { status: 500 }
    expect((await whileBroken(openaiFirst, how, () => ask('1'))).status).toBe(200)
    expect((await whileBroken(openaiFirst, how, () => ask('2'))).status).toBe(503)
  })
})

test('what leaves a record is tried elsewhere as long as nothing was answered', async () => {
  const ask = (): Promise<ways.Taken> => up.asked(fleet, up.chat, { fields: { store: true } })
  for (const how of [{ status: 500 }, { reset: true }, { status: 429, retryAfter: 1 }])
    await up.expectServedBy(fleet, await whileBroken(openaiFirst, how, ask), ['first', 'spare'])
})

test('a retry-after is kept to: no call goes there before its time', async () => {
  await up.break_(fleet.server, openaiFirst, { status: 429, retryAfter: 2 })
  await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['first', 'spare'])
  await up.mend(fleet.server, openaiFirst)
  for (let times = 0; times < 5; times += 1) await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['spare'])
  await Bun.sleep(2_100)
  await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['first'])
})

test('a deployment that is drained by hand gets nothing more until it is resumed', async () => {
  await ways.operate(fleet.server, 'POST', '/deployments/first/drain', {})
  await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['spare'])
  await ways.operate(fleet.server, 'POST', '/deployments/first/resume', {})
  await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['first'])
})

test('after a few failures in a row a deployment is left alone, and used again once it answers', async () => {
  await up.break_(fleet.server, openaiFirst, { status: 500 })
  for (let times = 0; times < 5; times += 1)
    await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['first', 'spare'])
  await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['spare'])
  await up.mend(fleet.server, openaiFirst)
  await Bun.sleep(1_100)
  await up.expectServedBy(fleet, await up.asked(fleet, up.chat), ['first'])
})
