import { expect, test } from 'bun:test'
import { Webhook as Verifier } from 'standardwebhooks'
import type { LogEvent } from '../lib/log-text.ts'
import type { Post, Posted } from '../lib/post-outside.ts'
import { createSeal } from '../lib/seal.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { byServer, type Crossing, type Webhook } from '../store/store.ts'
import { createDeliverer } from './deliver-webhooks.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`

async function started(answer: (post: Post) => Posted | Promise<Posted> = () => ({ status: 204, error: null })) {
  // Signatures are judged by the clock of whoever verifies them.
  const time = { now: Date.now() }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const store = openSqliteStore({ path: ':memory:', clock })
  const seal = createSeal('the secret of this test', 'webhooks')
  await store.createOrganization({ id: 'acme', name: 'Acme', createdAt: 1 })
  const posts: Post[] = []
  const events: LogEvent[] = []
  const low: Crossing[] = []
  const deliverer = createDeliverer({
    store,
    ship: () => Promise.resolve(),
    seal,
    post: async (post) => {
      posts.push(post)
      return answer(post)
    },
    allows: () => false,
    onLow: (crossing) => void low.push(crossing),
    clock,
    log: { info: (event) => void events.push(event), error: (event) => void events.push(event) },
  })
  const webhook = (changes: Partial<Webhook> = {}): Promise<void> =>
    store.createWebhook(
      {
        id: 'whk_1',
        organizationId: 'acme',
        url: 'https://example.org/hook',
        events: ['credit.low', 'key.created'],
        sealedSecret: seal.seal(secret),
        createdAt: time.now,
        disabled: null,
        failingSince: null,
        ...changes,
      },
      10,
      byServer,
    )
  const tell = () => store.tell({ organizationId: 'acme', event: 'key.created', data: { keyId: 'key_ä' } })
  const grant = (amountNano: bigint) =>
    store.grantCredit({
      organizationId: 'acme',
      mode: 'live',
      amountNano,
      note: null,
      idempotencyKey: `${Math.random()}`,
    })
  return { ...deliverer, store, seal, time, posts, events, low, webhook, tell, grant }
}

test('a delivery is what the official library of Standard Webhooks verifies, and is delivered once', async () => {
  const { webhook, tell, deliver, posts, store } = await started()
  await webhook()
  const [id] = await tell()
  await deliver()
  await deliver()
  expect(posts).toHaveLength(1)
  const { url, headers, body } = posts[0]!
  expect([url, headers['webhook-id']]).toEqual(['https://example.org/hook', id!])
  const event = new Verifier(secret).verify(body, { ...headers })
  expect(event).toMatchObject({ type: 'key.created', data: { keyId: 'key_ä' } })
  expect(() => new Verifier(secret).verify(body.replace('key_ä', 'key_b'), { ...headers })).toThrow()
  expect(await store.deliveries('whk_1', null, 10)).toMatchObject([
    { id, state: 'delivered', nextAt: null, payload: body, attempts: [{ status: 204, error: null }] },
  ])
})

test('what fails is tried again with growing pauses under the same id, ten times in all, and can be sent again', async () => {
  let status = 500
  const { webhook, tell, deliver, posts, store, time } = await started(() => ({ status, error: null }))
  await webhook()
  const [id] = await tell()
  const begunAt = time.now
  const pauses: number[] = []
  for (let tries = 0; tries < 12; tries += 1) {
    await deliver()
    const [delivery] = await store.deliveries('whk_1', null, 1)
    if (delivery!.nextAt === null) break
    pauses.push(delivery!.nextAt - time.now)
    // Not a moment before.
    time.now = delivery!.nextAt - 1
    await deliver()
    time.now = delivery!.nextAt
  }
  expect(pauses).toEqual([5_000, ...[5, 30, 120, 300, 600, 840, 1200, 1440].map((minutes) => minutes * minuteMs)])
  expect(posts).toHaveLength(10)
  expect(new Set(posts.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]))
  expect(time.now - begunAt).toBeLessThan(5 * 24 * hourMs)
  const [failed] = await store.deliveries('whk_1', null, 1)
  expect([failed!.state, failed!.attempts.length]).toEqual(['failed', 10])

  status = 200
  await store.resendDelivery(id!, time.now)
  await deliver()
  expect((await store.deliveries('whk_1', null, 1))[0]).toMatchObject({ id, state: 'delivered' })
  expect((await store.webhook('whk_1'))!.failingSince).toBeNull()
})

