/**
 * Asks providers what became of the jobs that money is reserved for, whether or not a client ever does, and ends each
 * reservation once. One node at a time does it, by a lease in the store; what is due stands there too, so that nothing
 * depends on a process living on. A job that two nodes ask about, or end, is ended once all the same.
 */
import type { Clock } from '../lib/clock.ts'
import { inBackground } from '../lib/log.ts'
import type { JobEnd, JobState } from '../money/reservations.ts'
import type { DueReservation, Postponement, Reservation, ReservationStore } from '../store/reservations.ts'
import type { Settlement } from '../store/store.ts'
import { createEnder, type EnderDeps } from './end-reservations.ts'
import { nextCheckAt } from './next-check.ts'
import { createSteadyClock, type SteadyClock } from './steady-clock.ts'

export type PollerDeps = EnderDeps & {
  readonly store: Pick<ReservationStore, 'dueReservations' | 'postponeReservations' | 'openReservation' | 'leaseJob'>
  /** Asks a job's provider. What it rejects with counts as unreachable. */
  readonly ask: (reservation: Reservation, signal: AbortSignal) => Promise<JobState>
  readonly nodeId: number
  readonly epoch: number
  readonly clock: Clock
}

export type Poller = {
  /** Asks about what is due now, as far as there are hands for it. */
  readonly tick: () => Promise<void>
  /** How a job ended, for whoever sees it first: a client that asks for it, or cancels it. Without effect where it has ended, or is not the asker's. Rejects when it cannot be written. */
  readonly tell: (requestId: string, of: Pick<Settlement, 'organizationId' | 'mode'>, end: JobEnd) => Promise<void>
  /** Asks nothing more; resolves when what was being asked is over. */
  readonly stop: () => Promise<void>
}

const tickMs = 1_000
/** Jobs asked about at once, of those taken out of the store at once. */
const asksMax = 16
const takenMax = 200
const askMsMax = 30_000
/** Renewed from its half on, where there is something to ask. */
const leaseMs = 20_000

/** Starts asking, every second. */
export function startPollingReservations(deps: PollerDeps): Poller {
  const poller = createPoller(deps)
  const timer = setInterval(() => inBackground(deps.log, 'poll-reservations', poller.tick), tickMs)
  return {
    ...poller,
    stop() {
      clearInterval(timer)
      return poller.stop()
    },
  }
}

export function createPoller(deps: PollerDeps): Poller {
  const { store, log } = deps
  const clock = createSteadyClock(deps.clock)
  const stopping = new AbortController()
  const stopped = stopping.signal
  const ender = createEnder(deps, stopped)
  const isOurs = keepLease(deps)
  const waiting: DueReservation[] = []
  const asking = new Set<Promise<void>>()
  /** By request: taken out of the store, and neither put back with a new time nor ended by whoever told of it meanwhile. */
  const taken = new Set<string>()
  const { postpone, writePostponed } = keepPostponed(store, clock, (requestId) => taken.delete(requestId))
  let ticking: Promise<void> | null = null

  const check = async (due: DueReservation): Promise<void> => {
    const { reservation } = due
    const { requestId } = reservation.settlement
    const state = await askOnce(reservation, stopped, deps)
    if (stopped.aborted || !taken.has(requestId)) return
    const how = endOf(reservation, state, clock)
    if (how === null) return postpone(due, state.state === 'pending' ? state.nextCheckAt : null)
    if (isGivenUp(how, state)) log.error(givenUp(reservation, state))
    await ender.end(reservation, how)
    taken.delete(requestId)
  }
  const askNext = (): void => {
    while (asking.size < asksMax && !stopped.aborted) {
      const due = waiting.shift()
      if (!due) return
      const asked: Promise<void> = check(due)
        .catch((error: unknown) => {
          log.error({ event: 'reservation-not-ended', requestId: due.reservation.settlement.requestId, error })
          postpone(due, null)
        })
        .finally(() => {
          asking.delete(asked)
          askNext()
        })
      asking.add(asked)
    }
  }
  const tick = async (): Promise<void> => {
    await writePostponed()
    if (waiting.length > 0 || stopped.aborted) return
    const isFree = ({ reservation: { settlement } }: DueReservation): boolean =>
      !taken.has(settlement.requestId) && !ender.isEnding(settlement.requestId)
    const due = await store.dueReservations(clock.now(), takenMax + taken.size + ender.many())
    const fresh = due.filter(isFree).slice(0, takenMax)
    if (fresh.length === 0 || !(await isOurs())) return
    for (const { reservation } of fresh) taken.add(reservation.settlement.requestId)
    waiting.push(...fresh)
    askNext()
  }
  return {
    tick: () =>
      (ticking ??= tick().finally(() => {
        ticking = null
      })),
    async tell(requestId, of, how) {
      const open = await findOpen(requestId, of, deps)
      if (open) await ender.end(open.reservation, how).then(() => taken.delete(requestId))
    },
    async stop() {
      stopping.abort()
      waiting.length = 0
      await Promise.allSettled(asking)
      await writePostponed().catch((error: unknown) => log.error({ event: 'reservations-not-postponed', error }))
    },
  }
}

