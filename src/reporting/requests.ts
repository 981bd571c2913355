/** Requests one by one: the list, how many there are over time, and one with its receipt. */
import { z } from 'zod'
import { modes, type Settlement } from '../store/store.ts'
import {
  noSums,
  type Book,
  type Entry,
  type EntryFilter,
  type EntryPlace,
  type ReportsDb,
} from '../store/reports-db/reports-db.ts'
import { NanoShape, TimeShape } from './figures.ts'
import { looksBack, type LooksAsked } from './looks.ts'
import { customerReceiptOf, receiptOf, type Receipt } from './receipt.ts'
import { slotBounds, slotUnits, type SlotUnit, type ZonedSpan } from './time-slots.ts'
import { nextTurn } from './turns.ts'

export const EntryShape = z.strictObject({
  id: z.string(),
  state: z
    .enum(['settled', 'reserved', 'rejected'])
    .describe('reserved: its charge is known later. rejected: turned away or failed unpaid, and owing nothing.'),
  at: TimeShape.describe('When it was admitted.'),
  endedAt: TimeShape,
  key: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  model: z.string().nullable().describe('null: it named none that there is.'),
  askedModel: z.string().nullable().describe('What a call that was turned away for its model had asked for.'),
  endpoint: z.string(),
  region: z.string().nullable(),
  upstream: z.string().nullable().optional().describe('The deployment: for operators alone.'),
  status: z.int().describe('As it was answered; 0: the process ended before.'),
  isError: z.boolean(),
  ending: z.string().describe('How it ended, or why it was turned away: an error code of the reference.'),
  flags: z.array(z.string()),
  streamed: z.boolean(),
  inputTokens: z.int(),
  cachedInputTokens: z.int(),
  outputTokens: z.int(),
  reasoningTokens: z.int(),
  imageTokens: z.int(),
  images: z.int().describe('Pictures that it made.'),
  videoSeconds: z.int(),
  chargeNano: NanoShape,
  costNano: NanoShape.optional().describe('For operators alone.'),
  latencyMs: z.int(),
  firstByteMs: z.int().nullable(),
})
export type EntryJson = z.infer<typeof EntryShape>

export const RequestListShape = z.strictObject({
  mode: z.enum(modes),
  data: z.array(EntryShape).describe('Newest first.'),
  next: z
    .string()
    .nullable()
    .describe('The cursor of the next page, which there may be where this one is not full; null: there is none.'),
  isComplete: z.boolean().describe('false while older requests are still being gathered.'),
})
export type RequestList = z.infer<typeof RequestListShape>

export const RequestHistogramShape = z.strictObject({
  mode: z.enum(modes),
  from: TimeShape,
  to: TimeShape,
  zone: z.string(),
  unit: z.enum(slotUnits),
  slots: z.array(TimeShape).describe('When each begins; the last ends at `to`.'),
  requests: z.array(z.int()),
  errors: z.array(z.int()).describe('Of these.'),
  isComplete: z.boolean(),
})
export type RequestHistogram = z.infer<typeof RequestHistogramShape>

export const RequestDetailsShape = z.strictObject({
  request: EntryShape,
  receipt: z
    .looseObject({ requestId: z.string(), chargeNano: NanoShape, chargeUsd: z.string() })
    .nullable()
    .describe('As `GET /v1/receipts/{id}` has it; null where nothing was owed. For operators with `costNano`.'),
  money: z
    .strictObject({
      heldNano: NanoShape.describe('The most that it could cost, set aside before it was sent.'),
      capturedNano: NanoShape.describe('What was taken of it.'),
      releasedNano: NanoShape.describe('What was given back. 0 while the charge is open.'),
      openNano: NanoShape.describe('What is set aside still.'),
    })
    .nullable(),
})
export type RequestDetails = Omit<z.infer<typeof RequestDetailsShape>, 'receipt'> & {
  readonly receipt: (Omit<Receipt, 'costNano'> & { readonly costNano?: string }) | null
}

