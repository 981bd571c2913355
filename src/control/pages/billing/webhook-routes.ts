/** What an organization is told of, and where: webhooks with their deliveries, and the alert for low credit. */
import { z } from 'zod'
import { webhookEvents } from '../../../store/webhooks.ts'
import { AdminError } from '../../admin/error.ts'
import type { ListJson } from '../../contract.ts'
import type { CreditAlertJson, DeliveryJson, WebhookJson, WebhookWithSecret } from '../../contract-webhooks.ts'
import { AlertInput, DeliveryParameters, WebhookChangesInput, WebhookInput } from '../../admin/webhook-input.ts'
import { pathOf } from '../ask-admin.ts'
import { pageRoute, type Asked } from '../page-route.ts'
import { DataOf, ListOf, Mode, Nano, NothingMore, Time, Usd } from '../shapes.ts'

const WebhookShape = z.strictObject({
  id: z.string(),
  organizationId: z.string(),
  url: z.string(),
  events: ListOf(z.enum(webhookEvents)),
  state: z.enum(['enabled', 'disabled']),
  disabledWhy: z.enum(['asked', 'failing']).nullable(),
  disabledAt: Time.nullable(),
  failingSince: Time.nullable().meta({ description: 'Since when nothing was taken there; null: the last one was' }),
  createdAt: Time,
})
/** `secret` is what deliveries are signed with: it is in this one answer and nowhere else. */
const WebhookWithSecretShape = WebhookShape.extend({ secret: z.string() })
const WebhookListShape = DataOf(WebhookShape)

const DeliveryShape = z.strictObject({
  id: z.string().meta({ description: 'The header webhook-id, the same at every try' }),
  webhookId: z.string(),
  event: z.string(),
  payload: z.string().meta({ description: 'The body, byte for byte' }),
  state: z.enum(['pending', 'delivered', 'failed']),
  createdAt: Time,
  nextAt: Time.nullable(),
  attempts: ListOf(
    z.strictObject({ at: Time, ms: z.number(), status: z.int().nullable(), error: z.string().nullable() }),
  ).meta({ description: 'The oldest first; the last twenty' }),
})
const DeliveryListShape = DataOf(DeliveryShape)

const CreditAlertListShape = DataOf(
  z.strictObject({
    mode: Mode,
    thresholdNano: Nano.nullable().meta({ description: 'null: no alert' }),
    thresholdUsd: Usd.nullable(),
    isBelow: z.boolean(),
  }),
)
const Alert = AlertInput.extend({ mode: Mode })

export type PageWebhookJson = z.infer<typeof WebhookShape>
export type PageWebhookWithSecretJson = z.infer<typeof WebhookWithSecretShape>
export type PageWebhookListJson = z.infer<typeof WebhookListShape>
export type PageWebhookInputJson = z.input<typeof WebhookInput>
export type PageWebhookChangesJson = z.input<typeof WebhookChangesInput>
export type PageDeliveryJson = z.infer<typeof DeliveryShape>
export type PageDeliveryListJson = z.infer<typeof DeliveryListShape>
export type PageCreditAlertListJson = z.infer<typeof CreditAlertListShape>
export type PageCreditAlertInputJson = z.input<typeof Alert>

type OfWebhook = Pick<Asked, 'admin'> & {
  readonly params: { readonly organization: string; readonly webhook: string }
}
/** The path of a webhook in the admin API, once it is known to be the organization's. Throws `webhook_not_found`. */
async function ownPath({ params, admin }: OfWebhook): Promise<string> {
  const path = `/webhooks/${params.webhook}`
  const { organizationId } = await admin<WebhookJson>('GET', path)
  if (organizationId !== params.organization) throw new AdminError('webhook_not_found')
  return path
}

const getAlerts = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/billing/alerts',
  summary: 'Credit below which the organization is told, of each mode',
  needs: 'billing.read',
  query: null,
  body: null,
  answer: CreditAlertListShape,
  handle: ({ params, admin }) =>
    admin<ListJson<CreditAlertJson>>('GET', `/organizations/${params.organization}/credit-alerts`),
})

