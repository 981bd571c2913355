/**
 * Applying shipped journal records, exactly once: the compare-and-set on the node's last sequence number is in
 * the same transaction as everything the records do, so a batch has happened wholly or not at all, once.
 *
 * A settlement is never refused for lack of money. A record that cannot be applied is parked, not thrown:
 * the node would ship it again for ever and nothing behind it would be charged. `verifyLedger` names parked ones.
 */
import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import { modes, type ApplyResult, type JournalBatch, type Mode, type ShippedRecord } from '../store.ts'
import { usesUpKey } from '../uses-up-key.ts'
import { endReservation, reserve } from './apply-reservations.ts'
import { isKnown, leaseOf, noteAgain, takeFrom, type JournalParts, type Work } from './apply-work.ts'
import { readBatch, settlementText, type ReadRecord, type RecordBefore, type SettleRecord } from './journal-record.ts'
import { creditOf, heldOf, revenueOf } from './ledger.ts'
import { remainderOf, type Lease } from './leases.ts'
import { prepareRecords, type Records } from './records.ts'
import { noChanges } from './rollups.ts'

/** Prepares applying batches; see `Store.applyJournal`. */
export function prepareApplyJournal(
  db: Database,
  parts: JournalParts,
  clock: Clock,
): (batch: JournalBatch) => ApplyResult {
  const records = prepareRecords(db)
  const apply = db.transaction((batch: JournalBatch): ApplyResult => {
    const result = parts.nodes.advance(batch)
    if (!result.applied) return result
    const work = beginWork(parts, records, batch, clock.now())
    const modeBefore = (record: RecordBefore): Mode => modeOfBefore(work, record)
    for (const record of readBatch(batch, parts.reader, modeBefore)) applyOrPark(work, record)
    captureCharges(work, batch)
    writeLeases(work)
    parts.rollups.write(work.usage)
    parts.ledger.writeAccounts(work.accounts)
    return result
  })
  return (batch) => apply.immediate(batch)
}

const beginWork = (parts: JournalParts, records: Records, { nodeId, epoch }: JournalBatch, at: number): Work => ({
  ...parts,
  records,
  nodeId,
  epoch,
  at,
  accounts: new Map(),
  usage: noChanges(),
  charges: { test: new Map(), live: new Map() },
  openedLeases: new Map(),
  knownOrganizations: new Set(),
})

/** Records of before there were modes are of their key's, or of that of the lease they are about. */
const modeOfBefore = ({ keys, leases, nodeId }: Work, { epoch, organizationId, keyId }: RecordBefore): Mode =>
  (keyId === null ? null : keys.modeOf(keyId)) ?? leases.modeBefore({ nodeId, epoch, organizationId }) ?? 'live'

function applyOrPark(work: Work, read: ReadRecord): void {
  const problem = read.record ? applyRecord(work, read.record, read.text) : read.problem
  if (problem !== null)
    work.records.park({ nodeId: work.nodeId, seq: read.seq, reason: problem, text: read.text, at: work.at })
}

/** Returns why the record cannot be applied, having changed nothing, or null when it was. */
function applyRecord(work: Work, record: ShippedRecord, text: string): string | null {
  switch (record.kind) {
    case 'settle':
      return settle(work, record, settlementText(text, record))
    case 'return-lease':
      return returnLease(work, record)
    case 'end-epoch':
      return endEpoch(work, record)
    case 'reserve':
      return reserve(work, record)
    case 'settle-reservation':
    case 'void':
      return endReservation(work, record)
  }
}

function settle(work: Work, record: SettleRecord, text: string): string | null {
  const { seq, epoch, settlement } = record
  const { organizationId, mode } = settlement
  const chargeNano = BigInt(settlement.chargeNano)
  if (!isKnown(work, organizationId)) return `there is no organization ${organizationId}`
  const isInDoubt = settlement.ending === 'in-doubt'
  if (isInDoubt && work.reservations.find(settlement.requestId)) return settledBefore(work, record)
  if (!work.requests.insertOnce({ nodeId: work.nodeId, seq, epoch, settlement, chargeNano, text }))
    return settledBefore(work, record)
  work.rollups.add(work.usage, settlement, chargeNano)
  if (usesUpKey(settlement)) work.keyUses.note({ nodeId: work.nodeId, seq }, settlement)
  for (const made of settlement.resources ?? none) work.resources.note(made, settlement)
  if (chargeNano > 0n) charge(work, leaseOf(work, { epoch, organizationId, mode }), chargeNano)
  return null
}

