/**
 * What journal records do to reservations: `reserve` sets money of a lease aside, `settle-reservation` and `void` end
 * that, whichever comes first and once. A record that comes again changes nothing, and is noted.
 */
import { packSettlement } from '../settlement-text.ts'
import type { ShippedRecord } from '../store.ts'
import { usesUpKey } from '../uses-up-key.ts'
import { isKnown, leaseOf, noteAgain, takeFrom, type Work } from './apply-work.ts'
import { creditOf, heldOf, reservedOf, revenueOf } from './ledger.ts'

type ReserveRecord = Extract<ShippedRecord, { readonly kind: 'reserve' }>
type EndRecord = Extract<ShippedRecord, { readonly kind: 'settle-reservation' | 'void' }>

/** Moves held → reserved. Returns why it cannot be, having changed nothing, or null. */
export function reserve(work: Work, record: ReserveRecord): string | null {
  const { seq, epoch, reservation } = record
  const { settlement } = reservation
  const { requestId, organizationId, mode } = settlement
  const amountNano = BigInt(settlement.holdNano)
  if (settlement.ending !== 'reserved') return `request ${requestId} ended as ${settlement.ending}: nothing is reserved`
  if (!isKnown(work, organizationId)) return `there is no organization ${organizationId}`
  if (work.reservations.find(requestId)) return noteAgain(work, record, settlement)
  if (work.requests.receipt(requestId)) return `request ${requestId} was settled before`
  work.reservations.insert({ nodeId: work.nodeId, seq }, epoch, reservation)
  work.rollups.add(work.usage, settlement, 0n)
  if (usesUpKey(settlement)) work.keyUses.note({ nodeId: work.nodeId, seq }, settlement)
  for (const made of settlement.resources ?? []) work.resources.note(made, settlement)
  if (amountNano === 0n) return null
  takeFrom(work, leaseOf(work, { epoch, organizationId, mode }), amountNano)
  work.ledger.post(work.accounts, {
    idempotencyKey: `reserve:${requestId}`,
    kind: 'reserve',
    organizationId,
    mode,
    debitAccount: heldOf(organizationId, mode),
    creditAccount: reservedOf(organizationId, mode),
    amountNano,
    at: work.at,
  })
  return null
}

/** Moves reserved → revenue, up to the charge, and the rest → credit. Returns why it cannot be, having changed nothing, or null. */
export function endReservation(work: Work, record: EndRecord): string | null {
  const { kind, seq, epoch, settlement } = record
  const { requestId, organizationId, mode } = settlement
  const reserved = work.reservations.find(requestId)
  const chargeNano = BigInt(settlement.chargeNano)
  if (reserved === null) return `nothing is reserved for request ${requestId}`
  if (reserved.organizationId !== organizationId || reserved.mode !== mode)
    return `what is reserved for request ${requestId} is another organization's or mode's`
  if (!reserved.isOpen) return noteAgain(work, record, settlement)
  if (chargeNano > reserved.amountNano) return `charges ${chargeNano} of ${reserved.amountNano} that are reserved`
  if (kind === 'void' && chargeNano > 0n) return `voids a reservation and charges ${chargeNano}`
  if (settlement.ending === 'reserved') return `ends a reservation as reserved`
  const text = JSON.stringify(packSettlement(settlement))
  if (!work.requests.insertOnce({ nodeId: work.nodeId, seq, epoch, settlement, chargeNano, text }))
    return `request ${requestId} was settled before`
  work.reservations.end(requestId, kind === 'void' ? 'void' : 'settled', work.at)
  work.rollups.addEnd(work.usage, settlement, chargeNano)
  postEnd(work, settlement, { chargeNano, restNano: reserved.amountNano - chargeNano })
  return null
}

function postEnd(
  work: Work,
  { requestId, organizationId, mode }: EndRecord['settlement'],
  { chargeNano, restNano }: { readonly chargeNano: bigint; readonly restNano: bigint },
): void {
  const from = { organizationId, mode, debitAccount: reservedOf(organizationId, mode), at: work.at }
  if (chargeNano > 0n)
    work.ledger.post(work.accounts, {
      ...from,
      idempotencyKey: `capture-reserved:${requestId}`,
      kind: 'capture-reserved',
      creditAccount: revenueOf(mode),
      amountNano: chargeNano,
    })
  if (restNano > 0n)
    work.ledger.post(work.accounts, {
      ...from,
      idempotencyKey: `release-reserved:${requestId}`,
      kind: 'release-reserved',
      creditAccount: creditOf(organizationId, mode),
      amountNano: restNano,
    })
}
