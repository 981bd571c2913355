/** Operator tokens: only hashes of them are stored. Rows are never deleted, so that it stays known who had one. */
import type { Database } from 'bun:sqlite'
import { StoreRefusal, type Actor, type OperatorToken, type OperatorTokenChanges } from '../store.ts'

import { tokenFacts, type Audit } from './audit.ts'

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
const selectToken = `select ${columns} from operator_token where id = ?`
const selectTokens = `select ${columns} from operator_token order by created_at, id`

/** Prepares the operator token statements on a connection. */
export function prepareOperatorTokens(db: Database, audit: Audit) {
  const insert = db.prepare<unknown, Value[]>(insertToken)
  const update = db.prepare<TokenRow, Value[]>(updateToken)
  const byId = db.prepare<TokenRow, [string]>(selectToken)
  const all = db.prepare<TokenRow, []>(selectTokens)
  const about = (actor: Actor, subject: string) => ({ actor, organizationId: null, subject })
  const add = db.transaction((token: OperatorToken, actor: Actor): void => {
    const { id, name, prefix, hash, scopes, createdAt, lastUsedAt, revokedAt } = token
    if (insert.run(id, name, prefix, hash, scopes.join(','), createdAt, lastUsedAt, revokedAt).changes === 0)
      throw new StoreRefusal('idempotency-conflict', `there is already an operator token ${id}`)
    audit.write({ ...about(actor, id), action: 'token.created', before: null, after: tokenFacts(token) })
  })
  const change = db.transaction((id: string, changes: OperatorTokenChanges, actor: Actor): OperatorToken => {
    const { lastUsedAt = null, revokedAt = null } = changes
    const was = byId.get(id)
    if (!was) throw new StoreRefusal('token-not-found', `there is no operator token ${id}`)
    const token = tokenOf(update.get(lastUsedAt, revokedAt, id)!)
    const [before, after] = [tokenFacts(tokenOf(was)), tokenFacts(token)]
    audit.writeChange({ ...about(actor, id), action: 'token.revoked', before, after })
    return token
  })
  return {
    create: (token: OperatorToken, actor: Actor): void => add.immediate(token, actor),
    update: (id: string, changes: OperatorTokenChanges, actor: Actor): OperatorToken =>
      change.immediate(id, changes, actor),
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
