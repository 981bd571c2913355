/** Periods that pages look at, as the URL says them: in a time zone, with calendar months that begin when they do there. */
import { readAs, textIn, wordIn } from '../shell/search.ts'
import { ownZone } from './format.ts'

export const presets = ['1h', '24h', '7d', '30d', 'month', 'last-month', 'custom'] as const
export type Preset = (typeof presets)[number]

export const presetTitles: Readonly<Record<Preset, string>> = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  month: 'This month',
  'last-month': 'Last month',
  custom: 'Custom',
}

/** What of it stands in the URL; undefined is what is usual. */
export type TimeRangeSearch = {
  readonly range?: Preset
  /** Of a custom range: days as `2026-11-30`, both of them within it. */
  readonly from?: string
  readonly to?: string
  readonly zone?: string
}

/** For `validateSearch`: what is no range is none. */
export function readTimeRange(search: Record<string, unknown>): TimeRangeSearch {
  const zone = textIn(search, 'zone')
  return readAs<TimeRangeSearch>({
    range: wordIn(search, 'range', presets),
    from: dayIn(search, 'from'),
    to: dayIn(search, 'to'),
    zone: zone !== undefined && isZone(zone) ? zone : undefined,
  })
}

export type Period = {
  /** ISO 8601, UTC; `to` is not within it. */
  readonly from: string
  readonly to: string
  readonly zone: string
  readonly preset: Preset
}

const hourMs = 3_600_000
const rolling: Partial<Record<Preset, number>> = {
  '1h': hourMs,
  '24h': 24 * hourMs,
  '7d': 7 * 24 * hourMs,
  '30d': 30 * 24 * hourMs,
}
/** A period that is still going on ends with a whole step, so that the same question is asked for that long. */
const stepMs = 60_000

/** The period that a search means. `usual` is that of a search without one. */
export function periodOf(search: TimeRangeSearch, now: number, usual: Preset = '7d'): Period {
  const zone = search.zone ?? ownZone()
  const isCustom = search.range === 'custom' && search.from !== undefined && search.to !== undefined
  const preset = search.range === 'custom' && !isCustom ? usual : (search.range ?? usual)
  const period = (from: number, to: number): Period => ({ from: iso(from), to: iso(to), zone, preset })
  const end = Math.ceil(now / stepMs) * stepMs
  const rollingMs = rolling[preset]
  if (rollingMs !== undefined) return period(end - rollingMs, end)
  if (isCustom) {
    const [from, to] = [search.from, search.to].toSorted()
    return period(startOfDay(from!, zone), startOfDay(dayAfter(to!), zone))
  }
  const { year, month } = partsOf(now, zone)
  const start = startOfDay(day(year, month, 1), zone)
  return preset === 'month' ? period(start, end) : period(startOfDay(day(year, month - 1, 1), zone), start)
}

/** The period before, just as long. */
export function periodBefore({ from, to }: Pick<Period, 'from' | 'to'>): {
  readonly from: string
  readonly to: string
} {
  const length = Date.parse(to) - Date.parse(from)
  return { from: iso(Date.parse(from) - length), to: from }
}

const iso = (at: number): string => new Date(at).toISOString()

/** A day as `2026-11-30`; months and days beyond their ends are those that follow. */
const day = (year: number, month: number, dayOfMonth: number): string =>
  iso(Date.UTC(year, month - 1, dayOfMonth)).slice(0, 10)

const dayAfter = (date: string): string => iso(Date.parse(`${date}T00:00:00Z`) + 24 * hourMs).slice(0, 10)

const dayIn = (search: Record<string, unknown>, name: string): string | undefined => {
  const text = textIn(search, name)
  return text !== undefined && /^2[01]\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).format(0) !== ''
  } catch {
    return false
  }
}

/** When a day begins in a zone. Where its clocks skip midnight, the first moment that there is. */
export function startOfDay(date: string, zone: string): number {
  const wanted = Date.parse(`${date}T00:00:00Z`)
  // The offset at the wanted time by the clock of UTC may be that of the other side of a change; a second look is right.
  const guess = wanted - offsetMs(wanted, zone)
  const start = wanted - offsetMs(guess, zone)
  return partsOf(start, zone).date < date ? start + hourMs : start
}

/** How far the zone's clocks are ahead of UTC at a moment. */
function offsetMs(at: number, zone: string): number {
  const { year, month, day, hour, minute, second } = partsOf(at, zone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000
}

function partsOf(at: number, zone: string) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  const of = (type: string): string => parts.find((part) => part.type === type)!.value
  const [year, month, day] = [of('year'), of('month'), of('day')]
  return {
    date: `${year}-${month}-${day}`,
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(of('hour')),
    minute: Number(of('minute')),
    second: Number(of('second')),
  }
}
