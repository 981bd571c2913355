/** What every store promises of webhooks, of what is delivered there, and of alerts for low credit. */
import { expect, test } from 'bun:test'
import type { Actor } from './audit.ts'
import { refusalOf } from './contract-steps.ts'
import { noon } from './store-fixtures.ts'
import type { Store } from './store.ts'
import type { AfterAttempt, Webhook } from './webhooks.ts'

const ann: Actor = { kind: 'person', id: 'per_1', name: 'Ann' }
const hook = (id: string, changes: Partial<Webhook> = {}): Webhook => ({
  id,
  organizationId: 'acme',
  url: `https://example.com/${id}`,
  events: ['credit.low', 'key.created'],
  sealedSecret: `sealed ${id}`,
  createdAt: noon,
  disabled: null,
  failingSince: null,
  ...changes,
})
const told = { organizationId: 'acme', event: 'key.created', data: { keyId: 'k1' } } as const
const attempt = (at: number, status: number | null) => ({ at, ms: 5, status, error: status === null ? 'reset' : null })
const later: AfterAttempt = { state: 'pending', nextAt: noon * 2, failingMsMax: 1_000 }
const farFuture = 8e15

const codeOf = async (asked: Promise<unknown>): Promise<string> => (await refusalOf(asked)).code

export function describeWebhooks(store: () => Store): void {
  const made = async (...hooks: readonly Webhook[]): Promise<void> => {
    for (const each of hooks) await store().createWebhook(each, 10, ann)
  }
  const stateOf = async (id: string) => (await store().delivery(id))?.state ?? null

  test('a webhook comes back as it was made and changed, is of one organization, and so many are there at most', async () => {
    await made(hook('w1'), hook('w2'))
    expect(await store().webhooks('acme')).toEqual([hook('w1'), hook('w2')])
    expect(await store().webhooks('beta')).toEqual([])
    expect(await codeOf(store().createWebhook(hook('w3'), 2, ann))).toBe('too-many-webhooks')
    expect(await codeOf(store().createWebhook(hook('w3', { organizationId: 'none' }), 9, ann))).toBe(
      'organization-not-found',
    )
    const disabled = { at: noon, why: 'asked' } as const
    expect(await store().updateWebhook('w1', { events: ['job.completed'], disabled }, ann)).toEqual(
      hook('w1', { events: ['job.completed'], disabled }),
    )
    expect(await codeOf(store().updateWebhook('w9', {}, ann))).toBe('webhook-not-found')
    await store().deleteWebhook('w1', ann)
    expect([await store().webhook('w1'), await codeOf(store().deleteWebhook('w1', ann))]).toEqual([
      null,
      'webhook-not-found',
    ])
    const entries = await store().audit({ organizationId: 'acme', from: null, to: null, beforeId: null, max: 9 })
    expect(JSON.stringify(entries)).not.toContain('sealed')
  })

  test('an event is told to each endpoint that wants it, once, and to one alone where that is asked', async () => {
    await made(
      hook('w1'),
      hook('w2', { events: ['job.completed'] }),
      hook('w3', { disabled: { at: noon, why: 'asked' } }),
      hook('w4'),
    )
    const ids = await store().tell(told)
    const due = await store().dueDeliveries(farFuture, 10)
    expect(due.map(({ delivery, webhook }) => [delivery.id, webhook.id])).toEqual([
      [ids[0]!, 'w1'],
      [ids[1]!, 'w4'],
    ])
    expect(JSON.parse(due[0]!.delivery.payload)).toMatchObject({ type: 'key.created', data: told.data })
    const [tested] = await store().tell({ ...told, event: 'webhook.test' }, 'w2')
    expect((await store().deliveries('w2', null, 10)).map(({ id }) => id)).toEqual([tested!])
  })

  test('a delivery is tried until it is taken, keeps what came of its tries, and is sent again when that is asked', async () => {
    await made(hook('w1'))
    const [id] = (await store().tell(told)) as [string]
    await store().noteDelivery(id, attempt(noon, 500), later)
    expect(await store().dueDeliveries(noon * 2 - 1, 10)).toEqual([])
    expect(await store().webhook('w1')).toMatchObject({ failingSince: noon })
    await store().noteDelivery(id, attempt(noon + 1, 204), { ...later, state: 'delivered', nextAt: null })
    expect(await store().delivery(id)).toMatchObject({
      state: 'delivered',
      tries: 2,
      attempts: [attempt(noon, 500), attempt(noon + 1, 204)],
    })
    expect((await store().webhook('w1'))!.failingSince).toBeNull()
    expect(await store().resendDelivery(id, noon + 2)).toMatchObject({ state: 'pending', nextAt: noon + 2, tries: 0 })
    expect(await store().resendDelivery('msg_none', noon)).toBeNull()
    expect([await store().forgetDeliveries(farFuture, 10), await stateOf(id)]).toEqual([1, null])
  })

  test('an endpoint at which everything fails for long is used no more, and what waits for it has failed', async () => {
    await made(hook('w1'))
    const [first, second] = [...(await store().tell(told)), ...(await store().tell(told))] as [string, string]
    await store().noteDelivery(first, attempt(noon, null), later)
    expect((await store().webhook('w1'))!.disabled).toBeNull()
    await store().noteDelivery(first, attempt(noon + 1_000, null), later)
    expect(await store().webhook('w1')).toMatchObject({ disabled: { at: noon + 1_000, why: 'failing' } })
    expect([await stateOf(first), await stateOf(second), await store().tell(told)]).toEqual(['failed', 'failed', []])
    // Another chance.
    expect(await store().updateWebhook('w1', { disabled: null }, ann)).toMatchObject({ failingSince: null })
  })

  test('that credit is low is told once, until it was above again, of each mode by itself', async () => {
    await made(hook('w1'))
    const acme = { organizationId: 'acme', mode: 'live' } as const
    const grant = (amountNano: bigint) =>
      store().grantCredit({ ...acme, amountNano, note: null, idempotencyKey: `grant ${amountNano}` })
    await store().setCreditAlert({ ...acme, thresholdNano: 500n }, ann)
    const crossed = async () => (await store().crossAlerts()).map(({ mode, creditNano }) => [mode, creditNano])
    expect([await crossed(), await crossed()]).toEqual([[['live', 0n]], []])
    await grant(500n)
    expect(await crossed()).toEqual([])
    await store().revokeCredit({ ...acme, amountNano: 1n, note: null, idempotencyKey: 'back' })
    expect([await crossed(), await crossed()]).toEqual([[['live', 499n]], []])
    expect((await store().deliveries('w1', null, 10)).map(({ event }) => event)).toEqual(['credit.low', 'credit.low'])
    await store().setCreditAlert({ ...acme, thresholdNano: null }, ann)
    expect(await store().creditAlerts('acme')).toEqual([])
    const nobody = { organizationId: 'none', mode: 'live', thresholdNano: 1n } as const
    expect(await codeOf(store().setCreditAlert(nobody, ann))).toBe('organization-not-found')
  })
}
