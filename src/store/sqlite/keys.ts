/** Virtual keys. Only hashes of secrets are stored. Amounts are nano-USD, times epoch milliseconds. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type KeyChanges, type KeyRow, type Mode } from '../store.ts'
import type { Organizations } from './organizations.ts'

type Stored = {
  id: string
  organization_id: string
  mode: Mode
  name: string
  prefix: string
  hash: string
  previous_hash: string | null
  previous_hash_until: bigint | null
  region: string
  rpm: bigint | null
  tpm: bigint | null
  concurrency: bigint | null
  budget_nano: bigint | null
  budget_period: KeyRow['budgetPeriod']
  models: string | null
  expires_at: bigint | null
  revoked_at: bigint | null
  created_at: bigint
}
type Values = (string | number | bigint | null)[]

const columns = `id, organization_id, mode, name, prefix, hash, previous_hash, previous_hash_until, region, rpm, tpm, concurrency,
  budget_nano, budget_period, models, expires_at, revoked_at, created_at`
const insertKey = `insert into virtual_key (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`
const updateKey = `
  update virtual_key set name = ?, prefix = ?, hash = ?, previous_hash = ?, previous_hash_until = ?, region = ?, rpm = ?, tpm = ?,
    concurrency = ?, budget_nano = ?, budget_period = ?, models = ?, expires_at = ?, revoked_at = ? where id = ?`
const selectKey = `select ${columns} from virtual_key where id = ?`
const selectMode = 'select mode from virtual_key where id = ?'
const selectKeys = `select ${columns} from virtual_key order by created_at, id`
const selectKeysOf = `select ${columns} from virtual_key where organization_id = ? order by created_at, id`

export type Keys = ReturnType<typeof prepareKeys>

/** Prepares the key statements on a connection. */
export function prepareKeys(db: Database, organizations: Organizations) {
  const insert = db.prepare<unknown, Values>(insertKey)
  const update = db.prepare<unknown, Values>(updateKey)
  const byId = db.prepare<Stored, [string]>(selectKey)
  const modeRow = db.prepare<{ mode: Mode }, [string]>(selectMode)
  const all = db.prepare<Stored, []>(selectKeys)
  const ofOrganization = db.prepare<Stored, [string]>(selectKeysOf)
  const change = db.transaction((id: string, changes: KeyChanges): KeyRow => {
    const stored = byId.get(id)
    if (!stored) throw new StoreRefusal('key-not-found', `there is no key ${id}`)
    const changed = { ...keyOf(stored), ...changes }
    update.run(...changeable(changed), id)
    return keyOf(byId.get(id)!)
  })

  return {
    create(key: KeyRow): void {
      const { id, organizationId, mode } = key
      if (!organizations.exists(organizationId))
        throw new StoreRefusal('organization-not-found', `there is no organization ${organizationId}`)
      const isNew = insert.run(id, organizationId, mode, ...changeable(key), key.createdAt).changes === 1
      if (!isNew)
        throw new StoreRefusal('idempotency-conflict', `there is already a key ${id}, or one with the same secret`)
    },
    /** null when there is no such key. */
    modeOf: (id: string): Mode | null => modeRow.get(id)?.mode ?? null,
    update: (id: string, changes: KeyChanges): KeyRow => change.immediate(id, changes),
    list: (organizationId?: string): KeyRow[] =>
      (organizationId === undefined ? all.all() : ofOrganization.all(organizationId)).map(keyOf),
  }
}

/** Everything that may change after a key was made, in the order of the columns. */
const changeable = (key: KeyRow): Values => [
  key.name,
  key.prefix,
  key.hash,
  key.previousHash,
  key.previousHashUntil,
  key.region,
  key.rpm,
  key.tpm,
  key.concurrency,
  key.budgetNano,
  key.budgetPeriod,
  key.models === null ? null : JSON.stringify(key.models),
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
  previousHash: row.previous_hash,
  previousHashUntil: numberOf(row.previous_hash_until),
  region: row.region,
  rpm: numberOf(row.rpm),
  tpm: numberOf(row.tpm),
  concurrency: numberOf(row.concurrency),
  budgetNano: row.budget_nano,
  budgetPeriod: row.budget_period,
  models: row.models === null ? null : (JSON.parse(row.models) as string[]),
  expiresAt: numberOf(row.expires_at),
  revokedAt: numberOf(row.revoked_at),
  createdAt: Number(row.created_at),
})

const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))
