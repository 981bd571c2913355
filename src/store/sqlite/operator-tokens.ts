/** Operator tokens: only hashes of them are stored. Rows are never deleted, so that it stays known who had one. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type OperatorToken, type OperatorTokenChanges } from '../store.ts'

type TokenRow = {
  id: string
  name: string
  prefix: string
  hash: string
  scopes: string
  created_at: bigint
  last_used_at: bigint | null
  revoked_at: bigint | null
}
type Value = string | number | null

const columns = 'id, name, prefix, hash, scopes, created_at, last_used_at, revoked_at'
const insertToken = `insert into operator_token (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`
const updateToken = `
  update operator_token set last_used_at = coalesce(?, last_used_at), revoked_at = coalesce(revoked_at, ?)
  where id = ? returning ${columns}`
const selectTokens = `select ${columns} from operator_token order by created_at, id`

/** Prepares the operator token statements on a connection. */
export function prepareOperatorTokens(db: Database) {
  const insert = db.prepare<unknown, Value[]>(insertToken)
  const update = db.prepare<TokenRow, Value[]>(updateToken)
  const all = db.prepare<TokenRow, []>(selectTokens)
  return {
    create(token: OperatorToken): void {
      const { id, name, prefix, hash, scopes, createdAt, lastUsedAt, revokedAt } = token
      if (insert.run(id, name, prefix, hash, scopes.join(','), createdAt, lastUsedAt, revokedAt).changes === 0)
        throw new StoreRefusal('idempotency-conflict', `there is already an operator token ${id}`)
    },
    update(id: string, { lastUsedAt = null, revokedAt = null }: OperatorTokenChanges): OperatorToken {
      const row = update.get(lastUsedAt, revokedAt, id)
      if (!row) throw new StoreRefusal('token-not-found', `there is no operator token ${id}`)
      return tokenOf(row)
    },
    list: (): OperatorToken[] => all.all().map(tokenOf),
  }
}

const tokenOf = (row: TokenRow): OperatorToken => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  hash: row.hash,
  scopes: row.scopes.split(','),
  createdAt: Number(row.created_at),
  lastUsedAt: row.last_used_at === null ? null : Number(row.last_used_at),
  revokedAt: row.revoked_at === null ? null : Number(row.revoked_at),
})
