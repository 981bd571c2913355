/** What an organization sees first: what it spent today, how fast its credit goes and how long it lasts, what failed last. */
import { z } from 'zod'
import { modes } from '../store/store.ts'
import type { Book, Entry, ReportsDb } from '../store/reports-db/reports-db.ts'
import { charges } from './measured.ts'
import { NanoShape, TimeShape } from './figures.ts'
import { entryJson, EntryShape, type KeyName } from './requests.ts'
import { dayStart, sameTimeOn } from './time-slots.ts'

export const HomeShape = z.strictObject({
  mode: z.enum(modes),
  zone: z.string(),
  now: TimeShape,
  today: z.strictObject({
    spentNano: NanoShape,
    requests: z.int(),
    yesterdaySpentNano: NanoShape.describe('Yesterday until the same time of day, to the minute.'),
    yesterdayRequests: z.int(),
  }),
  burn: z
    .strictObject({
      windowHours: z.int().describe('Over how long it was looked at: the shortest of 1, 24 and 168 with 20 requests.'),
      nanoPerHour: NanoShape,
    })
    .nullable()
    .describe('How fast credit goes; null when nothing was spent for a week.'),
  lastsUntil: TimeShape.nullable().describe(
    'When what is available is gone at that rate; null without one, or in over ten years.',
  ),
  lastRequest: EntryShape.nullable().describe('The newest; null: there was none yet.'),
  lastSuccess: EntryShape.nullable().describe('The newest that did not fail; null: there was none yet.'),
  lastErrors: z.array(EntryShape).describe('The newest of the last seven days, ten at most.'),
  isComplete: z.boolean(),
})
export type Home = z.infer<typeof HomeShape>

const hourMs = 3_600_000
const minuteMs = 60_000
const burnHours = [1, 24, 168] as const
/** Fewer requests say little of how fast credit goes. */
const burnRequestsMin = 20
const errorsMax = 10
const errorsMs = 168 * hourMs
const lastsHoursMax = 87_600n

type Asked = { readonly zone: string; readonly now: number; readonly availableNano: bigint; readonly keyName: KeyName }

/** The figures of the first page. */
export function homeOf(
  db: Pick<ReportsDb, 'usage' | 'list'>,
  of: Book,
  { zone, now, availableNano, keyName }: Asked,
): Omit<Home, 'isComplete'> {
  const used = (from: number, to: number) => usedWithin(db, of, { from, to })
  const start = dayStart(now, zone)
  const [today, yesterday] = [used(start, now), used(sameTimeOn(start, zone, -1), sameTimeOn(now, zone, -1))]
  const burn = burnOf((hours) => used(now - hours * hourMs, now))
  const shown = (entries: readonly Entry[]) => entries.map((entry) => entryJson(entry, { keyName, isOperator: false }))
  const to = now + minuteMs
  const newest = (isError?: boolean) =>
    db.list(of, { filter: { from: 0, to, ...(isError !== undefined && { isError }) }, before: null, max: 1 })
  const last = newest()
  const errors = db.list(of, { filter: { from: now - errorsMs, to, isError: true }, before: null, max: errorsMax })
  return {
    mode: of.mode,
    zone,
    now: iso(now),
    today: {
      spentNano: today.chargeNano.toString(),
      requests: today.requests,
      yesterdaySpentNano: yesterday.chargeNano.toString(),
      yesterdayRequests: yesterday.requests,
    },
    burn: burn && { windowHours: burn.hours, nanoPerHour: burn.nanoPerHour.toString() },
    lastsUntil: burn && lastsUntil(availableNano, burn.nanoPerHour, now),
    lastRequest: shown(last)[0] ?? null,
    // Nearly always the same one.
    lastSuccess: shown(last[0]?.isError === false ? last : newest(false))[0] ?? null,
    lastErrors: shown(errors),
  }
}

type Used = { readonly requests: number; readonly chargeNano: bigint }

function usedWithin(db: Pick<ReportsDb, 'usage'>, of: Book, { from, to }: { from: number; to: number }): Used {
  const bounds = [Math.floor(from / minuteMs) * minuteMs, Math.ceil(to / minuteMs) * minuteMs]
  const [cells] = db.usage({ scope: of, where: {}, by: [], bounds, ...charges })
  return cells?.[0]?.sums ?? { requests: 0, chargeNano: 0n }
}

/** By the shortest window that says enough, else by the longest. */
function burnOf(used: (hours: number) => Used): { hours: number; nanoPerHour: bigint } | null {
  for (const hours of burnHours) {
    const { requests, chargeNano } = used(hours)
    const isEnough = requests >= burnRequestsMin || hours === burnHours.at(-1)
    if (isEnough && chargeNano > 0n) return { hours, nanoPerHour: chargeNano / BigInt(hours) }
  }
  return null
}

function lastsUntil(availableNano: bigint, nanoPerHour: bigint, now: number): string | null {
  if (nanoPerHour === 0n) return null
  if (availableNano <= 0n) return iso(now)
  if (availableNano / nanoPerHour > lastsHoursMax) return null
  return iso(now + Number((availableNano * BigInt(hourMs)) / nanoPerHour))
}

const iso = (at: number): string => new Date(at).toISOString()
