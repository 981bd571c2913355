/** What members say of webhooks and of the alert for low credit. */
import { z } from 'zod'
import { webhookEvents } from '../../store/webhooks.ts'
import { ModeInput } from './mode-input.ts'

const urlAllowed = 'a URL that begins with https://, of at most 1000 characters, without a user, a password or #'
/** Whether plain `http:` may be is for the server to say. */
const Url = z.string(urlAllowed).max(1_000, urlAllowed).refine(isUrl, urlAllowed)

function isUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || /[^\x21-\x7e]/.test(text)) return false
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.username + url.password + url.hash === ''
}

const eventsAllowed = `one or more of ${webhookEvents.join(', ')}`
const Events = z
  .array(z.enum(webhookEvents, eventsAllowed), eventsAllowed)
  .min(1, eventsAllowed)
  .max(webhookEvents.length, eventsAllowed)

export const WebhookInput = z.strictObject({ url: Url, events: Events })
export const WebhookChangesInput = z.strictObject({
  url: Url.optional(),
  events: Events.optional(),
  state: z.enum(['enabled', 'disabled'], 'enabled or disabled').optional(),
})
export const AlertInput = z.strictObject({
  mode: ModeInput,
  /** `"10.00"`; null: no alert. */
  usd: z.string('an amount of USD as text, such as "10.00", or null').nullable(),
})
export const DeliveryParameters = z.strictObject({ before: z.string('the id of a delivery').optional() })
export const NothingMore = z.strictObject({})
