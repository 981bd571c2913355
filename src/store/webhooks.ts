/** What organizations are told of: endpoints of theirs, what is delivered there, and the alert for low credit. */
import type { Actor } from './audit.ts'
import type { Mode } from './mode.ts'

export const webhookEvents = ['credit.low', 'key.created', 'key.revoked', 'job.completed'] as const
export type WebhookEvent = (typeof webhookEvents)[number]

export type Webhook = {
  readonly id: string
  readonly organizationId: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  /** The secret that deliveries are signed with, sealed: never in clear. */
  readonly sealedSecret: string
  readonly createdAt: number
  /** null: it is used. */
  readonly disabled: { readonly at: number; readonly why: 'asked' | 'failing' } | null
  /** Since when nothing was taken there; null: the last delivery was. */
  readonly failingSince: number | null
}
export type WebhookChanges = Partial<Pick<Webhook, 'url' | 'events' | 'disabled' | 'sealedSecret'>>

/** What is told; `data` is JSON without secrets. */
export type Told = {
  readonly organizationId: string
  readonly event: WebhookEvent | 'webhook.test'
  readonly data: Readonly<Record<string, unknown>>
}

export type DeliveryAttempt = {
  readonly at: number
  readonly ms: number
  readonly status: number | null
  readonly error: string | null
}
export type Delivery = {
  readonly id: string
  readonly webhookId: string
  readonly event: Told['event']
  /** The body, byte for byte. */
  readonly payload: string
  readonly createdAt: number
  /** `failed`: it is not tried any more. */
  readonly state: 'pending' | 'delivered' | 'failed'
  /** When it is tried next; null unless it is pending. */
  readonly nextAt: number | null
  /** The oldest first; the last twenty. */
  readonly attempts: readonly DeliveryAttempt[]
  /** Attempts since it was made or sent again. */
  readonly tries: number
}
export type DueDelivery = { readonly delivery: Delivery; readonly webhook: Webhook }

/** Of an organization and mode; null: no alert. */
export type CreditAlert = {
  readonly organizationId: string
  readonly mode: Mode
  readonly thresholdNano: bigint
  /** Whether the credit was below at the last look: it is told of once, until it is above again. */
  readonly isBelow: boolean
}
/** `creditNano`: what is neither spent nor reserved for jobs. */
export type Crossing = CreditAlert & { readonly creditNano: bigint }

/** Webhooks and alerts. What members change is in the audit log, in the same transaction. */
export interface WebhookStore {
  /** Throws `organization-not-found`, or `too-many-webhooks` where there are `max`. */
  createWebhook(webhook: Webhook, max: number, actor: Actor): Promise<void>
  /** Throws `webhook-not-found`. */
  updateWebhook(id: string, changes: WebhookChanges, actor: Actor): Promise<Webhook>
  /** With its deliveries. Throws `webhook-not-found`. */
  deleteWebhook(id: string, actor: Actor): Promise<void>
  webhooks(organizationId: string): Promise<Webhook[]>
  webhook(id: string): Promise<Webhook | null>
  /** Makes a delivery for each endpoint that is used and wants the event; `only`: for this one, whatever it wants. Gives their ids. */
  tell(told: Told, only?: string): Promise<string[]>
  /** Those that are to be tried, the longest waiting first. */
  dueDeliveries(now: number, max: number): Promise<DueDelivery[]>
  /** What came of a try. An endpoint at which everything has failed for `failingMsMax` is used no more. */
  noteDelivery(id: string, attempt: DeliveryAttempt, then: AfterAttempt): Promise<void>
  delivery(id: string): Promise<Delivery | null>
  /** The newest first, behind `beforeId`. */
  deliveries(webhookId: string, beforeId: string | null, max: number): Promise<Delivery[]>
  /** Tries one again, from now on. null where there is none. */
  resendDelivery(id: string, now: number): Promise<Delivery | null>
  /** Forgets deliveries that were made before. Gives how many, at most `max`. */
  forgetDeliveries(before: number, max: number): Promise<number>
  creditAlerts(organizationId: string): Promise<CreditAlert[]>
  /** `thresholdNano` null: no alert. Throws `organization-not-found`. */
  setCreditAlert(
    alert: Pick<CreditAlert, 'organizationId' | 'mode'> & { readonly thresholdNano: bigint | null },
    actor: Actor,
  ): Promise<void>
  /** Looks at all alerts: what has come to be below since the last look is told, once, in the same transaction. */
  crossAlerts(): Promise<Crossing[]>
}

export type AfterAttempt = {
  readonly state: Delivery['state']
  readonly nextAt: number | null
  readonly failingMsMax: number
}
