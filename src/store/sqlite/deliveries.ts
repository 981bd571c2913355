/** What is told to endpoints of organizations, and what came of each try. A delivery is the same message at every try. */
import type { Database } from 'bun:sqlite'
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import {
  byServer,
  type AfterAttempt,
  type Delivery,
  type DeliveryAttempt,
  type DueDelivery,
  type Told,
  type Webhook,
} from '../store.ts'
import { webhookOf, type WebhookRow, type Webhooks } from './webhooks.ts'

type DeliveryRow = {
  delivery_id: string
  webhook_id: string
  event: Delivery['event']
  payload: string
  made_at: bigint
  state: Delivery['state']
  next_at: bigint | null
  attempts: string
  tries: bigint
}
type Value = string | number | null

const columns = `d.id as delivery_id, d.webhook_id, d.event, d.payload, d.created_at as made_at, d.state, d.next_at,
  d.attempts, d.tries`
const insertDelivery = `insert into webhook_delivery
  (id, webhook_id, event, payload, created_at, state, next_at, attempts, tries) values (?, ?, ?, ?, ?, ?, ?, '[]', 0)`
const countPending = "select count(*) as many from webhook_delivery where webhook_id = ? and state = 'pending'"
/** Of one endpoint at a time. */
const dueOfEndpointMax = 8
/** The first of each endpoint before anybody's second, so that who has many waiting holds up no other. */
const selectDue = `select ${columns}, webhook.* from (
    select number, row_number() over (partition by webhook_id order by next_at, number) as place
    from webhook_delivery where state = 'pending' and next_at <= ?
  ) as due join webhook_delivery d on d.number = due.number join webhook on webhook.id = d.webhook_id
  where due.place <= ${dueOfEndpointMax} and webhook.disabled_at is null order by due.place, d.next_at limit ?`
const selectDelivery = `select ${columns} from webhook_delivery d where d.id = ?`
const selectDeliveries = `select ${columns} from webhook_delivery d where d.webhook_id = ?1
  and (?2 is null or d.number < (select number from webhook_delivery where id = ?2)) order by d.number desc limit ?3`
const updateDelivery =
  'update webhook_delivery set state = ?, next_at = ?, attempts = ?, tries = tries + 1 where id = ?'
const againDelivery = "update webhook_delivery set state = 'pending', next_at = ?, tries = 0 where id = ?"
const failPending =
  "update webhook_delivery set state = 'failed', next_at = null where webhook_id = ? and state = 'pending'"
const failingWebhook = 'update webhook set failing_since = coalesce(failing_since, ?) where id = ?'
const goodWebhook = 'update webhook set failing_since = null where id = ?'
const deleteOld = `delete from webhook_delivery where number in (
  select number from webhook_delivery where created_at < ? limit ?)`

/** More that wait for one endpoint are in the log, and not tried. */
const pendingMax = 1_000
const attemptsKept = 20

export type Deliveries = ReturnType<typeof prepareDeliveries>

/** Prepares the statements on a connection. `tell` belongs into the transaction of what it tells, where there is one. */
export function prepareDeliveries(db: Database, webhooks: Webhooks, clock: Pick<Clock, 'now'>) {
  const insert = db.prepare<unknown, Value[]>(insertDelivery)
  const pending = db.prepare<{ many: bigint }, [string]>(countPending)
  const due = db.prepare<DeliveryRow & WebhookRow, Value[]>(selectDue)
  const byId = db.prepare<DeliveryRow, [string]>(selectDelivery)
  const listed = db.prepare<DeliveryRow, Value[]>(selectDeliveries)
  const update = db.prepare<unknown, Value[]>(updateDelivery)
  const again = db.prepare<unknown, Value[]>(againDelivery)
  const fail = db.prepare<unknown, [string]>(failPending)
  const failing = db.prepare<unknown, Value[]>(failingWebhook)
  const good = db.prepare<unknown, [string]>(goodWebhook)
  const old = db.prepare<unknown, [number, number]>(deleteOld)

  const tell = ({ organizationId, event, data }: Told, only?: string): string[] => {
    const wants = ({ id, events, disabled }: Webhook): boolean =>
      only === undefined ? disabled === null && (events as readonly string[]).includes(event) : id === only
    const now = clock.now()
    const payload = JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), data })
    return webhooks
      .list(organizationId)
      .filter(wants)
      .map((webhook) => {
        const id = `msg_${randomUUID().replaceAll('-', '')}`
        const isFull = pending.get(webhook.id)!.many >= BigInt(pendingMax)
        insert.run(id, webhook.id, event, payload, now, isFull ? 'failed' : 'pending', isFull ? null : now)
        return id
      })
  }
  const note = db.transaction((id: string, attempt: DeliveryAttempt, then: AfterAttempt): void => {
    const row = byId.get(id)
    // Its endpoint was deleted meanwhile.
    if (!row) return
    const attempts = [...deliveryOf(row).attempts, attempt].slice(-attemptsKept)
    update.run(then.state, then.nextAt, JSON.stringify(attempts), id)
    if (then.state === 'delivered') return void good.run(row.webhook_id)
    failing.run(attempt.at, row.webhook_id)
    const { failingSince, disabled } = webhooks.find(row.webhook_id)!
    if (disabled !== null || attempt.at - failingSince! < then.failingMsMax) return
    webhooks.update(row.webhook_id, { disabled: { at: attempt.at, why: 'failing' } }, byServer)
    fail.run(row.webhook_id)
  })
  const find = (id: string): Delivery | null => {
    const row = byId.get(id)
    return row && deliveryOf(row)
  }
  return {
    tell,
    tellAlone: (told: Told, only?: string): string[] => db.transaction(() => tell(told, only)).immediate(),
    due: (now: number, max: number): DueDelivery[] =>
      due.all(now, max).map((row) => ({ delivery: deliveryOf(row), webhook: webhookOf(row) })),
    note: (id: string, attempt: DeliveryAttempt, then: AfterAttempt): void => note.immediate(id, attempt, then),
    list: (webhookId: string, beforeId: string | null, max: number): Delivery[] =>
      listed.all(webhookId, beforeId, max).map(deliveryOf),
    find,
    resend(id: string, now: number): Delivery | null {
      again.run(now, id)
      return find(id)
    },
    forget: (before: number, max: number): number => old.run(before, max).changes,
  }
}

const deliveryOf = (row: DeliveryRow): Delivery => ({
  id: row.delivery_id,
  webhookId: row.webhook_id,
  event: row.event,
  payload: row.payload,
  createdAt: Number(row.made_at),
  state: row.state,
  nextAt: row.next_at === null ? null : Number(row.next_at),
  attempts: JSON.parse(row.attempts) as DeliveryAttempt[],
  tries: Number(row.tries),
})
