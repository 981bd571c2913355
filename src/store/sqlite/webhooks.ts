/** Endpoints of organizations. Nothing of a secret is stored but sealed. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type Actor, type Facts, type Webhook, type WebhookChanges } from '../store.ts'
import type { Audit } from './audit.ts'
import type { Organizations } from './organizations.ts'

export type WebhookRow = {
  id: string
  organization_id: string
  url: string
  events: string
  sealed_secret: string
  created_at: bigint
  disabled_at: bigint | null
  disabled_why: 'asked' | 'failing' | null
  failing_since: bigint | null
}
type Value = string | number | null

const columns = 'id, organization_id, url, events, sealed_secret, created_at, disabled_at, disabled_why, failing_since'
const insertWebhook = `insert into webhook (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
const updateWebhook =
  'update webhook set url = ?, events = ?, sealed_secret = ?, disabled_at = ?, disabled_why = ?, failing_since = ? where id = ?'
const deleteWebhook = 'delete from webhook where id = ?'
const selectWebhook = `select ${columns} from webhook where id = ?`
const selectWebhooks = `select ${columns} from webhook where organization_id = ? order by created_at, id`

type Uses = { readonly audit: Audit; readonly organizations: Organizations }
export type Webhooks = ReturnType<typeof prepareWebhooks>

/** Prepares the statements on a connection. */
export function prepareWebhooks(db: Database, { audit, organizations }: Uses) {
  const insert = db.prepare<unknown, Value[]>(insertWebhook)
  const update = db.prepare<unknown, Value[]>(updateWebhook)
  const remove = db.prepare<unknown, [string]>(deleteWebhook)
  const byId = db.prepare<WebhookRow, [string]>(selectWebhook)
  const ofOrganization = db.prepare<WebhookRow, [string]>(selectWebhooks)
  const about = (actor: Actor, { id, organizationId }: Webhook) => ({ actor, organizationId, subject: id })
  const known = (id: string): Webhook => {
    const row = byId.get(id)
    if (!row) throw new StoreRefusal('webhook-not-found', `there is no webhook ${id}`)
    return webhookOf(row)
  }

  const add = db.transaction((webhook: Webhook, max: number, actor: Actor): void => {
    const { id, organizationId, url, events, sealedSecret, createdAt, disabled, failingSince } = webhook
    if (!organizations.exists(organizationId))
      throw new StoreRefusal('organization-not-found', `there is no organization ${organizationId}`)
    if (ofOrganization.all(organizationId).length >= max)
      throw new StoreRefusal('too-many-webhooks', `organization ${organizationId} has ${max} webhooks`)
    const end = [disabled?.at ?? null, disabled?.why ?? null, failingSince]
    insert.run(id, organizationId, url, JSON.stringify(events), sealedSecret, createdAt, ...end)
    audit.write({ ...about(actor, webhook), action: 'webhook.created', before: null, after: webhookFacts(webhook) })
  })
  const change = db.transaction((id: string, changes: WebhookChanges, actor: Actor): Webhook => {
    const was = known(id)
    // Whoever uses it again gives it another chance.
    const failingSince = changes.disabled === null ? null : was.failingSince
    const webhook = { ...was, ...changes, failingSince }
    const { url, events, sealedSecret, disabled } = webhook
    update.run(url, JSON.stringify(events), sealedSecret, disabled?.at ?? null, disabled?.why ?? null, failingSince, id)
    const [before, after] = [webhookFacts(was), webhookFacts(webhook)]
    audit.writeChange({ ...about(actor, was), action: 'webhook.changed', before, after })
    if (changes.sealedSecret !== undefined)
      audit.write({ ...about(actor, was), action: 'webhook.rotated', before: null, after: null })
    return webhook
  })
  const forget = db.transaction((id: string, actor: Actor): void => {
    const was = known(id)
    remove.run(id)
    audit.write({ ...about(actor, was), action: 'webhook.deleted', before: webhookFacts(was), after: null })
  })
  return {
    create: (webhook: Webhook, max: number, actor: Actor): void => add.immediate(webhook, max, actor),
    update: (id: string, changes: WebhookChanges, actor: Actor): Webhook => change.immediate(id, changes, actor),
    delete: (id: string, actor: Actor): void => forget.immediate(id, actor),
    list: (organizationId: string): Webhook[] => ofOrganization.all(organizationId).map(webhookOf),
    find(id: string): Webhook | null {
      const row = byId.get(id)
      return row && webhookOf(row)
    },
  }
}

export const webhookOf = (row: WebhookRow): Webhook => ({
  id: row.id,
  organizationId: row.organization_id,
  url: row.url,
  events: JSON.parse(row.events) as Webhook['events'],
  sealedSecret: row.sealed_secret,
  createdAt: Number(row.created_at),
  disabled: row.disabled_at === null ? null : { at: Number(row.disabled_at), why: row.disabled_why! },
  failingSince: row.failing_since === null ? null : Number(row.failing_since),
})

const webhookFacts = ({ url, events, disabled }: Webhook): Facts => ({
  url,
  events,
  disabledAt: disabled && new Date(disabled.at).toISOString(),
  disabledWhy: disabled && disabled.why,
})
