/** Entries as rows: one a request, found again by its book, its time and its number. */
import type { Database } from 'bun:sqlite'
import { stateOf, type Entry } from './entry.ts'
import type { EntryIds, Names } from './names.ts'

const columns = [
  'book',
  'at',
  'number',
  'id',
  'ended_at',
  'key',
  'model',
  'endpoint',
  'region',
  'upstream',
  'status',
  'is_error',
  'ending',
  'flags',
  'streamed',
  'input_tokens',
  'cached_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'image_tokens',
  'images',
  'video_seconds',
  'charge_nano',
  'cost_nano',
  'latency_ms',
  'first_byte_ms',
  'asked_model',
] as const
export const entryColumns = columns.join(', ')

type Texts = 'id' | 'asked_model'
/** A row of `entryColumns`. */
export type EntryRow = Readonly<Record<Exclude<(typeof columns)[number], Texts | 'first_byte_ms'>, bigint>> & {
  readonly id: string
  readonly asked_model: string | null
  readonly first_byte_ms: bigint | null
}

/** Of each organization and mode, the newest so many calls that were turned away are kept. */
export const rejectedKeptMax = 10_000

export type EntryWriter = ReturnType<typeof prepareEntryWriter>

/** Prepares writing entries on a connection, in the caller's transaction. */
export function prepareEntryWriter(db: Database, names: Names) {
  const insert = db.prepare<unknown, (string | number | bigint | null)[]>(
    `insert into entry (${entryColumns}) values (${columns.map(() => '?').join(', ')})`,
  )
  const select = db.prepare<EntryRow, number[]>(
    `select ${entryColumns} from entry where book = ? and at = ? and number = ?`,
  )
  const remove = db.prepare<unknown, number[]>('delete from entry where book = ? and at = ? and number = ?')
  const lowest = db.prepare<{ number: bigint | null }, []>(
    'select min(number) as number from entry indexed by entry_rejected_id where number < 0',
  )
  const removeOldRejected = db.prepare<unknown, [number, number]>(`
    delete from entry where book = ?1 and number < 0 and (at, number) in (
      select at, number from entry indexed by entry_rejected where book = ?1 and number < 0
      order by at desc, number desc limit -1 offset ?2)`)
  return {
    insert: (entry: Entry, ids: EntryIds): unknown => insert.run(...valuesOf(entry, ids)),
    /** Takes an entry out, and gives what it was. */
    take(place: { readonly book: number; readonly at: number; readonly number: number }): Entry {
      const key = [place.book, place.at, place.number]
      const entry = readEntry(select.get(...key)!, names)
      remove.run(...key)
      return entry
    },
    /** A number for the next call that was turned away is below this. */
    lowestNumber: (): number => Math.min(0, Number(lowest.get()?.number ?? 0n)),
    /** Takes out what is beyond the newest `rejectedKeptMax`. */
    trimRejected: (book: number): unknown => removeOldRejected.run(book, rejectedKeptMax),
  }
}

const valuesOf = (entry: Entry, ids: EntryIds): (string | number | bigint | null)[] => [
  ids.book,
  entry.at,
  entry.number,
  entry.id,
  entry.endedAt,
  ids.key,
  ids.model,
  ids.endpoint,
  ids.region,
  ids.upstream,
  entry.status,
  entry.isError ? 1 : 0,
  ids.ending,
  ids.flags,
  entry.streamed ? 1 : 0,
  entry.inputTokens,
  entry.cachedInputTokens,
  entry.outputTokens,
  entry.reasoningTokens,
  entry.imageTokens,
  entry.images,
  entry.videoSeconds,
  entry.chargeNano,
  entry.costNano,
  entry.latencyMs,
  entry.firstByteMs,
  entry.askedModel,
]

/** The entry of a row. */
export function readEntry(row: EntryRow, names: Names): Entry {
  const textOf = (id: bigint): string => names.textOf(Number(id))
  const flags = textOf(row.flags)
  const number = Number(row.number)
  const ending = textOf(row.ending)
  return {
    ...names.book(Number(row.book)),
    at: Number(row.at),
    number,
    id: row.id,
    state: stateOf(number, ending),
    endedAt: Number(row.ended_at),
    key: textOf(row.key),
    model: textOf(row.model),
    endpoint: textOf(row.endpoint),
    region: textOf(row.region),
    upstream: textOf(row.upstream),
    status: Number(row.status),
    isError: row.is_error === 1n,
    ending,
    flags: flags === '' ? [] : flags.split(' '),
    streamed: row.streamed === 1n,
    inputTokens: Number(row.input_tokens),
    cachedInputTokens: Number(row.cached_input_tokens),
    outputTokens: Number(row.output_tokens),
    reasoningTokens: Number(row.reasoning_tokens),
    imageTokens: Number(row.image_tokens),
    images: Number(row.images),
    videoSeconds: Number(row.video_seconds),
    chargeNano: row.charge_nano,
    costNano: row.cost_nano,
    latencyMs: Number(row.latency_ms),
    firstByteMs: row.first_byte_ms === null ? null : Number(row.first_byte_ms),
    askedModel: row.asked_model,
  }
}
