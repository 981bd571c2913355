/** From the store's rows to the contract's JSON. */
import { formatUsd, greater } from '../lib/amounts.ts'
import type { KeyRow, LedgerBalance, Mode, Organization, Transfer } from '../store/store.ts'
import type { BalanceJson, GrantJson, KeyJson, OrganizationJson } from './contract.ts'

const iso = (at: number): string => new Date(at).toISOString()
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at))

export const organizationJson = ({ id, name, createdAt }: Organization): OrganizationJson => ({
  id,
  name,
  createdAt: iso(createdAt),
})

/** The key without its hashes. */
export const keyJson = (row: KeyRow, now: number): KeyJson => ({
  id: row.id,
  organizationId: row.organizationId,
  mode: row.mode,
  name: row.name,
  prefix: row.prefix,
  state: stateOf(row, now),
  region: row.region,
  rpm: row.rpm,
  tpm: row.tpm,
  concurrency: row.concurrency,
  budgetNano: row.budgetNano === null ? null : row.budgetNano.toString(),
  budgetUsd: row.budgetNano === null ? null : formatUsd(row.budgetNano),
  budgetPeriod: row.budgetPeriod,
  models: row.models,
  expiresAt: isoOrNull(row.expiresAt),
  revokedAt: isoOrNull(row.revokedAt),
  previousUntil: row.previousHashUntil === null || row.previousHashUntil <= now ? null : iso(row.previousHashUntil),
  createdAt: iso(row.createdAt),
})

function stateOf(row: KeyRow, now: number): KeyJson['state'] {
  if (row.revokedAt !== null) return 'revoked'
  return row.expiresAt !== null && row.expiresAt <= now ? 'expired' : 'active'
}

/**
 * The balance as customers mean it: what a node has leased and not held is still available. `idleNano`
 * is read apart from the store, so money that moves in between may make it larger than what is leased.
 */
export function balanceJson(mode: Mode, { balanceNano, leasedNano }: LedgerBalance, idleNano: bigint): BalanceJson {
  const heldNano = greater(0n, leasedNano - idleNano)
  const availableNano = balanceNano - heldNano
  return {
    mode,
    balanceNano: balanceNano.toString(),
    heldNano: heldNano.toString(),
    availableNano: availableNano.toString(),
    availableUsd: formatUsd(availableNano),
  }
}

export const grantJson = (organizationId: string, transfer: Transfer): GrantJson => ({
  id: transfer.id,
  organizationId,
  mode: transfer.mode,
  amountNano: transfer.amountNano.toString(),
  amountUsd: formatUsd(transfer.amountNano),
  note: transfer.note,
  idempotencyKey: transfer.idempotencyKey,
  createdAt: iso(transfer.at),
})
