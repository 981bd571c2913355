/** Virtual keys. Only hashes of secrets are stored. Amounts are nano-USD, times epoch milliseconds. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type Actor, type KeyChanges, type KeyRow, type Mode, type ReplacedSecret } from '../store.ts'
import { keyFacts, type Audit } from './audit.ts'
import type { Organizations } from './organizations.ts'

type Stored = {
  id: string
  organization_id: string
  mode: Mode
  name: string
  prefix: string
  hash: string
  region: string
  rpm: bigint | null
  tpm: bigint | null
  concurrency: bigint | null
  budget_nano: bigint | null
  budget_period: KeyRow['budgetPeriod']
  models: string | null
  endpoints: string | null
  addresses: string | null
  expires_at: bigint | null
  revoked_at: bigint | null
  created_at: bigint
  replaced: string
}
type Values = (string | number | bigint | null)[]

const columns = `id, organization_id, mode, name, prefix, hash, region, rpm, tpm, concurrency,
  budget_nano, budget_period, models, endpoints, addresses, expires_at, revoked_at, created_at`
const insertKey = `insert into virtual_key (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`
const updateKey = `
  update virtual_key set name = ?, prefix = ?, hash = ?, region = ?, rpm = ?, tpm = ?,
    concurrency = ?, budget_nano = ?, budget_period = ?, models = ?, endpoints = ?,
    addresses = ?, expires_at = ?, revoked_at = ? where id = ?`
/** Those that were revoked count on for a day, so that making and revoking does not fill the table. */
const countKeys = `
  select count(*) as many from virtual_key where organization_id = ? and (revoked_at is null or created_at > ?)`
const dayMs = 24 * 3_600_000
const selectMode = 'select mode from virtual_key where id = ?'
/** The key's replaced secrets as one JSON value, so that all keys are one query. */
const selected = `${columns}, (
  select json_group_array(json_array(hash, prefix, ends_at)) from (
    select replaced_secret.hash, replaced_secret.prefix, ends_at from replaced_secret where key_id = virtual_key.id
    order by ends_at, replaced_secret.hash)) as replaced`
const selectKey = `select ${selected} from virtual_key where id = ?`
const selectKeys = `select ${selected} from virtual_key order by created_at, id`
const selectKeysOf = `select ${selected} from virtual_key where organization_id = ? order by created_at, id`
const deleteReplaced = 'delete from replaced_secret where key_id = ?'
const insertReplaced = 'insert into replaced_secret (key_id, hash, prefix, ends_at) values (?, ?, ?, ?)'

export type Keys = ReturnType<typeof prepareKeys>

/** Prepares the key statements on a connection. */
export function prepareKeys(db: Database, organizations: Organizations, audit: Audit) {
  const insert = db.prepare<unknown, Values>(insertKey)
  const update = db.prepare<unknown, Values>(updateKey)
  const byId = db.prepare<Stored, [string]>(selectKey)
  const modeRow = db.prepare<{ mode: Mode }, [string]>(selectMode)
  const all = db.prepare<Stored, []>(selectKeys)
  const ofOrganization = db.prepare<Stored, [string]>(selectKeysOf)
  const counted = db.prepare<{ many: bigint }, Values>(countKeys)
  const forget = db.prepare<unknown, [string]>(deleteReplaced)
  const keep = db.prepare<unknown, Values>(insertReplaced)
  const writeReplaced = ({ id, replaced }: KeyRow): void => {
    forget.run(id)
    for (const { hash, prefix, until } of replaced) keep.run(id, hash, prefix, until)
  }
  const add = db.transaction((key: KeyRow, max: number, actor: Actor): void => {
    const { id, organizationId, mode, createdAt } = key
    if (!organizations.exists(organizationId))
      throw new StoreRefusal('organization-not-found', `there is no organization ${organizationId}`)
    if (counted.get(organizationId, createdAt - dayMs)!.many >= max)
      throw new StoreRefusal('too-many-keys', `organization ${organizationId} has ${max} keys`)
    const isNew = insert.run(id, organizationId, mode, ...changeable(key), createdAt).changes === 1
    if (!isNew)
      throw new StoreRefusal('idempotency-conflict', `there is already a key ${id}, or one with the same secret`)
    writeReplaced(key)
    audit.write({ actor, action: 'key.created', organizationId, subject: id, before: null, after: keyFacts(key) })
  })
  const change = db.transaction((id: string, changes: KeyChanges, actor: Actor): KeyRow => {
    const stored = byId.get(id)
    if (!stored) throw new StoreRefusal('key-not-found', `there is no key ${id}`)
    const was = keyOf(stored)
    const changed = { ...was, ...changes }
    update.run(...changeable(changed), id)
    if (changes.replaced !== undefined) writeReplaced(changed)
    const [before, after] = [keyFacts(was), keyFacts(changed)]
    audit.writeChange({
      actor,
      action: actionOf(changes),
      organizationId: was.organizationId,
      subject: id,
      before,
      after,
    })
    return keyOf(byId.get(id)!)
  })

  return {
    create: (key: KeyRow, max: number, actor: Actor): void => add.immediate(key, max, actor),
    /** null when there is no such key. */
    modeOf: (id: string): Mode | null => modeRow.get(id)?.mode ?? null,
    update: (id: string, changes: KeyChanges, actor: Actor): KeyRow => change.immediate(id, changes, actor),
    find(id: string): KeyRow | null {
      const stored = byId.get(id)
      return stored && keyOf(stored)
    },
    list: (organizationId?: string): KeyRow[] =>
      (organizationId === undefined ? all.all() : ofOrganization.all(organizationId)).map(keyOf),
  }
}

function actionOf({ revokedAt, hash }: KeyChanges): string {
  if (revokedAt !== undefined) return 'key.revoked'
  return hash === undefined ? 'key.changed' : 'key.rotated'
}

/** Everything that may change after a key was made, in the order of the columns. */
const changeable = (key: KeyRow): Values => [
  key.name,
  key.prefix,
  key.hash,
  key.region,
  key.rpm,
  key.tpm,
  key.concurrency,
  key.budgetNano,
  key.budgetPeriod,
  listText(key.models),
  listText(key.endpoints),
  listText(key.addresses),
  key.expiresAt,
  key.revokedAt,
]

const keyOf = (row: Stored): KeyRow => ({
  id: row.id,
  organizationId: row.organization_id,
  mode: row.mode,
  name: row.name,
  prefix: row.prefix,
  hash: row.hash,
  replaced: row.replaced === '[]' ? none : replacedOf(row.replaced),
  region: row.region,
  rpm: numberOf(row.rpm),
  tpm: numberOf(row.tpm),
  concurrency: numberOf(row.concurrency),
  budgetNano: row.budget_nano,
  budgetPeriod: row.budget_period,
  models: listOf(row.models),
  endpoints: listOf(row.endpoints),
  addresses: listOf(row.addresses),
  expiresAt: numberOf(row.expires_at),
  revokedAt: numberOf(row.revoked_at),
  createdAt: Number(row.created_at),
})

const none: readonly ReplacedSecret[] = []

const replacedOf = (json: string): ReplacedSecret[] =>
  (JSON.parse(json) as [string, string | null, number][]).map(([hash, prefix, until]) => ({ hash, prefix, until }))

const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))

const listText = (list: readonly string[] | null): string | null => list && JSON.stringify(list)
const listOf = (json: string | null): readonly string[] | null =>
  json === null ? null : (JSON.parse(json) as readonly string[])
