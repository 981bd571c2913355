import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import { inBackground, type Log } from '../lib/log.ts'
import type { Journal } from '../money/journal.ts'
import { endReservation, type JobEnd } from '../money/reservations.ts'
import type { Reservation } from '../store/reservations.ts'
import type { Settlement } from '../store/store.ts'

export type EnderDeps = {
  readonly journal: Pick<Journal, 'settleReservation' | 'voidReservation'>
  /** Brings what is journaled into the store. */
  readonly ship: () => Promise<void>
  /** Told once of each reservation that this node ends. */
  readonly onEnded: (settlement: Settlement) => void
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

export type Ender = {
  /** Ends it; where this node is at that already, that end is waited for. Rejects when it cannot be written: then it is not ended. */
  readonly end: (reservation: Reservation, how: JobEnd) => Promise<void>
  /** Until the store has its end, and says no more that it is open. */
  readonly isEnding: (requestId: string) => boolean
  /** How many there are. */
  readonly many: () => number
}

const retryMs = 1_000

/** Ends reservations by the journal, each once, until it is stopped. */
export function createEnder({ journal, ship, onEnded, clock, log }: EnderDeps, stopped: AbortSignal): Ender {
  /** Resolve when the end is written. */
  const ending = new Map<string, Promise<void>>()
  const untilShipped = async (requestId: string): Promise<void> => {
    for (let isShipped = false; !isShipped && !stopped.aborted;) {
      isShipped = await ship().then(
        () => true,
        () => false,
      )
      if (!isShipped) await sleep(retryMs)
    }
    ending.delete(requestId)
  }
  const write = async (settlement: Settlement, how: JobEnd): Promise<void> => {
    await (how.state === 'void' ? journal.voidReservation(settlement) : journal.settleReservation(settlement))
    onEnded(settlement)
    inBackground(log, 'ship-reservation', () => untilShipped(settlement.requestId))
  }
  return {
    end(reservation, how) {
      const { requestId } = reservation.settlement
      const known = ending.get(requestId)
      if (known) return known
      const written = write(endReservation(reservation, how, clock.now()), how)
      ending.set(requestId, written)
      written.catch(() => ending.delete(requestId))
      return written
    },
    isEnding: (requestId) => ending.has(requestId),
    many: () => ending.size,
  }
}
