/** Proves the ledger on one snapshot of the database, reading row by row. Needs a connection that may be busy for a while. */
import type { Database } from 'bun:sqlite'
import { unpackSettlement, type PackedSettlement } from '../settlement-text.ts'
import type { Check, Mode, Settlement } from '../store.ts'
import { ledgerChecks } from './ledger-checks.ts'
import { reservationChecks } from './reservation-checks.ts'

/** A detail names at most this many of the problems it counts. */
const namedProblemsMax = 5

type Prover = { readonly name: string; readonly promise: string; readonly problems: (db: Database) => Iterable<string> }

const provers: readonly Prover[] = [
  ...[...ledgerChecks, ...reservationChecks].map(({ name, promise, sql }) => ({
    name,
    promise,
    problems: (db: Database) => problemsOfSql(db, sql),
  })),
  {
    name: 'receipts-add-up',
    promise: 'the lines of every receipt multiply out to its charge, and its row agrees',
    problems: problemsOfReceipts,
  },
]

/** Runs every check; none stops another. See `Store.verifyLedger`. */
export function verifyLedger(db: Database): Check[] {
  return db.transaction(() => provers.map((prover) => check(db, prover))).deferred()
}

function check(db: Database, { name, promise, problems }: Prover): Check {
  try {
    const found = count(problems(db))
    return found.total === 0 ? { name, ok: true, detail: promise } : { name, ok: false, detail: detailOf(found) }
  } catch (error) {
    return { name, ok: false, detail: `could not be checked: ${String(error)}` }
  }
}

type Found = { readonly total: number; readonly named: readonly string[] }

function count(problems: Iterable<string>): Found {
  const named: string[] = []
  let total = 0
  for (const problem of problems) {
    total += 1
    if (named.length < namedProblemsMax) named.push(problem)
  }
  return { total, named }
}

function detailOf({ total, named }: Found): string {
  const more = total - named.length
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function* problemsOfSql(db: Database, sql: string): Iterable<string> {
  const statement = db.prepare<{ problem: string }, []>(sql)
  for (const { problem } of statement.iterate()) yield problem
}

type RequestRow = {
  id: string
  organization_id: string
  mode: Mode
  charge_nano: bigint
  settlement: string
}

const selectRequests = 'select id, organization_id, mode, charge_nano, settlement from request'

/** In code rather than SQL, because a product of quantity and price may exceed 64 bits. */
function* problemsOfReceipts(db: Database): Iterable<string> {
  for (const row of db.prepare<RequestRow, []>(selectRequests).iterate()) {
    const problem = problemOfReceipt(row)
    if (problem !== null) yield `request ${row.id}: ${problem}`
  }
}

function problemOfReceipt(row: RequestRow): string | null {
  try {
    const settlement = unpackSettlement(JSON.parse(row.settlement) as PackedSettlement, () => row.mode)
    return problemOfRow(row, settlement) ?? problemOfLines(settlement) ?? problemOfCharge(settlement)
  } catch (error) {
    return `its receipt cannot be read: ${String(error)}`
  }
}

function problemOfRow(row: RequestRow, settlement: Settlement): string | null {
  const isSame =
    settlement.requestId === row.id &&
    settlement.organizationId === row.organization_id &&
    settlement.mode === row.mode &&
    BigInt(settlement.chargeNano) === row.charge_nano
  return isSame ? null : 'its row and its receipt differ'
}

function problemOfLines({ lines, ratedNano }: Settlement): string | null {
  const wrong = lines.find((line) => BigInt(line.quantity) * BigInt(line.picoPerUnit) !== BigInt(line.amountPico))
  if (wrong) return `${wrong.quantity} ${wrong.class} × ${wrong.picoPerUnit} is not ${wrong.amountPico} pico-USD`
  const totalPico = lines.reduce((total, line) => total + BigInt(line.amountPico), 0n)
  const isRated = (totalPico + 999n) / 1_000n === BigInt(ratedNano)
  return isRated ? null : `its lines add up to ${totalPico} pico-USD, and it was rated ${ratedNano} nano-USD`
}

function problemOfCharge({ ratedNano, writeOffNano, chargeNano }: Settlement): string | null {
  const isCharged = BigInt(ratedNano) - BigInt(writeOffNano) === BigInt(chargeNano)
  return isCharged ? null : `rated ${ratedNano} less ${writeOffNano} is not its charge of ${chargeNano}`
}