/** What was reserved a moment ago may still have to be shipped. */
async function findOpen(
  requestId: string,
  of: Parameters<Poller['tell']>[1],
  { store, ship }: PollerDeps,
): Promise<DueReservation | null> {
  const open = await store.openReservation(requestId, of)
  if (open) return open
  await ship()
  return store.openReservation(requestId, of)
}

/** New times are written together; `onWritten` is told of each. */
function keepPostponed(store: PollerDeps['store'], clock: SteadyClock, onWritten: (requestId: string) => void) {
  let postponed: Postponement[] = []
  return {
    postpone({ reservation, checks }: DueReservation, wanted: number | null): void {
      const { requestId } = reservation.settlement
      const next = nextCheckAt(checks, wanted, clock.now())
      postponed = [...postponed, { requestId, checks: checks + 1, nextCheckAt: next }]
    },
    async writePostponed(): Promise<void> {
      const written = postponed
      if (written.length === 0) return
      await store.postponeReservations(written)
      postponed = postponed.slice(written.length)
      for (const { requestId } of written) onWritten(requestId)
    },
  }
}

/** Tells whether this node is the one that asks; the store is told again from half of the lease on. */
function keepLease({ store, clock, nodeId, epoch }: PollerDeps): () => Promise<boolean> {
  let leasedUntil = 0
  return async () => {
    const now = clock.now()
    if (leasedUntil - now > leaseMs / 2) return true
    const lease = { job: 'poll-reservations', nodeId, epoch, until: now + leaseMs }
    leasedUntil = (await store.leaseJob(lease, now)) ? lease.until : 0
    return leasedUntil > 0
  }
}

/** null while it goes on. What has not ended when its time is over never will. */
function endOf({ expiresAt }: Reservation, state: JobState, clock: SteadyClock): JobEnd | null {
  if (state.state === 'done' || state.state === 'void') return state
  return clock.isOver(expiresAt) ? expired : null
}

const expired: JobEnd = { state: 'void', why: 'expired' }
const isGivenUp = (how: JobEnd, state: JobState): boolean => how !== state

/** What the provider says within its time. */
async function askOnce(reservation: Reservation, stopped: AbortSignal, { ask }: PollerDeps): Promise<JobState> {
  try {
    return await ask(reservation, AbortSignal.any([stopped, AbortSignal.timeout(askMsMax)]))
  } catch (error) {
    return { state: 'unreachable', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Nothing is charged for it, though its provider may ask for it: the operator's business. */
const givenUp = ({ settlement, resourceId, provider }: Reservation, state: JobState) => ({
  event: 'reservation-given-up',
  requestId: settlement.requestId,
  organizationId: settlement.organizationId,
  endpoint: settlement.endpoint,
  model: settlement.model,
  upstream: settlement.upstream,
  provider,
  resourceId,
  last: state.state === 'unreachable' ? state.reason : state.state,
})
