/** Entries of one organization and mode, by filters: a page of them, how many there are by slots of time, or one. */
import type { Database } from 'bun:sqlite'
import type { Dimensions, Entry } from './entry.ts'
import type { Book, Names } from './names.ts'
import { entryColumns, readEntry, type EntryRow } from './write-entries.ts'

/** What entries are asked for; what is left out may be anything. */
export type EntryFilter = Partial<Dimensions> & {
  /** Admitted in [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  readonly isError?: boolean
  readonly status?: number
  /** How it ended, or why it was turned away. */
  readonly ending?: string
  readonly flag?: string
  readonly streamed?: boolean
  readonly chargeNanoMin?: bigint
  readonly chargeNanoMax?: bigint
  readonly latencyMsMin?: number
  readonly latencyMsMax?: number
}

/** Where a page ends: entries that are older come after it. */
export type EntryPlace = Pick<Entry, 'at' | 'number'>
export type EntryCount = { readonly slot: number; readonly requests: number; readonly errors: number }

type Value = string | number | bigint
type Where = { readonly sql: string; readonly values: readonly Value[] }
/** `table`: with the index that is to be used, where there is a choice. */
type WhereIn = Where & { readonly table: string }

/** The newest entries before a place (null: from the end), at most `max`. */
export function listEntries(
  db: Database,
  names: Names,
  of: Book,
  asked: { readonly filter: EntryFilter; readonly before: EntryPlace | null; readonly max: number },
): Entry[] {
  const where = whereOf(names, of, asked.filter)
  if (where === null) return []
  const { before, max } = asked
  const sql = `
    select ${entryColumns} from ${where.table} where ${where.sql}${before ? ' and (at, number) < (?, ?)' : ''}
    order by at desc, number desc limit ?`
  const values = [...where.values, ...(before ? [before.at, before.number] : []), max]
  return rowsOf<EntryRow>(db, sql, values).map((row) => readEntry(row, names))
}

/** How many entries there are in each slot, by `bounds` as in a usage selection, within the filter's time. */
export function countEntries(
  db: Database,
  names: Names,
  of: Book,
  { filter, bounds }: { readonly filter: EntryFilter; readonly bounds: readonly number[] },
): EntryCount[] {
  return bounds.slice(0, -1).map((from, slot) => {
    const within = { ...filter, from: Math.max(from, filter.from), to: Math.min(bounds[slot + 1]!, filter.to) }
    const where = whereOf(names, of, within)
    if (where === null) return { slot, requests: 0, errors: 0 }
    const sql = `select count(*) as requests, coalesce(sum(is_error), 0) as errors from ${where.table} where ${where.sql}`
    const [row] = rowsOf<{ requests: bigint; errors: bigint }>(db, sql, where.values)
    return { slot, requests: Number(row!.requests), errors: Number(row!.errors) }
  })
}

/** The entry of an id that was admitted at a time; null where there is none. */
export function findEntry(db: Database, names: Names, of: Book, { at, id }: Pick<Entry, 'at' | 'id'>): Entry | null {
  const book = names.knownBook(of)
  if (book === null) return null
  const sql = `select ${entryColumns} from entry where book = ? and at = ? and id = ?`
  const [row] = rowsOf<EntryRow>(db, sql, [book, at, id])
  return row ? readEntry(row, names) : null
}

/** The call of an id that was turned away; null where it is unknown or another's. */
export function rejectedEntry(db: Database, names: Names, of: Book, id: string): Entry | null {
  const book = names.knownBook(of)
  if (book === null) return null
  const sql = `
    select ${entryColumns} from entry indexed by entry_rejected_id where id = ? and number < 0 and book = ?`
  const [row] = rowsOf<EntryRow>(db, sql, [id, book])
  return row ? readEntry(row, names) : null
}

function rowsOf<Row>(db: Database, sql: string, values: readonly Value[]): Row[] {
  const statement = db.prepare<Row, Value[]>(sql)
  try {
    return statement.all(...values)
  } finally {
    statement.finalize()
  }
}

const dimensions = ['key', 'model', 'endpoint', 'region', 'upstream'] as const

/** The filter as SQL over one book; null where no entry can be so. */
function whereOf(names: Names, of: Book, filter: EntryFilter): WhereIn | null {
  const book = names.knownBook(of)
  if (book === null) return null
  const conditions = conditionsOf(names, filter)
  if (conditions === null) return null
  return {
    // Left to itself, SQLite goes by the time and reads every request until it has found as many that failed.
    table: filter.isError === true ? 'entry indexed by entry_error' : 'entry',
    sql: ['book = ? and at >= ? and at < ?', ...conditions.map(({ sql }) => sql)].join(' and '),
    values: [book, filter.from, filter.to, ...conditions.flatMap(({ values }) => values)],
  }
}

function conditionsOf(names: Names, filter: EntryFilter): Where[] | null {
  const conditions: Where[] = []
  const also = (sql: string, ...values: readonly Value[]): unknown => conditions.push({ sql, values })
  for (const name of [...dimensions, 'ending'] as const) {
    const text = filter[name]
    if (text === undefined) continue
    const id = names.knownId(text)
    if (id === null) return null
    also(`${name} = ?`, id)
  }
  const { flag } = filter
  // Numbers of our own, few as there are combinations of flags.
  if (flag !== undefined) also(`flags in (${names.idsWhere((text) => text.split(' ').includes(flag)).join(', ')})`)
  if (filter.isError !== undefined) also(filter.isError ? 'is_error' : 'not is_error')
  if (filter.streamed !== undefined) also('streamed = ?', Number(filter.streamed))
  if (filter.status !== undefined) also('status = ?', filter.status)
  if (filter.chargeNanoMin !== undefined) also('charge_nano >= ?', filter.chargeNanoMin)
  if (filter.chargeNanoMax !== undefined) also('charge_nano <= ?', filter.chargeNanoMax)
  if (filter.latencyMsMin !== undefined) also('latency_ms >= ?', filter.latencyMsMin)
  if (filter.latencyMsMax !== undefined) also('latency_ms <= ?', filter.latencyMsMax)
  return conditions
}
