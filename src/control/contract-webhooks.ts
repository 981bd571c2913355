/** The JSON of the admin API on what organizations are told: see `contract.ts`. */
import type { Mode, WebhookEvent } from '../store/store.ts'

/** Where an organization is told of events. `disabledWhy`: somebody asked for it, or everything failed there for five days. */
export type WebhookJson = {
  readonly id: string
  readonly organizationId: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly state: 'enabled' | 'disabled'
  readonly disabledWhy: 'asked' | 'failing' | null
  readonly disabledAt: string | null
  /** Since when nothing was taken there; null: the last delivery was. */
  readonly failingSince: string | null
  readonly createdAt: string
}
/** `secret` is what deliveries are signed with: it is in this one answer and nowhere else. */
export type WebhookWithSecret = WebhookJson & { readonly secret: string }

export type DeliveryJson = {
  /** The header `webhook-id`, the same at every try. */
  readonly id: string
  readonly webhookId: string
  readonly event: string
  /** The body, byte for byte. */
  readonly payload: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly createdAt: string
  readonly nextAt: string | null
  /** The oldest first, twenty at the most; `status` null: there was no answer, for the reason in `error`. */
  readonly attempts: readonly {
    readonly at: string
    readonly ms: number
    readonly status: number | null
    readonly error: string | null
  }[]
}

/** Credit below which an organization is told, once until it is above again; null: no alert. */
export type CreditAlertJson = {
  readonly mode: Mode
  readonly thresholdNano: string | null
  readonly thresholdUsd: string | null
  readonly isBelow: boolean
}
