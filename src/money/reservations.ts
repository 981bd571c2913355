/**
 * How a reservation ends: its usage × the price that was frozen when it was made, never above what is reserved, or
 * nothing. The result is the receipt of the request that made it.
 */
import { lesser, type Nano } from '../lib/amounts.ts'
import type { Reservation } from '../store/reservations.ts'
import type { Ending, Settlement, SettlementFlag } from '../store/store.ts'
import { thawPrice } from './frozen-price.ts'
import type { ServiceTier } from './price-book.ts'
import { rate, type Rated } from './rating.ts'
import { addUsage, tokenTotals, type Usage } from './usage.ts'

/** What came of a job, as its provider tells it. */
export type JobEnd =
  | {
      readonly state: 'done'
      readonly usage: Usage
      /** null: the tier that was asked for. */
      readonly tier: ServiceTier | null
      readonly servedModel: string | null
      /** The figures as the vendor gave them. */
      readonly vendorUsage: unknown
      /** What the figures are, where they are not simply the vendor's. */
      readonly flags?: readonly SettlementFlag[]
      /** Nobody says what the input counts: it counts what was guessed when the job was begun. */
      readonly lacksInput?: boolean
      /** How many pictures were made; none where it is left out. */
      readonly images?: number
    }
  /** Nothing is owed: it failed, somebody cancelled it, or its provider knows of it no more or did not end it in time. */
  | { readonly state: 'void'; readonly why: 'failed' | 'cancelled' | 'expired' }

/** What a provider says of a job. `nextCheckAt`: when it wants to be asked again, epoch ms; null: it does not say. */
export type JobState =
  | JobEnd
  | { readonly state: 'pending'; readonly nextCheckAt: number | null }
  /** It could not be asked, or said nothing that could be understood. */
  | { readonly state: 'unreachable'; readonly reason: string }

/** How long a job may take, unless its kind says otherwise: then nothing is owed for it, and the operator is told. */
export const jobMsMax = 48 * 60 * 60_000

/** The settlement that a reservation ends with, at a time (epoch ms). */
export function endReservation(reservation: Reservation, end: JobEnd, now: number): Settlement {
  const { settlement } = reservation
  if (end.state === 'void') return { ...settlement, endedAt: now, ending: endings[end.why] }
  const tier = end.tier ?? (settlement.serviceTier as ServiceTier)
  const usage = end.lacksInput ? addUsage(end.usage, { input: reservation.inputGuess ?? 0 }) : end.usage
  const rated = rate(usage, thawPrice(reservation.price), tier)
  const cost = rate(usage, thawPrice(reservation.cost), tier)
  const chargeNano = lesser(rated.ratedNano, BigInt(settlement.holdNano) as Nano)
  return {
    ...settlement,
    endedAt: now,
    ending: 'completed',
    servedModel: end.servedModel?.slice(0, servedModelCharsMax) ?? settlement.servedModel,
    serviceTier: rated.tier,
    priceFrom: reservation.price.name,
    lines: rated.lines,
    tokens: tokenTotals(usage),
    ratedNano: rated.ratedNano.toString(),
    writeOffNano: (rated.ratedNano - chargeNano).toString(),
    chargeNano: chargeNano.toString(),
    costNano: cost.ratedNano.toString(),
    flags: [...settlement.flags, ...(end.flags ?? []), ...flagsOf(rated, chargeNano)],
    vendorUsage: end.vendorUsage,
    images: end.images,
  }
}

const endings = { failed: 'upstream-failed', cancelled: 'cancelled', expired: 'expired' } as const satisfies Record<
  Extract<JobEnd, { state: 'void' }>['why'],
  Ending
>

/** A vendor's own name for a model is a name, or no more than the beginning of one. */
const servedModelCharsMax = 200

function flagsOf({ ratedNano, unpriced }: Rated, chargeNano: Nano): SettlementFlag[] {
  const flags: SettlementFlag[] = []
  if (ratedNano > chargeNano) flags.push('over-hold')
  if (unpriced.length > 0) flags.push('price-fallback')
  return flags
}
