/** From the store's rows to the contract's JSON. */
import { formatUsd, greater } from '../../lib/amounts.ts'
import type { Standing } from '../../lib/gcra.ts'
import type { Budget, Standings } from '../../limits/limits.ts'
import type {
  KeyRow,
  LedgerBalance,
  Mode,
  OperatorToken,
  Organization,
  RevocationAsk,
  ServiceRequest,
  Transfer,
} from '../../store/store.ts'
import type {
  BalanceJson,
  GaugeJson,
  KeyGaugesJson,
  GrantJson,
  KeyJson,
  OrganizationJson,
  RevocationJson,
  TokenJson,
  VerificationJson,
} from '../contract.ts'
import type { ServiceRequestJson } from '../contract-service.ts'
import type { Verification } from './ledger-verifier.ts'

const iso = (at: number): string => new Date(at).toISOString()
export const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at))

export const organizationJson = ({ id, name, createdAt, suspended }: Organization): OrganizationJson => ({
  id,
  name,
  createdAt: iso(createdAt),
  state: suspended === null ? 'active' : 'suspended',
  suspendedAt: suspended && iso(suspended.at),
  suspendedWhy: suspended && suspended.why,
})

/** The key without its hashes. */
export const keyJson = (row: KeyRow, now: number): KeyJson => {
  const earlierSecrets = row.replaced
    .filter(({ until }) => until > now)
    .map(({ prefix, until }) => ({ prefix, until: iso(until) }))
  return {
    id: row.id,
    organizationId: row.organizationId,
    mode: row.mode,
    name: row.name,
    prefix: row.prefix,
    state: keyStateOf(row, now),
    region: row.region,
    rpm: row.rpm,
    tpm: row.tpm,
    concurrency: row.concurrency,
    budgetNano: row.budgetNano === null ? null : row.budgetNano.toString(),
    budgetUsd: row.budgetNano === null ? null : formatUsd(row.budgetNano),
    budgetPeriod: row.budgetPeriod,
    models: row.models,
    endpoints: row.endpoints,
    addresses: row.addresses,
    expiresAt: isoOrNull(row.expiresAt),
    revokedAt: isoOrNull(row.revokedAt),
    previousUntil: earlierSecrets.at(-1)?.until ?? null,
    earlierSecrets,
    createdAt: iso(row.createdAt),
  }
}

/** What of a key's budget is gone; null when it has none. */
export const budgetJson = (budget: Budget | null) => ({
  budgetSpentNano: budget && budget.spentNano.toString(),
  budgetSpentUsd: budget && formatUsd(budget.spentNano),
  budgetHeldNano: budget && budget.heldNano.toString(),
  budgetHeldUsd: budget && formatUsd(budget.heldNano),
  budgetResetsAt: isoOrNull(budget && budget.resetsAt),
})

/** What of a key's limits is used now. */
export const gaugesJson = ({ requests, tokens }: Standings, inFlight: number): KeyGaugesJson => ({
  requests: requests && gaugeJson(requests),
  tokens: tokens && gaugeJson(tokens),
  inFlight,
})

const gaugeJson = ({ limit, remaining, resetMs }: Standing): GaugeJson => ({
  used: limit - remaining,
  allowed: limit,
  resetMs,
})

export const keyStates = ['active', 'revoked', 'expired'] as const

export function keyStateOf(row: KeyRow, now: number): KeyJson['state'] {
  if (row.revokedAt !== null) return 'revoked'
  return row.expiresAt !== null && row.expiresAt <= now ? 'expired' : 'active'
}

/**
 * The balance as customers mean it: what a node has leased and not held is still available. `idleNano`
 * is read apart from the store, so money that moves in between may make it larger than what is leased.
 */
export function balanceJson(
  mode: Mode,
  { balanceNano, leasedNano, reservedNano }: LedgerBalance,
  idleNano: bigint,
): BalanceJson {
  const heldNano = greater(0n, leasedNano - idleNano)
  const availableNano = balanceNano - heldNano - reservedNano
  return {
    mode,
    balanceNano: balanceNano.toString(),
    heldNano: heldNano.toString(),
    reservedNano: reservedNano.toString(),
    availableNano: availableNano.toString(),
    availableUsd: formatUsd(availableNano),
  }
}

export const serviceRequestJson = (
  request: ServiceRequest,
  key: Pick<KeyRow, 'name' | 'prefix'> | null,
): ServiceRequestJson => ({
  id: request.id,
  organizationId: request.organizationId,
  kind: request.kind,
  keyId: request.keyId,
  keyName: key && (key.name === '' ? `${key.prefix}…` : key.name),
  asked: request.asked,
  message: request.message,
  state: request.state,
  madeBy: request.madeBy.name,
  madeAt: iso(request.madeAt),
  answeredBy: request.answer && request.answer.by.name,
  note: request.answer && request.answer.note,
  endedAt: isoOrNull(request.endedAt),
})

export const tokenJson = (token: OperatorToken): TokenJson => ({
  id: token.id,
  name: token.name,
  prefix: token.prefix,
  scopes: token.scopes,
  state: token.revokedAt === null ? 'active' : 'revoked',
  createdAt: iso(token.createdAt),
  lastUsedAt: isoOrNull(token.lastUsedAt),
  revokedAt: isoOrNull(token.revokedAt),
})

export const verificationJson = ({ at, ms, checks }: Verification): VerificationJson => ({
  ok: checks.every((check) => check.ok),
  at: iso(at),
  ms,
  checks,
})

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

/** What was asked for, and the reversals that it came to, at least one. */
export const revocationJson = (ask: RevocationAsk, reversals: readonly Transfer[]): RevocationJson => ({
  organizationId: ask.organizationId,
  mode: ask.mode,
  amountNano: ask.amountNano.toString(),
  amountUsd: formatUsd(ask.amountNano),
  note: reversals[0]!.note,
  idempotencyKey: ask.idempotencyKey,
  createdAt: iso(reversals[0]!.at),
  reversals: reversals.map(({ id, reverses, amountNano }) => ({
    id,
    reverses: reverses!,
    amountNano: amountNano.toString(),
  })),
})