/** What people call a key. */
export type KeyName = (id: string) => string | null
type Shown = { readonly keyName: KeyName; readonly isOperator: boolean }

/** An entry as JSON. Deployments and costs are the operator's business. */
export function entryJson(entry: Entry, { keyName, isOperator }: Shown): EntryJson {
  const { number: _, organizationId: _organization, mode: _mode, costNano, upstream, key, flags, ...told } = entry
  return {
    ...told,
    at: iso(entry.at),
    endedAt: iso(entry.endedAt),
    key: { id: key, name: keyName(key) },
    model: entry.model === '' ? null : entry.model,
    region: entry.region === '' ? null : entry.region,
    flags: [...flags],
    chargeNano: entry.chargeNano.toString(),
    ...(isOperator && { costNano: costNano.toString(), upstream: upstream === '' ? null : upstream }),
  }
}

type ListAsked = Shown & { readonly filter: EntryFilter; readonly before: EntryPlace | null; readonly max: number }
type Timed = { readonly monotonic: () => number }

/** How far back is looked first, and for how long at most: a filter that hardly anything is so is searched for page by page. */
const firstLookMs = 3_600_000
const lookMsMax = 60

/** A page of the newest requests before a cursor. */
export function requestList(
  db: Pick<ReportsDb, 'list'>,
  of: Book,
  asked: ListAsked & { readonly clock: Timed },
): Omit<RequestList, 'isComplete'> {
  const { max } = asked
  const { entries, rest } = lookBack(db, of, asked)
  const shown = entries.slice(0, max)
  const next = entries.length > max ? shown.at(-1)! : rest
  return { mode: of.mode, data: shown.map((entry) => entryJson(entry, asked)), next: next && cursorOf(next) }
}

/** One more than a page, in looks that become longer; `rest`: where to go on, if it took too long to look through all. */
function lookBack(db: Pick<ReportsDb, 'list'>, of: Book, asked: ListAsked & { readonly clock: Timed }) {
  const { filter, before, max, clock } = asked
  const startedAt = clock.monotonic()
  const entries: Entry[] = []
  let to = before ? Math.min(before.at + 1, filter.to) : filter.to
  for (let lookMs = firstLookMs; to > filter.from && entries.length <= max; lookMs *= 3) {
    const from = Math.max(filter.from, to - lookMs)
    entries.push(...db.list(of, { filter: { ...filter, from, to }, before, max: max + 1 - entries.length }))
    to = from
    if (clock.monotonic() - startedAt > lookMsMax) break
  }
  return { entries, rest: to > filter.from ? { at: to, number: beforeAll } : null }
}
/** Less than the number of any request. */
const beforeAll = -1_000_000_000_000_000

const pageMax = 500

/** Page after page of the newest, until there is no more; throws where whoever asked has left. */
export async function* everyEntry(
  db: Pick<ReportsDb, 'list'>,
  of: Book,
  { filter, ...looking }: Looking & { readonly filter: EntryFilter },
): AsyncGenerator<readonly Entry[]> {
  for await (const span of looksBack({ from: filter.from, to: filter.to, ...looking })) {
    for (let before: EntryPlace | null = null; ;) {
      const entries = db.list(of, { filter: { ...filter, ...span }, before, max: pageMax })
      if (entries.length > 0) yield entries
      if (entries.length < pageMax) break
      before = entries.at(-1)!
      await nextTurn()
      looking.signal?.throwIfAborted()
    }
  }
}

/** Where a page ends, as text. */
const cursorOf = ({ at, number }: EntryPlace): string => `${at}.${number}`

/** The place that a cursor is; null where it is none. */
export function placeOf(cursor: string): EntryPlace | null {
  const match = /^(\d{1,16})\.(-?\d{1,16})$/.exec(cursor)
  return match && { at: Number(match[1]), number: Number(match[2]) }
}