const setAlert = pageRoute({
  method: 'PATCH',
  path: '/api/organizations/{organization}/billing/alerts',
  summary: 'Be told once when credit comes to be below an amount of USD; null: not any more',
  needs: 'billing.write',
  query: null,
  body: Alert,
  answer: CreditAlertListShape,
  handle: ({ params, body, admin }) =>
    admin<ListJson<CreditAlertJson>>('PATCH', `/organizations/${params.organization}/credit-alerts`, body),
})

const listWebhooks = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/billing/webhooks',
  summary: 'Where the organization is told of events',
  needs: 'billing.read',
  query: null,
  body: null,
  answer: WebhookListShape,
  handle: ({ params, admin }) => admin<ListJson<WebhookJson>>('GET', `/organizations/${params.organization}/webhooks`),
})

const createWebhook = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/billing/webhooks',
  summary: 'Be told of events at a URL; the secret that deliveries are signed with is in this answer alone',
  needs: 'billing.write',
  query: null,
  body: WebhookInput,
  answer: WebhookWithSecretShape,
  status: 201,
  handle: ({ params, body, admin }) =>
    admin<WebhookWithSecret>('POST', `/organizations/${params.organization}/webhooks`, body),
})

const updateWebhook = pageRoute({
  method: 'PATCH',
  path: '/api/organizations/{organization}/billing/webhooks/{webhook}',
  summary: 'Change where, and of what, the organization is told; or whether',
  needs: 'billing.write',
  query: null,
  body: WebhookChangesInput,
  answer: WebhookShape,
  handle: async (asked) => asked.admin<WebhookJson>('PATCH', await ownPath(asked), asked.body),
})

const rotateWebhook = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/billing/webhooks/{webhook}/rotate',
  summary: 'Sign with a new secret, which is in this answer alone',
  needs: 'billing.write',
  query: null,
  body: NothingMore,
  answer: WebhookWithSecretShape,
  handle: async (asked) => asked.admin<WebhookWithSecret>('POST', `${await ownPath(asked)}/rotate`, {}),
})

const deleteWebhook = pageRoute({
  method: 'DELETE',
  path: '/api/organizations/{organization}/billing/webhooks/{webhook}',
  summary: 'Tell nothing there any more, and forget what was delivered',
  needs: 'billing.write',
  query: null,
  body: null,
  answer: WebhookShape,
  handle: async (asked) => asked.admin<WebhookJson>('DELETE', await ownPath(asked)),
})

const testWebhook = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/billing/webhooks/{webhook}/test',
  summary: 'Deliver an event of no consequence now',
  needs: 'billing.write',
  query: null,
  body: NothingMore,
  answer: DeliveryShape,
  status: 202,
  handle: async (asked) => asked.admin<DeliveryJson>('POST', `${await ownPath(asked)}/test`, {}),
})

const listDeliveries = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/billing/webhooks/{webhook}/deliveries',
  summary: 'What was delivered there in the last 30 days and every try, the newest first; fifty at a time',
  needs: 'billing.read',
  query: DeliveryParameters,
  body: null,
  answer: DeliveryListShape,
  handle: async (asked) =>
    asked.admin<ListJson<DeliveryJson>>('GET', pathOf(`${await ownPath(asked)}/deliveries`, asked.query)),
})

const resendDelivery = pageRoute({
  method: 'POST',
  path: '/api/organizations/{organization}/billing/webhooks/{webhook}/deliveries/{delivery}/resend',
  summary: 'Deliver something again, under the same id',
  needs: 'billing.write',
  query: null,
  body: NothingMore,
  answer: DeliveryShape,
  status: 202,
  handle: async (asked) =>
    asked.admin<DeliveryJson>('POST', `${await ownPath(asked)}/deliveries/${asked.params.delivery}/resend`, {}),
})

export const webhookRoutes = [
  getAlerts,
  setAlert,
  listWebhooks,
  createWebhook,
  updateWebhook,
  rotateWebhook,
  deleteWebhook,
  testWebhook,
  listDeliveries,
  resendDelivery,
]
