/** Service requests: each ends once, and what that changes is changed in the same transaction. Rows are never deleted. */
import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import type { ServiceRequest, ServiceRequestEnd, ServiceRequestQuery } from '../service-requests.ts'
import { StoreRefusal, type Actor, type KeyRow } from '../store.ts'
import type { Audit } from './audit.ts'
import type { Keys } from './keys.ts'
import type { Organizations } from './organizations.ts'

type Row = {
  number: bigint
  id: string
  organization_id: string
  kind: ServiceRequest['kind']
  key_id: string | null
  asked: string
  message: string
  state: ServiceRequest['state']
  made_by: string
  made_at: bigint
  answered_by: string | null
  note: string | null
  ended_at: bigint | null
}
type Value = string | number | bigint | null

const columns = `number, id, organization_id, kind, key_id, asked, message, state, made_by, made_at, answered_by, note,
  ended_at`
const insertRequest = `insert into service_request
  (id, organization_id, kind, key_id, asked, message, state, made_by, made_at) values (?, ?, ?, ?, ?, ?, 'open', ?, ?)`
const countOpen = "select count(*) as many from service_request where organization_id = ? and state = 'open'"
const selectRequest = `select ${columns} from service_request where id = ?`
/** By number: several may be made in the same millisecond. */
const selectRequests = `select ${columns} from service_request
  where (?1 is null or organization_id = ?1) and (?2 is null or state = ?2)
    and (?3 is null or number < (select number from service_request where id = ?3))
  order by number desc limit ?4`
const endRequest = `update service_request set state = ?, answered_by = ?, note = ?, ended_at = ?
  where id = ? and state = 'open' returning ${columns}`

export type ServiceRequests = ReturnType<typeof prepareServiceRequests>

type Uses = { readonly audit: Audit; readonly keys: Keys; readonly organizations: Organizations }

/** Prepares the statements on a connection. */
export function prepareServiceRequests(db: Database, { audit, keys, organizations }: Uses, clock: Pick<Clock, 'now'>) {
  const insert = db.prepare<unknown, Value[]>(insertRequest)
  const open = db.prepare<{ many: bigint }, [string]>(countOpen)
  const byId = db.prepare<Row, [string]>(selectRequest)
  const listed = db.prepare<Row, Value[]>(selectRequests)
  const endRow = db.prepare<Row, Value[]>(endRequest)

  const add = db.transaction((request: ServiceRequest, openMax: number): void => {
    const { id, organizationId, kind, keyId, asked, message, madeBy, madeAt } = request
    if (!organizations.exists(organizationId))
      throw new StoreRefusal('organization-not-found', `there is no organization ${organizationId}`)
    if (open.get(organizationId)!.many >= BigInt(openMax))
      throw new StoreRefusal('too-many-open', `organization ${organizationId} has ${openMax} open service requests`)
    insert.run(id, organizationId, kind, keyId, JSON.stringify(asked), message, JSON.stringify(madeBy), madeAt)
    const after = { kind, keyId, asked, message }
    audit.write({ actor: madeBy, action: 'service-request.made', organizationId, subject: id, before: null, after })
  })

  type Ended = { readonly request: ServiceRequest; readonly key: KeyRow | null }
  const end = db.transaction((id: string, { state, note, key }: ServiceRequestEnd, actor: Actor): Ended => {
    const answeredBy = state === 'withdrawn' ? null : JSON.stringify(actor)
    const row = endRow.get(state, answeredBy, note, clock.now(), id)
    if (!row) throw notOpen(id, byId.get(id) !== null)
    const changed = key && keys.update(key.id, key.changes, actor)
    const subject = { organizationId: row.organization_id, subject: id }
    audit.write({
      actor,
      action: `service-request.${state}`,
      ...subject,
      before: { state: 'open' },
      after: { state, note },
    })
    return { request: requestOf(row), key: changed }
  })

  return {
    create: (request: ServiceRequest, openMax: number): void => add.immediate(request, openMax),
    list: ({ organizationId, state, beforeId, max }: ServiceRequestQuery): ServiceRequest[] =>
      listed.all(organizationId, state, beforeId, max).map(requestOf),
    find(id: string): ServiceRequest | null {
      const row = byId.get(id)
      return row && requestOf(row)
    },
    end: (id: string, ending: ServiceRequestEnd, actor: Actor): Ended => end.immediate(id, ending, actor),
  }
}

const notOpen = (id: string, isThere: boolean): StoreRefusal =>
  isThere
    ? new StoreRefusal('service-request-not-open', `service request ${id} has ended`)
    : new StoreRefusal('service-request-not-found', `there is no service request ${id}`)

const requestOf = (row: Row): ServiceRequest => ({
  id: row.id,
  organizationId: row.organization_id,
  kind: row.kind,
  keyId: row.key_id,
  asked: JSON.parse(row.asked) as ServiceRequest['asked'],
  message: row.message,
  state: row.state,
  madeBy: JSON.parse(row.made_by) as Actor,
  madeAt: Number(row.made_at),
  answer: row.answered_by === null ? null : { by: JSON.parse(row.answered_by) as Actor, note: row.note },
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
})
