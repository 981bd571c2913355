/**
 * Credit as one node sees it: money leased from the store, holds taken out of the lease, captures.
 *
 *   left = granted − returned − consumed − held      and never below zero
 *
 * is kept as one figure that each of these moves.
 * `granted` is cumulative within an epoch and only the store raises it, so a lost reply is repaired
 * by asking again. A lease goes back by a journal record, never by time alone: money that may have
 * been promised to a request is not handed out twice. Test and live money are leased apart.
 */
import { greater, lesser, zeroNano, type Nano } from '../lib/amounts.ts'
import { assert } from '../lib/assert.ts'
import type { Clock } from '../lib/clock.ts'
import { modes, type LeaseAsk, type LeaseGrant, type Mode } from '../store/store.ts'

/** Money set aside for one request; ends exactly once, by `settle` or `reserve`. */
export type Hold = {
  readonly organizationId: string
  readonly mode: Mode
  readonly amountNano: Nano
  ended: boolean
}

export type HoldAsk = {
  readonly organizationId: string
  readonly mode: Mode
  /** What the request can cost at most. */
  readonly wantedNano: Nano
  /** Credit below this counts as short, so that one request does not keep others from running; zero when only `wantedNano` matters. */
  readonly plentyNano: Nano
  /** What will do when credit is short; asked only then. */
  readonly ifShort: () => ShortAsk
}

export type ShortAsk = {
  /** What to take at most. */
  readonly wantedNano: Nano
  /** Below this the request is not worth sending. */
  readonly floorNano: Nano
}

/** `heldNano`: what requests in flight hold, here and, as far as is known, elsewhere; some of it comes back when they end. */
export type HoldAnswer =
  | { readonly hold: Hold }
  | { readonly hold: null; readonly availableNano: Nano; readonly heldNano: Nano }

export type Credit = {
  /** Takes a hold. Answers at once when the lease covers it; otherwise asks the store for more. Rejects when the store is out of reach. */
  readonly hold: (ask: HoldAsk) => HoldAnswer | Promise<HoldAnswer>
  /** Leases what a charge needs beyond its hold, where the organization has it. Never rejects: what cannot be had is written off. */
  readonly cover: (hold: Hold, excessNano: Nano) => Promise<void>
  /** Captures up to the charge and releases the rest. What neither the hold nor the lease covers is written off, never overdrawn. */
  readonly settle: (hold: Hold, ratedNano: Nano) => { readonly chargeNano: Nano; readonly writeOffNano: Nano }
  /** Ends a hold whose money is set aside for longer than its request: it leaves the lease, by the journal's record of it. `giveBack` undoes it. */
  readonly reserve: (hold: Hold) => void
  /** What is available of an organization's credit and what requests hold of it, nearly. The store is asked where nothing is known to be available; rejects when it is out of reach. */
  readonly standing: (organizationId: string, mode: Mode) => Promise<CreditStanding>
  /** Undoes what did not come to be journaled: a return, or what a charge took too much. Never more than was taken. */
  readonly giveBack: (returned: Returned) => void
  /** Leased and not held: still the organization's to spend. */
  readonly idleNano: (organizationId: string, mode: Mode) => Nano
  /** All that is not held here, leased or not, as far as the store last said. */
  readonly availableNano: (organizationId: string, mode: Mode) => Nano
  /**
   * Takes back all that an organization has leased of a mode and does not hold, for the caller to journal, and leases
   * nothing more of it until `work` has ended.
   */
  readonly recall: <T>(organizationId: string, mode: Mode, work: (returned: Returned) => Promise<T>) => Promise<T>
  /** Takes back what organizations without a request for `idleMs` still have leased; the caller journals each. */
  readonly returnIdle: (idleMs: number) => Returned[]
}

export type CreditStanding = { readonly availableNano: Nano; readonly heldNano: Nano }

/** Leased money on its way back. */
export type Returned = { readonly organizationId: string; readonly mode: Mode; readonly amountNano: Nano }

type Lease = {
  readonly organizationId: string
  readonly mode: Mode
  granted: Nano
  left: Nano
  /** Holds that have not ended, and what they come to. */
  holds: number
  held: Nano
  /** Money was given back that the store may not have yet. */
  isReturning: boolean
  /** The sum that requests wait for while the store is asked. */
  waitedFor: Nano
  refill: Promise<void> | null
  /** Ends when what was recalled is where it belongs. */
  recall: Promise<void> | null
  /** What the store had left for this organization when last asked. */
  unleased: Nano
  /** What it then knew others to have leased. */
  elsewhere: Nano
  spentPerMs: number
  lastUsed: number
}

