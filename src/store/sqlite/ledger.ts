/**
 * The ledger: append-only transfers, and per account the running sums of its debits and credits. A transfer
 * and the sums it moves are written in the same transaction; a batch writes each account once.
 */
import type { Database } from 'bun:sqlite'
import { assert } from '../../lib/assert.ts'
import { StoreRefusal, type LedgerBalance, type Mode, type Transfer } from '../store.ts'
import { requestNumber } from './requests.ts'

/** A transfer about to be written. `note` is for people. */
export type Posting = Omit<Transfer, 'id' | 'note' | 'reverses'> & {
  readonly organizationId: string
  readonly note?: string | null
  /** Of a reversal: the transfer that it undoes, wholly or in part. */
  readonly reverses?: number
  /** Of a capture: the run of a node's journal whose charges it takes. */
  readonly takes?: { readonly nodeId: number; readonly fromSeq: number; readonly toSeq: number }
}

/** What a transaction's transfers add to each account, in nano-USD. */
export type AccountChanges = Map<string, { debits: bigint; credits: bigint }>

/** The accounts of each mode have names of their own; the database refuses a transfer from one set to the other. */
const setOf: Readonly<Record<Mode, string>> = { live: '', test: 'test-' }
/** Money an organization may still lease. */
export const creditOf = (organizationId: string, mode: Mode): string => `${setOf[mode]}credit:${organizationId}`
/** Money handed to nodes and not yet captured or released. */
export const heldOf = (organizationId: string, mode: Mode): string => `${setOf[mode]}held:${organizationId}`
/** Money set aside for calls that are billed later. */
export const reservedOf = (organizationId: string, mode: Mode): string => `${setOf[mode]}reserved:${organizationId}`
export const revenueOf = (mode: Mode): string => `${setOf[mode]}revenue`
export const grantsOf = (mode: Mode): string => `${setOf[mode]}grants`

type TransferRow = {
  id: bigint
  idempotency_key: string
  kind: Transfer['kind']
  mode: Mode
  debit_account: string
  credit_account: string
  amount_nano: bigint
  at: bigint
  note: string | null
  reverses: bigint | null
}

const insertTransfer = `
  insert into transfer (idempotency_key, kind, organization_id, mode, debit_account, credit_account, amount_nano, at,
    note, reverses, after_request, to_request)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${requestNumber}, ${requestNumber})`
const insertTransferOnce = `
  ${insertTransfer} on conflict (kind, idempotency_key) do nothing`
const changeAccount = 'update account set debits = debits + ?, credits = credits + ? where name = ?'
const selectBalance = 'select credits - debits as balance from account where name = ?'
const transferColumns =
  'id, idempotency_key, kind, mode, debit_account, credit_account, amount_nano, at, note, reverses'
const selectTransfer = `select ${transferColumns} from transfer where kind = ? and idempotency_key = ?`
const selectTransfers = `select ${transferColumns} from transfer where organization_id = ? order by id`

export type Ledger = ReturnType<typeof prepareLedger>

/** Prepares the ledger's statements on a connection; its functions run inside the caller's transaction. */
export function prepareLedger(db: Database) {
  const insert = db.prepare<unknown, InsertValues>(insertTransfer)
  const insertOnce = db.prepare<unknown, InsertValues>(insertTransferOnce)
  const change = db.prepare<unknown, [bigint, bigint, string]>(changeAccount)
  const balanceRow = db.prepare<{ balance: bigint }, [string]>(selectBalance)
  const byKey = db.prepare<TransferRow, [string, string]>(selectTransfer)
  const ofOrganization = db.prepare<TransferRow, [string]>(selectTransfers)

  return {
    /** Writes a transfer and notes what it adds to its accounts, for `writeAccounts`. */
    post(changes: AccountChanges, posting: Posting): void {
      insert.run(...valuesOf(posting))
      addToAccounts(changes, posting)
    },
    /** Like `post`, but false and without effect when this kind already has a transfer under the key. */
    postOnce(changes: AccountChanges, posting: Posting): boolean {
      if (insertOnce.run(...valuesOf(posting)).changes === 0) return false
      addToAccounts(changes, posting)
      return true
    },
    writeAccounts(changes: AccountChanges): void {
      for (const [name, { debits, credits }] of changes) {
        assert(
          change.run(debits, credits, name).changes === 1,
          `account ${name} must exist before money moves through it`,
        )
      }
    },
    /** What an organization has left of a mode; below zero only after an upstream charged more than could be held. */
    availableNano: (organizationId: string, mode: Mode): bigint =>
      balanceOf(balanceRow.get(creditOf(organizationId, mode)), organizationId),
    balance(organizationId: string, mode: Mode): LedgerBalance {
      const available = balanceOf(balanceRow.get(creditOf(organizationId, mode)), organizationId)
      const leased = balanceOf(balanceRow.get(heldOf(organizationId, mode)), organizationId)
      const reserved = balanceOf(balanceRow.get(reservedOf(organizationId, mode)), organizationId)
      return { balanceNano: available + leased + reserved, leasedNano: leased, reservedNano: reserved }
    },
    transfer(kind: Posting['kind'], idempotencyKey: string): Transfer {
      const row = byKey.get(kind, idempotencyKey)
      assert(row, `the ${kind} ${idempotencyKey} was just written or found`)
      return transferOf(row)
    },
    /** null when this kind has no transfer under the key. */
    find(kind: Posting['kind'], idempotencyKey: string): Transfer | null {
      const row = byKey.get(kind, idempotencyKey)
      return row && transferOf(row)
    },
    /** Every transfer of one organization, oldest first. */
    transfers: (organizationId: string): Transfer[] => ofOrganization.all(organizationId).map(transferOf),
  }
}

type InsertValues = (string | number | bigint | null)[]

const valuesOf = (posting: Posting): InsertValues => [
  posting.idempotencyKey,
  posting.kind,
  posting.organizationId,
  posting.mode,
  posting.debitAccount,
  posting.creditAccount,
  posting.amountNano,
  posting.at,
  posting.note ?? null,
  posting.reverses ?? null,
  posting.takes?.nodeId ?? null,
  posting.takes?.fromSeq ?? null,
  posting.takes?.nodeId ?? null,
  posting.takes?.toSeq ?? null,
]

function addToAccounts(
  changes: AccountChanges,
  { debitAccount, creditAccount, amountNano }: Pick<Transfer, 'debitAccount' | 'creditAccount' | 'amountNano'>,
): void {
  changeOf(changes, debitAccount).debits += amountNano
  changeOf(changes, creditAccount).credits += amountNano
}

function changeOf(changes: AccountChanges, account: string): { debits: bigint; credits: bigint } {
  const known = changes.get(account)
  if (known) return known
  const fresh = { debits: 0n, credits: 0n }
  changes.set(account, fresh)
  return fresh
}

function balanceOf(row: { balance: bigint } | null, organizationId: string): bigint {
  if (!row) throw new StoreRefusal('organization-not-found', `there is no organization ${organizationId}`)
  return row.balance
}

const transferOf = (row: TransferRow): Transfer => ({
  id: Number(row.id),
  idempotencyKey: row.idempotency_key,
  kind: row.kind,
  mode: row.mode,
  debitAccount: row.debit_account,
  creditAccount: row.credit_account,
  amountNano: row.amount_nano,
  at: Number(row.at),
  note: row.note,
  reverses: row.reverses === null ? null : Number(row.reverses),
})
