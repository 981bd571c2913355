/** The terms of a reservation as the journal and the store keep them, beside its settlement: JSON of its values in a fixed order. */
import type { FrozenPrice, Reservation } from './reservations.ts'
import type { Settlement } from './settlement.ts'

type Terms = Omit<Reservation, 'settlement'>

/** `cost` is null where it is the price. */
export type PackedTerms = readonly [
  version: number,
  provider: string,
  kind: Reservation['kind'],
  resourceId: string,
  upstreamId: string,
  firstCheckAt: number,
  expiresAt: number,
  price: FrozenPrice,
  cost: FrozenPrice | null,
  inputGuess?: number,
]

const version = 1

export const packTerms = (terms: Terms): PackedTerms => [
  version,
  terms.provider,
  terms.kind,
  terms.resourceId,
  terms.upstreamId,
  terms.firstCheckAt,
  terms.expiresAt,
  terms.price,
  terms.cost === terms.price ? null : terms.cost,
  ...(terms.inputGuess === undefined ? ([] as const) : ([terms.inputGuess] as const)),
]

/** Throws when they were packed by a program that is newer than this one. */
export function unpackReservation(settlement: Settlement, packed: PackedTerms): Reservation {
  const [of, provider, kind, resourceId, upstreamId, firstCheckAt, expiresAt, price, cost, inputGuess] = packed
  if (of !== version) throw new Error(`reservation is of version ${String(of)}, not ${version}`)
  return {
    settlement,
    provider,
    kind,
    resourceId,
    upstreamId,
    firstCheckAt,
    expiresAt,
    price,
    cost: cost ?? price,
    ...(inputGuess !== undefined && { inputGuess }),
  }
}
