/** The part of the admin API on what organizations are told: webhooks, what is delivered there, and the alert for low credit. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { formatUsd } from '../../lib/amounts.ts'
import { modes, type Delivery, type Webhook, type WebhookChanges } from '../../store/store.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type { ListJson } from '../contract.ts'
import type { CreditAlertJson, DeliveryJson, WebhookJson, WebhookWithSecret } from '../contract-webhooks.ts'
import { isoOrNull } from './json-shapes.ts'
import { amountOf } from './key-input.ts'
import { modeOr } from './mode-input.ts'
import type { Operators } from './operators.ts'
import { invalid, readBody, readFields } from './read-input.ts'
import { AlertInput, DeliveryParameters, NothingMore, WebhookChangesInput, WebhookInput } from './webhook-input.ts'

const webhooksMax = 10
const deliveriesMax = 50

export function addWebhookRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  api.get('/organizations/:id/webhooks', async (c) => {
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<ListJson<WebhookJson>>({ data: (await deps.store.webhooks(id)).map(webhookJson) })
  })
  api.post('/organizations/:id/webhooks', isAdmin, async (c) => {
    const { url, events } = await readBody(c.req.raw, WebhookInput)
    refusePlain(url, deps)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    const { secret, sealedSecret } = newSecret(deps)
    const id = `whk_${randomUUID().replaceAll('-', '')}`
    const of = { id, organizationId, url, events: [...new Set(events)], sealedSecret }
    const webhook: Webhook = { ...of, createdAt: deps.clock.now(), disabled: null, failingSince: null }
    await deps.store.createWebhook(webhook, webhooksMax, operators.actorOf(c))
    return c.json<WebhookWithSecret>({ ...webhookJson(webhook), secret }, 201)
  })
  api.get('/webhooks/:id', async (c) => c.json<WebhookJson>(webhookJson(await webhookOf(deps, c))))
  const change = (c: Context, changes: WebhookChanges): Promise<Webhook> =>
    deps.store.updateWebhook(c.req.param('id')!, changes, operators.actorOf(c))
  api.patch('/webhooks/:id', isAdmin, async (c) => {
    const { url, events, state } = await readBody(c.req.raw, WebhookChangesInput)
    if (url !== undefined) refusePlain(url, deps)
    const disabled = state === 'disabled' ? { at: deps.clock.now(), why: 'asked' as const } : null
    const changes = { ...(url !== undefined && { url }), ...(events && { events }), ...(state && { disabled }) }
    return c.json<WebhookJson>(webhookJson(await change(c, changes)))
  })
  api.post('/webhooks/:id/rotate', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const { secret, sealedSecret } = newSecret(deps)
    return c.json<WebhookWithSecret>({ ...webhookJson(await change(c, { sealedSecret })), secret })
  })
  api.delete('/webhooks/:id', isAdmin, async (c) => {
    const webhook = await webhookOf(deps, c)
    await deps.store.deleteWebhook(webhook.id, operators.actorOf(c))
    return c.json<WebhookJson>(webhookJson(webhook))
  })
  addDeliveryRoutes(api, deps, operators)
  addAlertRoutes(api, deps, operators)
}

function addDeliveryRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const isAdmin = operators.needs('admin')
  const list = async (webhookId: string, before: string | null, max: number): Promise<readonly DeliveryJson[]> =>
    (await deps.store.deliveries(webhookId, before, max)).map(deliveryJson)
  api.get('/webhooks/:id/deliveries', async (c) => {
    const { before = null } = readFields(c.req.query(), DeliveryParameters)
    const { id } = await webhookOf(deps, c)
    return c.json<ListJson<DeliveryJson>>({ data: await list(id, before, deliveriesMax) })
  })
  const record = (c: Context, webhook: Webhook, action: string, delivery: string): Promise<void> => {
    const { id: subject, organizationId } = webhook
    const note = { action, organizationId, subject, before: null, after: { delivery } }
    return deps.store.recordAudit({ actor: operators.actorOf(c), ...note })
  }
  api.post('/webhooks/:id/test', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const webhook = await webhookOf(deps, c)
    const { id, organizationId } = webhook
    const data = { webhookId: id, message: 'This is a test.' }
    const [made] = await deps.store.tell({ organizationId, event: 'webhook.test', data }, id)
    await record(c, webhook, 'webhook.tested', made!)
    return c.json<DeliveryJson>((await list(id, null, 1))[0]!, 202)
  })
  api.post('/webhooks/:id/deliveries/:delivery/resend', isAdmin, async (c) => {
    await readBody(c.req.raw, NothingMore)
    const webhook = await webhookOf(deps, c)
    const known = await deps.store.delivery(c.req.param('delivery'))
    if (known?.webhookId !== webhook.id) throw new AdminError('delivery_not_found')
    const again = await deps.store.resendDelivery(known.id, deps.clock.now())
    await record(c, webhook, 'webhook.resent', known.id)
    return c.json<DeliveryJson>(deliveryJson(again!), 202)
  })
}

function addAlertRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const alerts = async (organizationId: string): Promise<readonly CreditAlertJson[]> => {
    const set = await deps.store.creditAlerts(organizationId)
    return modes.map((mode) => {
      const alert = set.find((each) => each.mode === mode) ?? null
      return {
        mode,
        thresholdNano: alert && alert.thresholdNano.toString(),
        thresholdUsd: alert && formatUsd(alert.thresholdNano),
        isBelow: alert?.isBelow ?? false,
      }
    })
  }
  api.get('/organizations/:id/credit-alerts', async (c) => {
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<ListJson<CreditAlertJson>>({ data: await alerts(id) })
  })
  api.patch('/organizations/:id/credit-alerts', operators.needs('admin'), async (c) => {
    const { usd, ...asked } = await readBody(c.req.raw, AlertInput)
    const thresholdNano = usd === null ? null : amountOf('usd', usd)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    const alert = { organizationId, mode: modeOr(asked.mode, deps), thresholdNano }
    await deps.store.setCreditAlert(alert, operators.actorOf(c))
    return c.json<ListJson<CreditAlertJson>>({ data: await alerts(organizationId) })
  })
}

async function webhookOf({ store }: AdminDeps, c: Context): Promise<Webhook> {
  const webhook = await store.webhook(c.req.param('id')!)
  if (!webhook) throw new AdminError('webhook_not_found')
  return webhook
}

/** In the form of Standard Webhooks; it is in one answer, and else nowhere but sealed. */
function newSecret({ seal }: Pick<AdminDeps, 'seal'>) {
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  return { secret, sealedSecret: seal.seal(secret) }
}