const none: readonly [] = []

/**
 * A node whose journal lost its tail, but not before the tail was shipped, settles the same request once more,
 * in doubt: what the store has stands, and the record counts. Any other second settlement is a mistake.
 */
const settledBefore = (work: Work, record: SettleRecord): string | null =>
  record.settlement.ending === 'in-doubt'
    ? noteAgain(work, record, record.settlement)
    : `request ${record.settlement.requestId} was settled before`

/** Takes the charge out of a lease, to be captured with the rest of its batch. */
function charge(work: Work, lease: Lease, chargeNano: bigint): void {
  const { organizationId, mode } = lease.id
  const charges = work.charges[mode]
  takeFrom(work, lease, chargeNano)
  charges.set(organizationId, (charges.get(organizationId) ?? 0n) + chargeNano)
}

/** Moves what the batch charged held → revenue, by one transfer for each organization and mode. */
function captureCharges(work: Work, { nodeId, fromSeq, toSeq }: JournalBatch): void {
  for (const mode of modes)
    for (const [organizationId, amountNano] of work.charges[mode])
      work.ledger.post(work.accounts, {
        idempotencyKey: `capture:${nodeId}:${fromSeq}-${toSeq}:${mode}:${organizationId}`,
        kind: 'capture',
        organizationId,
        mode,
        debitAccount: heldOf(organizationId, mode),
        creditAccount: revenueOf(mode),
        amountNano,
        at: work.at,
        takes: { nodeId, fromSeq, toSeq },
      })
}

function returnLease(work: Work, record: Extract<ShippedRecord, { kind: 'return-lease' }>): string | null {
  const { seq, epoch, organizationId, mode } = record
  if (!isKnown(work, organizationId)) return `there is no organization ${organizationId}`
  const lease = leaseOf(work, { epoch, organizationId, mode })
  const saidNano = BigInt(record.amountNano)
  const remainderNano = remainderOf(lease)
  // A store that was restored and is shipped to again does not know what it had leased since: there is no more to return.
  const isShippedAgain = epoch < work.epoch
  if (saidNano > remainderNano && !isShippedAgain)
    return `returns ${saidNano} of a lease that has ${remainderNano} left`
  const amountNano = saidNano < remainderNano ? saidNano : remainderNano
  const { nodeId } = work
  work.records.applied({ nodeId, seq, epoch, kind: 'return-lease', organizationId, mode, amountNano })
  release(work, lease, amountNano, seq)
  return null
}

/** Closes what the node still has open of this epoch and older ones, and gives the remainders back. */
function endEpoch(work: Work, { seq, epoch }: { readonly seq: number; readonly epoch: number }): null {
  writeLeases(work)
  const { nodeId } = work
  const open = work.leases.openUpTo(nodeId, epoch).map(({ id }) => leaseOf(work, id))
  const amountNano = open.reduce((total, lease) => total + remainderOf(lease), 0n)
  work.records.applied({ nodeId, seq, epoch, kind: 'end-epoch', organizationId: null, mode: null, amountNano })
  for (const lease of open) {
    release(work, lease, remainderOf(lease), seq)
    lease.state = 'closed'
  }
  work.nodes.endEpoch(nodeId, epoch)
  return null
}

function release(work: Work, lease: Lease, amountNano: bigint, seq: number): void {
  if (amountNano === 0n) return
  const { nodeId, epoch, organizationId, mode } = lease.id
  lease.returnedNano += amountNano
  work.ledger.post(work.accounts, {
    idempotencyKey: `release:${nodeId}:${seq}:${epoch}:${mode}:${organizationId}`,
    kind: 'release',
    organizationId,
    mode,
    debitAccount: heldOf(organizationId, mode),
    creditAccount: creditOf(organizationId, mode),
    amountNano,
    at: work.at,
  })
}

function writeLeases(work: Work): void {
  for (const lease of work.openedLeases.values()) work.leases.write(lease)
}