export type CreditDeps = {
  readonly leaseCredit: (ask: LeaseAsk) => Promise<LeaseGrant>
  readonly nodeId: number
  readonly epoch: number
  readonly clock: Clock
  /** Brings what is journaled into the store: leases on their way back are then available again. */
  readonly ship: () => Promise<void>
}

/** Opens the node's credit. Leases start empty: each organization's first request fetches its first lease. */
export function createCredit(deps: CreditDeps): Credit {
  const leases: Readonly<Record<Mode, Map<string, Lease>>> = { test: new Map(), live: new Map() }
  const leaseOf = (organizationId: string, mode: Mode): Lease => {
    const known = leases[mode].get(organizationId)
    if (known) return known
    const opened = newLease(organizationId, mode, deps.clock.monotonic())
    leases[mode].set(organizationId, opened)
    return opened
  }
  return {
    hold(ask) {
      const lease = leaseOf(ask.organizationId, ask.mode)
      touch(lease, deps.clock.monotonic())
      // What costs nothing needs no credit, and no store.
      if (ask.wantedNano === 0n) return { hold: take(lease, zeroNano) }
      const wantedNano = wantedOf(lease, ask)
      if (lease.granted === 0n || lease.left < wantedNano) return holdAfterRefill(lease, ask, deps)
      const hold = take(lease, wantedNano)
      if (isLow(lease)) void refill(lease, deps).catch(retriedByNextHold)
      return { hold }
    },
    cover: (hold, excessNano) => cover(leaseOf(hold.organizationId, hold.mode), excessNano, deps),
    settle: (hold, ratedNano) => settle(leaseOf(hold.organizationId, hold.mode), hold, ratedNano),
    reserve: (hold) => endHold(leaseOf(hold.organizationId, hold.mode), hold),
    standing: (organizationId, mode) => standing(leaseOf(organizationId, mode), deps),
    giveBack: ({ organizationId, mode, amountNano }) => {
      const lease = leaseOf(organizationId, mode)
      lease.left = (lease.left + amountNano) as Nano
    },
    idleNano: (organizationId, mode) => {
      const lease = leases[mode].get(organizationId)
      return lease ? lease.left : zeroNano
    },
    availableNano: (organizationId, mode) => {
      const lease = leases[mode].get(organizationId)
      return lease ? ((lease.left + lease.unleased) as Nano) : zeroNano
    },
    recall: (organizationId, mode, work) => recall(leaseOf(organizationId, mode), work),
    returnIdle: (idleMs) => {
      const before = deps.clock.monotonic() - idleMs
      return modes.flatMap((mode) => returnIdle(leases[mode].values(), before))
    },
  }
}

const wantedOf = (lease: Lease, ask: HoldAsk): Nano =>
  lease.left >= ask.plentyNano || lease.left + lease.unleased >= ask.plentyNano
    ? ask.wantedNano
    : lesser(ask.wantedNano, ask.ifShort().wantedNano)

function take(lease: Lease, amountNano: Nano): Hold {
  lease.holds += 1
  lease.held = (lease.held + amountNano) as Nano
  lease.left = (lease.left - amountNano) as Nano
  assert(lease.left >= 0n, 'a hold is never larger than what is left of the lease')
  return { organizationId: lease.organizationId, mode: lease.mode, amountNano, ended: false }
}

async function holdAfterRefill(lease: Lease, ask: HoldAsk, deps: CreditDeps): Promise<HoldAnswer> {
  lease.waitedFor = (lease.waitedFor + ask.wantedNano) as Nano
  try {
    // A refill under way may have been asked for before this request came, so one more may be needed.
    for (let round = 0; round < 2 && (lease.granted === 0n || lease.left < wantedOf(lease, ask)); round += 1)
      await refill(lease, deps)
  } finally {
    lease.waitedFor = (lease.waitedFor - ask.wantedNano) as Nano
  }
  if (lease.left < wantedOf(lease, ask) && lease.isReturning) {
    lease.isReturning = false
    await deps.ship()
    return holdAfterRefill(lease, ask, deps)
  }
  const available = lease.left
  const short = lesser(available, wantedOf(lease, ask))
  if (short > 0n && short >= ask.ifShort().floorNano) return { hold: take(lease, short) }
  return { hold: null, availableNano: available, heldNano: (lease.held + lease.elsewhere) as Nano }
}

async function standing(lease: Lease, deps: CreditDeps): Promise<CreditStanding> {
  if (lease.left + lease.unleased <= 0n) await refill(lease, deps)
  return {
    availableNano: (lease.left + lease.unleased) as Nano,
    heldNano: (lease.held + lease.elsewhere) as Nano,
  }
}

