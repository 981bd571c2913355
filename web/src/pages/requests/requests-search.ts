/** What of the list of requests stands in the URL, and what the API is asked by it. */
import type { Mode } from '../../shell/mode.ts'
import { textIn, wordIn } from '../../shell/search.ts'
import { periodOf, readTimeRange, type TimeRangeSearch } from '../../ui/time-range.ts'

/** Filters that the API takes as they are. */
const told = ['key', 'model', 'endpoint', 'region', 'status', 'ending', 'flag', 'latencyMin', 'latencyMax'] as const
const words = { outcome: ['ok', 'error'], streamed: ['true', 'false'] } as const

export type RequestsSearch = TimeRangeSearch & {
  readonly [Name in (typeof told)[number]]?: string
} & {
  readonly outcome?: 'ok' | 'error'
  readonly streamed?: 'true' | 'false'
  /** USD. */
  readonly costMin?: string
  readonly costMax?: string
  /** A part of the range, brushed over in the histogram: ISO 8601, UTC. */
  readonly since?: string
  readonly until?: string
  /** The one that is open. */
  readonly request?: string
}

export function readRequestsSearch(search: Record<string, unknown>): RequestsSearch {
  const texts = [...told, 'costMin', 'costMax', 'request'].map((name) => [name, textIn(search, name)] as const)
  const moments = ['since', 'until'].map((name) => [name, momentIn(search, name)] as const)
  const chosen = Object.entries(words).map(([name, all]) => [name, wordIn<string>(search, name, all)] as const)
  return { ...readTimeRange(search), ...Object.fromEntries<string | undefined>([...texts, ...moments, ...chosen]) }
}

const momentIn = (search: Record<string, unknown>, name: string): string | undefined => {
  const text = textIn(search, name)
  return text !== undefined && text.includes('T') && !Number.isNaN(Date.parse(text)) ? text : undefined
}

export type RequestsQuery = Readonly<Record<string, string | undefined>>

/** What the API is asked. */
export function queryOf(search: RequestsSearch, mode: Mode, now: number): RequestsQuery {
  const { from, to, zone } = periodOf(search, now, '24h')
  return {
    mode,
    from: search.since ?? from,
    to: search.until ?? to,
    zone,
    ...Object.fromEntries(told.map((name) => [name, search[name]])),
    outcome: search.outcome,
    streamed: search.streamed,
    chargeMin: nanoOf(search.costMin),
    chargeMax: nanoOf(search.costMax),
  }
}

const nanoDigits = 9

/** USD as somebody wrote it, in nano-USD; undefined where it is no amount. From text to text: no float touches money. */
export function nanoOf(usd: string | undefined): string | undefined {
  const match = /^(\d{1,9})(?:\.(\d{0,9}))?$/.exec(usd ?? '')
  if (!match) return undefined
  const digits = `${match[1]}${(match[2] ?? '').padEnd(nanoDigits, '0')}`.replace(/^0+(?=\d)/, '')
  return digits
}