/** How many requests there are over the time of a span, by the same filters as the list. */
export async function requestHistogram(
  db: Pick<ReportsDb, 'count' | 'usage'>,
  of: Book,
  { filter, span, unit, ...looking }: HistogramAsked,
): Promise<Omit<RequestHistogram, 'isComplete'>> {
  const bounds = slotBounds(span, unit)
  const counts = await countsOf(db, of, { filter, bounds, ...looking })
  return {
    mode: of.mode,
    from: iso(span.from),
    to: iso(span.to),
    zone: span.zone,
    unit,
    slots: bounds.slice(0, -1).map(iso),
    requests: counts.map(({ requests }) => requests),
    errors: counts.map(({ errors }) => errors),
  }
}

type Looking = Pick<LooksAsked, 'clock' | 'signal'>
type HistogramAsked = Looking & {
  readonly filter: EntryFilter
  readonly span: ZonedSpan
  readonly unit: SlotUnit
}
type Counted = Looking & { readonly filter: EntryFilter; readonly bounds: readonly number[] }
type Count = { readonly requests: number; readonly errors: number }

/** By the rollups where these know what is filtered by, which is much quicker. */
async function countsOf(
  db: Pick<ReportsDb, 'count' | 'usage'>,
  of: Book,
  { filter, bounds, ...looking }: Counted,
): Promise<readonly Count[]> {
  const { from: _, to: __, isError, ...where } = filter
  if (Object.keys(where).some((name) => !rollupFilters.has(name)))
    return countsOneByOne(db, of, { filter, bounds, ...looking })
  const slots = db.usage({ scope: of, where, by: [], bounds, ...counted })
  return [...slots].map(([cell]) => {
    const { requests, errors, rejected } = cell?.sums ?? noSums()
    const failed = errors + rejected
    if (isError === undefined) return { requests: requests + rejected, errors: failed }
    return isError ? { requests: failed, errors: failed } : { requests: requests - errors, errors: 0 }
  })
}

/** Look by look over the whole span, each cut at the slots within it. */
async function countsOneByOne(
  db: Pick<ReportsDb, 'count'>,
  of: Book,
  { filter, bounds, ...looking }: Counted,
): Promise<readonly Count[]> {
  const counts = bounds.slice(1).map(() => ({ requests: 0, errors: 0 }))
  for await (const { from, to } of looksBack({ from: bounds[0]!, to: bounds.at(-1)!, ...looking })) {
    const first = bounds.findLastIndex((bound) => bound <= from)
    const last = bounds.findIndex((bound) => bound >= to)
    const cuts = [from, ...bounds.slice(first + 1, last), to]
    for (const { slot, requests, errors } of db.count(of, { filter, bounds: cuts })) {
      counts[first + slot]!.requests += requests
      counts[first + slot]!.errors += errors
    }
  }
  return counts
}
const rollupFilters: ReadonlySet<string> = new Set(['key', 'model', 'endpoint', 'region', 'upstream'])
const counted = { sums: ['requests', 'errors', 'rejected'], durations: [] } as const

/** One request with its receipt; null where it is unknown, another organization's, or of the other mode. */
export function requestDetails(
  db: Pick<ReportsDb, 'find'>,
  of: Book,
  { id, ...shown }: Shown & { readonly id: string },
): RequestDetails | null {
  const found = db.find(of, id)
  if (found === null) return null
  const { entry, settlement } = found
  const receipt = settlement && (shown.isOperator ? receiptOf(settlement) : customerReceiptOf(settlement))
  return { request: entryJson(entry, shown), receipt, money: settlement && moneyOf(settlement) }
}

function moneyOf({ holdNano, chargeNano, ending }: Settlement): RequestDetails['money'] {
  const rest = BigInt(holdNano) - BigInt(chargeNano)
  const isOpen = ending === 'reserved'
  return {
    heldNano: holdNano,
    capturedNano: chargeNano,
    releasedNano: isOpen || rest < 0n ? '0' : rest.toString(),
    openNano: isOpen ? rest.toString() : '0',
  }
}

const iso = (at: number): string => new Date(at).toISOString()
