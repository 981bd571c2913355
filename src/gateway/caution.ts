/**
 * What media and tools may count beyond what is held for them, so that what is lost by it has a bound. While
 * such requests are under way, what they may count together is kept within what credit covers and a sum that
 * the operator risks. And an organization of which one did count more is held at all that the model takes.
 */
import { zeroNano, type Nano } from '../lib/amounts.ts'
import type { Clock } from '../lib/clock.ts'
import type { KeyRow } from '../store/store.ts'

/** Whose credit it is; test and live are told apart. */
type Payer = Pick<KeyRow, 'organizationId' | 'mode'>

export type Caution = {
  /** Whether a request of the organization counted more than was held for, within the last hour. */
  readonly isWary: (payer: Payer) => boolean
  readonly beWary: (payer: Payer) => void
  /** Adds what a request may cost beyond its hold; false, without effect, when all of them come to more than `withinNano`. One by itself always may. */
  readonly expose: (payer: Payer, amountNano: Nano, withinNano: Nano) => boolean
  /** The request has ended. */
  readonly cover: (payer: Payer, amountNano: Nano) => void
}

const waryMs = 3_600_000

export function createCaution(clock: Clock): Caution {
  /** Until when, monotonic ms. */
  const wary = new Map<string, number>()
  const exposed = new Map<string, Nano>()
  return {
    isWary(payer) {
      const until = wary.get(nameOf(payer))
      if (until === undefined) return false
      if (clock.monotonic() < until) return true
      wary.delete(nameOf(payer))
      return false
    },
    beWary: (payer) => void wary.set(nameOf(payer), clock.monotonic() + waryMs),
    expose(payer, amountNano, withinNano) {
      const before = exposed.get(nameOf(payer)) ?? zeroNano
      const after = (before + amountNano) as Nano
      if (before > 0n && after > withinNano) return false
      exposed.set(nameOf(payer), after)
      return true
    },
    cover(payer, amountNano) {
      const left = ((exposed.get(nameOf(payer)) ?? zeroNano) - amountNano) as Nano
      if (left > 0n) exposed.set(nameOf(payer), left)
      else exposed.delete(nameOf(payer))
    },
  }
}

const nameOf = ({ organizationId, mode }: Payer): string => `${mode} ${organizationId}`