/** What is told goes out encrypted, but where the operator lets webhooks into a private network. */
function refusePlain(url: string, { webhookNetworks }: Pick<AdminDeps, 'webhookNetworks'>): void {
  if (new URL(url).protocol === 'http:' && webhookNetworks.length === 0)
    throw invalid('url', 'a URL that begins with https://')
}

const webhookJson = (webhook: Webhook): WebhookJson => ({
  id: webhook.id,
  organizationId: webhook.organizationId,
  url: webhook.url,
  events: webhook.events,
  state: webhook.disabled === null ? 'enabled' : 'disabled',
  disabledWhy: webhook.disabled && webhook.disabled.why,
  disabledAt: isoOrNull(webhook.disabled && webhook.disabled.at),
  failingSince: isoOrNull(webhook.failingSince),
  createdAt: isoOrNull(webhook.createdAt)!,
})

const deliveryJson = (delivery: Delivery): DeliveryJson => ({
  id: delivery.id,
  webhookId: delivery.webhookId,
  event: delivery.event,
  payload: delivery.payload,
  state: delivery.state,
  createdAt: isoOrNull(delivery.createdAt)!,
  nextAt: isoOrNull(delivery.nextAt),
  attempts: delivery.attempts.map(({ at, ...attempt }) => ({ at: isoOrNull(at)!, ...attempt })),
})
