/**
 * Every figure of the dashboard and the console. Each report first brings in what was settled since the last, so that
 * what a request was charged can be read as soon as it has ended; while more has to be brought in than can be in a
 * moment (a file that is made anew), reports say that they are not complete.
 *
 * Whoever asks names an organization and a mode, and is told of nothing else; what is about all organizations is for
 * operators, and so are deployments and costs.
 */
import { createAtOnce } from '../lib/at-once.ts'
import type { Clock } from '../lib/clock.ts'
import type {
  Book,
  CountedRejection,
  Dimension,
  EntryFilter,
  EntryPlace,
  ReportsDb,
} from '../store/reports-db/reports-db.ts'
import { createSharedWork } from '../lib/shared-work.ts'
import { createCatchUp } from './catch-up.ts'
import { homeOf, type Home } from './home.ts'
import { createLive, type LiveFrame } from './live.ts'
import {
  entryJson,
  everyEntry,
  requestDetails,
  requestHistogram,
  requestList,
  type EntryJson,
  type KeyName,
  type RequestDetails,
  type RequestHistogram,
  type RequestList,
} from './requests.ts'
import { statementOf, type Statement } from './statement.ts'
import type { SlotUnit, ZonedSpan } from './time-slots.ts'
import { atOnce, createTurns, inPieces } from './turns.ts'
import { usageOverTime, type UsageAsked, type UsageOverTime } from './usage-over-time.ts'

export type ReportsDeps = {
  readonly db: ReportsDb
  readonly clock: Clock
  /** Brings what was journaled into the store. */
  readonly ship: () => Promise<void>
  /** Calls that were turned away since it was asked last, best effort. */
  readonly rejections: () => Promise<readonly CountedRejection[]>
  /** Told what went wrong beside a report: it is tried again. */
  readonly onTrouble: (error: unknown) => void
}

export type Reports = {
  /** `signal`: whoever asked has left, and what takes long is given up. */
  readonly usage: (asked: UsageAsked, signal?: AbortSignal) => Promise<UsageOverTime>
  readonly requests: (of: Book, asked: ListAsked) => Promise<RequestList>
  /** Page after page until there is no more, or whoever asked has left. */
  readonly everyRequest: (of: Book, asked: EveryAsked) => AsyncGenerator<readonly EntryJson[]>
  readonly requestHistogram: (of: Book, asked: HistogramAsked) => Promise<RequestHistogram>
  /** null where the id is unknown, another organization's, or of the other mode. */
  readonly request: (of: Book, id: string, isOperator: boolean) => Promise<RequestDetails | null>
  readonly statement: (of: Book, span: ZonedSpan) => Promise<Statement>
  readonly home: (of: Book, asked: { readonly zone: string; readonly availableNano: bigint }) => Promise<Home>
  /** A frame each quarter of a second, until it is returned from. */
  readonly live: (of: Book) => AsyncGenerator<LiveFrame, never>
  readonly close: () => void
}
type ListAsked = {
  readonly filter: EntryFilter
  readonly before: EntryPlace | null
  readonly max: number
  readonly isOperator: boolean
}
type EveryAsked = Pick<ListAsked, 'filter' | 'isOperator'> & { readonly signal?: AbortSignal }
type HistogramAsked = {
  readonly filter: EntryFilter
  readonly span: ZonedSpan
  readonly unit: SlotUnit
  readonly signal?: AbortSignal
}

const frameMs = 250
/** How old what is counted may be while somebody watches, ms: two frames, of which one may be late. */
const countedMsMax = 2 * frameMs
/** What a book that nobody watched until now is asked for of its last minute. */
const recentMax = 500
const recentMs = 60_000

type IsComplete = { readonly isComplete: boolean }
/** Of whom reports are that operators ask for. */
const everybody = ''