test('an endpoint at which everything failed for five days is used no more, until somebody enables it', async () => {
  const { webhook, tell, deliver, posts, store, time } = await started(() => ({ status: null, error: 'no answer' }))
  await webhook()
  await tell()
  await deliver()
  time.now += 5 * 24 * hourMs - 1
  await tell()
  await deliver()
  expect((await store.webhook('whk_1'))!.disabled).toBeNull()
  time.now += 1
  await tell()
  await deliver()
  expect(await store.webhook('whk_1')).toMatchObject({ disabled: { at: time.now, why: 'failing' } })
  const many = posts.length
  expect(await tell()).toEqual([])
  await deliver()
  expect(posts).toHaveLength(many)
  expect((await store.deliveries('whk_1', null, 10)).filter(({ state }) => state === 'pending')).toEqual([])
  const { action, before, after } = (
    await store.audit({ organizationId: 'acme', from: null, to: null, beforeId: null, max: 1 })
  )[0]!
  expect([action, before, after]).toMatchObject(['webhook.changed', { disabledWhy: null }, { disabledWhy: 'failing' }])
  await store.updateWebhook('whk_1', { disabled: null }, byServer)
  expect(await store.webhook('whk_1')).toMatchObject({ disabled: null, failingSince: null })
  expect(await tell()).toHaveLength(1)
})

test('who answers slowly at one endpoint holds up no other, and gets one at a time', async () => {
  let release: () => void = () => undefined
  const slow = new Promise<void>((resolve) => (release = resolve))
  const { webhook, tell, deliver, posts } = await started(async ({ url }) => {
    if (url.includes('slow')) await slow
    return { status: 200, error: null }
  })
  await webhook({ id: 'whk_slow', url: 'https://example.org/slow' })
  await webhook({ id: 'whk_fast', url: 'https://example.org/fast' })
  await tell()
  await tell()
  const delivering = deliver()
  while (posts.length < 3) await Bun.sleep(1)
  expect(posts.map(({ url }) => url.slice(-4)).toSorted()).toEqual(['fast', 'fast', 'slow'])
  release()
  await delivering
  expect(posts).toHaveLength(4)
})

test('an organization whose endpoint takes nothing, with hundreds waiting there, holds up no other’s', async () => {
  const { webhook, tell, deliver, posts, store, seal } = await started(({ url }) => ({
    status: url.includes('hostile') ? 500 : 204,
    error: null,
  }))
  await webhook({ url: 'https://hostile.example/hook' })
  for (let many = 0; many < 200; many += 1) await tell()
  await store.createOrganization({ id: 'beta', name: 'Beta', createdAt: 1 })
  await webhook({
    id: 'whk_2',
    organizationId: 'beta',
    url: 'https://beta.example/hook',
    sealedSecret: seal.seal(secret),
  })
  await store.tell({ organizationId: 'beta', event: 'key.created', data: { keyId: 'key_1' } })
  await deliver()
  expect(posts.map(({ url }) => url).toSorted()).toEqual(['https://beta.example/hook', 'https://hostile.example/hook'])
})

test('credit that comes to be low is told once, and again only after it was above', async () => {
  const { webhook, store, lookAtCredit, low, grant } = await started()
  await webhook()
  const alert = { organizationId: 'acme', mode: 'live', thresholdNano: 10_000_000_000n } as const
  await grant(10_000_000_000n)
  await store.setCreditAlert(alert, byServer)
  const told = async () => {
    await lookAtCredit()
    await lookAtCredit()
    return (await store.deliveries('whk_1', null, 10)).length
  }
  expect(await told()).toBe(0)
  await store.revokeCredit({ organizationId: 'acme', mode: 'live', amountNano: 1n, note: null, idempotencyKey: 'a' })
  expect(await told()).toBe(1)
  await grant(1n)
  expect(await told()).toBe(1)
  await store.revokeCredit({ organizationId: 'acme', mode: 'live', amountNano: 2n, note: null, idempotencyKey: 'b' })
  expect(await told()).toBe(2)
  expect(low).toMatchObject([{ creditNano: 9_999_999_999n }, { creditNano: 9_999_999_998n }])
  const [delivery] = await store.deliveries('whk_1', null, 1)
  expect((JSON.parse(delivery!.payload) as { data: object }).data).toEqual({
    organizationId: 'acme',
    mode: 'live',
    thresholdNano: '10000000000',
    thresholdUsd: '10.00',
    creditNano: '9999999998',
    creditUsd: '9.999999998',
  })
  await store.setCreditAlert({ ...alert, thresholdNano: null }, byServer)
  await grant(100_000_000_000n)
  expect(await told()).toBe(2)
})

test('a secret that cannot be read is said, and nothing goes out unsigned', async () => {
  const { webhook, tell, deliver, posts, store } = await started()
  await webhook({ sealedSecret: createSeal('another installation', 'webhooks').seal(secret) })
  await tell()
  await deliver()
  expect(posts).toEqual([])
  const [delivery] = await store.deliveries('whk_1', null, 1)
  expect(delivery!.attempts[0]!.error).toContain('MART_SECRET')
})

test('an endpoint has a thousand deliveries waiting at most, and what is old is forgotten', async () => {
  const { webhook, tell, store, time } = await started()
  await webhook()
  for (let many = 0; many < 1_002; many += 1) await tell()
  const newest = await store.deliveries('whk_1', null, 5)
  expect(newest.map(({ state }) => state)).toEqual(['failed', 'failed', 'pending', 'pending', 'pending'])
  expect(await store.forgetDeliveries(time.now + 1, 2_000)).toBe(1_002)
  expect(await store.deliveries('whk_1', null, 5)).toEqual([])
})