async function cover(lease: Lease, excessNano: Nano, deps: CreditDeps): Promise<void> {
  lease.waitedFor = (lease.waitedFor + excessNano) as Nano
  try {
    if (lease.left < excessNano) await refill(lease, deps)
  } catch {
    // The store is away: the charge is what the lease covers.
  } finally {
    lease.waitedFor = (lease.waitedFor - excessNano) as Nano
  }
}

/** One question to the store at a time, for all that wait. */
function refill(lease: Lease, deps: CreditDeps): Promise<void> {
  lease.refill ??= askStore(lease, deps).finally(() => {
    lease.refill = null
  })
  return lease.refill
}

async function askStore(lease: Lease, deps: CreditDeps): Promise<void> {
  await lease.recall
  const short = greater(zeroNano, (lease.waitedFor + reserve(lease) - lease.left) as Nano)
  const wantTotalNano = lease.granted + short
  const { nodeId, epoch } = deps
  const { organizationId, mode } = lease
  const grant = await deps.leaseCredit({ nodeId, epoch, organizationId, mode, wantTotalNano })
  const granted = greater(lease.granted, grant.grantedNano as Nano)
  lease.left = (lease.left + granted - lease.granted) as Nano
  lease.granted = granted
  lease.unleased = grant.availableNano as Nano
  lease.elsewhere = grant.leasedElsewhereNano as Nano
}

/**
 * How much to keep leased beyond what is asked for: a minute of recent spending, so that a store that
 * is away for a while stops nobody. Nothing when credit is scarce, so that it does not lie with one node
 * while another needs it.
 */
const reserveMs = 60_000
const scarceNano = 2_000_000_000n
function reserve(lease: Lease): Nano {
  if (lease.unleased < scarceNano) return zeroNano
  return lesser(BigInt(Math.ceil(lease.spentPerMs * reserveMs)) as Nano, (lease.unleased / 2n) as Nano)
}

/** Whether less than half of the reserve is left. A guess of when to ask, looked at for every request: so by numbers. */
const isLow = (lease: Lease): boolean =>
  lease.unleased >= scarceNano &&
  Number(lease.left) < Math.min(lease.spentPerMs * reserveMs, Number(lease.unleased) / 2) / 2

function settle(lease: Lease, hold: Hold, ratedNano: Nano): { chargeNano: Nano; writeOffNano: Nano } {
  endHold(lease, hold)
  const available = (lease.left + hold.amountNano) as Nano
  const chargeNano = lesser(ratedNano, available)
  lease.left = (available - chargeNano) as Nano
  lease.spentPerMs += Number(chargeNano) / spendingMs
  return { chargeNano, writeOffNano: chargeNano === ratedNano ? zeroNano : ((ratedNano - chargeNano) as Nano) }
}

function endHold(lease: Lease, hold: Hold): void {
  assert(!hold.ended, 'a hold is settled once')
  hold.ended = true
  lease.holds -= 1
  lease.held = (lease.held - hold.amountNano) as Nano
}

/** Recent spending, forgotten exponentially; an estimate for lease sizes, not money. */
const spendingMs = 60_000
function touch(lease: Lease, now: number): void {
  lease.spentPerMs *= Math.exp((lease.lastUsed - now) / spendingMs)
  lease.lastUsed = now
}

function returnIdle(leases: Iterable<Lease>, before: number): Returned[] {
  const idle = [...leases].filter(
    (lease) => lease.lastUsed <= before && lease.holds === 0 && lease.refill === null && lease.left > 0n,
  )
  return idle.map(takeBack)
}

const newLease = (organizationId: string, mode: Mode, now: number): Lease => ({
  organizationId,
  mode,
  granted: zeroNano,
  left: zeroNano,
  holds: 0,
  held: zeroNano,
  isReturning: false,
  waitedFor: zeroNano,
  refill: null,
  recall: null,
  unleased: zeroNano,
  elsewhere: zeroNano,
  spentPerMs: 0,
  lastUsed: now,
})

function takeBack(lease: Lease): Returned {
  const { organizationId, mode, left: amountNano } = lease
  lease.left = zeroNano
  lease.isReturning = true
  return { organizationId, mode, amountNano }
}

/** Waits for what was asked of the store before it; what is asked after it waits for it. */
function recall<T>(lease: Lease, work: (returned: Returned) => Promise<T>): Promise<T> {
  const earlier = [lease.recall, lease.refill].map((asked) => Promise.resolve(asked))
  const done = Promise.allSettled(earlier).then(() => {
    // What the store has left for it is about to change.
    lease.unleased = zeroNano
    return work(takeBack(lease))
  })
  const ended = (): void => {
    if (lease.recall === turn) lease.recall = null
  }
  const turn: Promise<void> = done.then(ended, ended)
  lease.recall = turn
  return done
}

/** An early refill is a convenience: the hold that really needs the money asks again and reports the failure. */
const retriedByNextHold = (): void => undefined