/** Reports on a file of them. */
export function createReports(deps: ReportsDeps): Reports {
  const { db, clock } = deps
  const live = createLive(clock)
  const alone = createAtOnce(1)
  const inTurn = createTurns()
  const { catchUp, catchUpWithin, close } = createCatchUp({ ...deps, alone }, live.note)
  /** While somebody watches, what comes in with each frame is new enough to be counted: bringing in costs more than most reports. */
  const countedIn = (): Promise<boolean> => (live.isWatched() ? catchUpWithin(countedMsMax) : catchUp())
  const keyNameOf = (organizationId: string | null): KeyName => {
    let names: ReadonlyMap<string, string> | undefined
    return (id) => (names ??= db.keyNames(organizationId)).get(id) ?? null
  }
  const shown = ({ organizationId }: Book, isOperator: boolean) => ({ keyName: keyNameOf(organizationId), isOperator })
  /** What a report says, and whether everything is in: that is brought in for all who wait for it at once, before anybody's turn. */
  const told = async <T extends object>(
    { organizationId }: Book,
    broughtIn: () => Promise<boolean>,
    report: () => T,
  ): Promise<T & IsComplete> => {
    const isComplete = await broughtIn()
    return inTurn(organizationId, () => Promise.resolve({ ...report(), isComplete }))
  }
  const usage = usageInLanes({ ...deps, alone, inTurn, catchUp: countedIn })
  const searchInTurn = createTurns()
  /** All who watch are told of a request in the same frame, and their pages ask for it at once. */
  const homes = createSharedWork<Home>()

  return {
    usage,
    requests: (of, asked) =>
      told(of, countedIn, () => requestList(db, of, { ...asked, ...shown(of, asked.isOperator), clock })),
    async *everyRequest(of, { isOperator, ...asked }) {
      await catchUp()
      const show = shown(of, isOperator)
      for await (const entries of everyEntry(db, of, { ...asked, clock }))
        yield entries.map((entry) => entryJson(entry, show))
    },
    async requestHistogram(of, asked) {
      const isComplete = await countedIn()
      // What searches through rows has a lane of its own, as what is long has.
      return searchInTurn(of.organizationId, async () => ({
        ...(await requestHistogram(db, of, { ...asked, clock })),
        isComplete,
      }))
    },
    async request(of, id, isOperator) {
      await catchUp()
      return requestDetails(db, of, { id, ...shown(of, isOperator) })
    },
    // What credit came in is to be seen at once by whoever gave it.
    statement: (of, span) => told(of, catchUp, () => statementOf(db, of, span)),
    home: (of, asked) => {
      const { organizationId, mode } = of
      return homes.share(`${mode} ${organizationId} ${asked.zone} ${asked.availableNano}`, () =>
        told(of, countedIn, () => homeOf(db, of, { ...asked, now: clock.now(), keyName: keyNameOf(organizationId) })),
      )
    },
    live: framesOf({ db, clock, live, catchUp, keyNameOf }),
    close() {
      close()
      db.close()
    },
  }
}

type Watched = Pick<ReportsDeps, 'db' | 'clock'> & {
  readonly live: ReturnType<typeof createLive>
  readonly catchUp: () => Promise<boolean>
  readonly keyNameOf: (organizationId: string | null) => KeyName
}

/** Frame after frame of a book, in step with all others who watch. */
function framesOf({ db, clock, live, catchUp, keyNameOf }: Watched): Reports['live'] {
  let tick: Promise<unknown> | null = null
  const nextFrame = (): Promise<unknown> =>
    (tick ??= pause(frameMs)
      .then(catchUp)
      .finally(() => (tick = null)))
  return async function* (of) {
    await catchUp()
    const now = clock.now()
    const filter = { from: now - recentMs, to: now + recentMs }
    const watcher = live.watch(of, () => db.list(of, { filter, before: null, max: recentMax }))
    try {
      for (;;) {
        yield watcher.frame(keyNameOf(of.organizationId))
        await nextFrame()
      }
    } finally {
      watcher.stop()
    }
  }
}

type Lanes = Pick<ReportsDeps, 'db' | 'clock'> & {
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  /** Of each owner, what is quick. */
  readonly inTurn: ReturnType<typeof createTurns>
  readonly catchUp: () => Promise<boolean>
}

/** What takes long is begun anew in a lane of its own, while nothing is copied. */
function usageInLanes({ db, clock, alone, inTurn, catchUp }: Lanes): Reports['usage'] {
  const longInTurn = createTurns()
  return async (asked, signal) => {
    const owner = asked.scope.organizationId ?? everybody
    const pieces = () => usageOverTime(db, asked, nameOf(db, asked.scope.organizationId))
    const isComplete = await catchUp()
    const quick = await inTurn(owner, async () => {
      signal?.throwIfAborted()
      return Promise.resolve(atOnce(pieces(), clock))
    })
    if (quick) return { ...quick, isComplete }
    return longInTurn(owner, async () => {
      signal?.throwIfAborted()
      const isComplete = await catchUp()
      return { ...(await alone(() => inPieces(pieces(), clock, signal))), isComplete }
    })
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What people call the groups of a report. */
function nameOf(db: ReportsDb, organizationId: string | null): (dimension: Dimension, id: string) => string | null {
  const names = new Map<Dimension, ReadonlyMap<string, string>>()
  const read = (dimension: Dimension): ReadonlyMap<string, string> =>
    dimension === 'key' ? db.keyNames(organizationId) : db.organizationNames()
  return (dimension, id) => {
    if (dimension !== 'key' && dimension !== 'organization') return null
    const known = names.get(dimension) ?? read(dimension)
    names.set(dimension, known)
    return known.get(id) ?? null
  }
}
