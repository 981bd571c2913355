/**
 * Copying what mart.db has and this file has not, a batch at a time. A batch and how far it came are one transaction, so
 * whenever the process ends, nothing is copied twice and nothing is left out.
 *
 * A request whose money was set aside is an entry from then on, and becomes another when it ends. Whether it has ended
 * is read from the same state of mart.db as its record: where it has, its end is a record of its own that comes later or
 * has come, from whichever node, and makes the entry.
 */
import type { Database } from 'bun:sqlite'
import { spendOf } from '../spend.ts'
import type { Settlement } from '../store.ts'
import { addSpend, entryOf, type Entry } from './entry.ts'
import type { Names } from './names.ts'
import type { BooksReader, CreditRecord, SourceRecord } from './read-books.ts'
import type { EntryWriter } from './write-entries.ts'
import type { UsageChanges, UsageWriter } from './write-usage.ts'

type Parts = {
  readonly names: Names
  readonly entries: EntryWriter
  readonly usage: UsageWriter
  readonly books: BooksReader
}
type Batch = { readonly changes: UsageChanges; readonly entered: Entry[] }
/** What a step has copied, in the order of the journals, and whether there may be more. */
export type Copied = { readonly entered: readonly Entry[]; readonly isMore: boolean }
type Place = { readonly book: number; readonly at: number; readonly number: number }
type Progress = { readonly number: number; readonly witness: string }

/** Transfers of every batch that is shipped are looked at, and most are no credit. */
const transfersPerRecord = 4

/** Prepares copying on a connection. */
export function prepareCatchUp(db: Database, { names, entries, usage, books }: Parts) {
  const progress = prepareProgress(db)
  const reservations = prepareReservations(db)

  const enter = (entry: Entry, settlement: Settlement, { changes, entered }: Batch): void => {
    const ids = names.idsOf(entry)
    entries.insert(entry, ids)
    addSpend(usage.add(changes, entry, ids), spendOf(settlement))
    entered.push(entry)
  }
  /** One that is reserved, which was charged nothing yet. */
  const takeOut = (entry: Entry, { changes }: Batch): unknown => usage.add(changes, entry, names.idsOf(entry), -1)
  function reserve({ number, settlement }: SourceRecord, reserved: Reserved, batch: Batch): void {
    const place = { book: names.bookOf(settlement), at: settlement.admittedAt, number }
    reservations.insert(settlement.requestId, place, reserved)
    if (reserved.chargeNano === null) enter(entryOf(settlement, number), settlement, batch)
  }
  function settle({ number, settlement }: SourceRecord, batch: Batch): void {
    const entry = entryOf(settlement, number)
    const place = reservations.end(entry)
    if (place) takeOut(entries.take(place), batch)
    enter(entry, settlement, batch)
  }
  /** Returns how many there were. */
  function copyNode(node: number, max: number, batch: Batch): number {
    const source = `node:${node}`
    const records = books.recordsAfter(node, progress.of(source)?.number ?? 0, max)
    for (const record of records)
      if (record.reserved) reserve(record, record.reserved, batch)
      else settle(record, batch)
    const last = records.at(-1)
    if (last) progress.put(source, { number: last.number, witness: last.settlement.requestId })
    return records.length
  }
  /** Returns how many there were. */
  function copyTransfers(max: number): number {
    const transfers = books.transfersAfter(progress.of('transfer')?.number ?? 0, max)
    for (const { credit } of transfers) if (credit) progress.credit(credit, names.bookOf(credit))
    const last = transfers.at(-1)
    if (last) progress.put('transfer', { number: last.id, witness: books.witness('transfer', last.id)! })
    return transfers.length
  }
  const copy = db.transaction((max: number): Copied => {
    const batch: Batch = { changes: new Map(), entered: [] }
    const isMore = copyTransfers(max * transfersPerRecord) === max * transfersPerRecord
    let left = max
    for (const node of books.nodes()) left -= copyNode(node, left, batch)
    usage.write(batch.changes)
    return { entered: batch.entered, isMore: isMore || left === 0 }
  })
  return {
    /** Copies at most `max` requests and reservations. */
    step(max: number): Copied {
      try {
        return books.atOnce(() => copy.immediate(max))
      } catch (error) {
        names.load()
        reservations.load()
        throw error
      }
    },
    /** Whether mart.db is another than the one that was copied: an older one, or one that went another way since. */
    isOfAnother: (): boolean =>
      progress.all().some(({ source, number, witness }) => {
        const kind = source === 'transfer' ? 'transfer' : 'node'
        return books.witness(kind, number) !== witness
      }),
  }
}

function prepareProgress(db: Database) {
  const select = db.prepare<{ number: bigint; witness: string }, [string]>(
    'select number, witness from progress where source = ?',
  )
  const all = db.prepare<{ source: string; number: bigint; witness: string }, []>('select * from progress')
  const upsert = db.prepare<unknown, [string, number, string]>(`
    insert into progress (source, number, witness) values (?, ?, ?)
    on conflict do update set number = excluded.number, witness = excluded.witness`)
  const insertCredit = db.prepare<unknown, (string | number | bigint | null)[]>(
    'insert into credit (transfer, book, at, kind, amount_nano, note) values (?, ?, ?, ?, ?, ?)',
  )
  return {
    of(source: string): Progress | null {
      const row = select.get(source)
      return row && { number: Number(row.number), witness: row.witness }
    },
    all: () => all.all().map((row) => ({ ...row, number: Number(row.number) })),
    put: (source: string, { number, witness }: Progress): unknown => upsert.run(source, number, witness),
    credit: ({ transfer, at, kind, amountNano, note }: CreditRecord, book: number): unknown =>
      insertCredit.run(transfer, book, at, kind, amountNano, note),
  }
}

type Reserved = NonNullable<SourceRecord['reserved']>

/** Those that are open are kept in memory: they are few, and every settled request may be the end of one. */
function prepareReservations(db: Database) {
  type Row = { id: string; book: bigint; at: bigint; number: bigint }
  const selectOpen = db.prepare<Row, []>('select id, book, at, number from reservation where charge_nano is null')
  const insert = db.prepare<unknown, (string | number | bigint | null)[]>(
    'insert into reservation (id, book, at, number, amount_nano, charge_nano) values (?, ?, ?, ?, ?, ?)',
  )
  const update = db.prepare<unknown, [bigint, string]>('update reservation set charge_nano = ? where id = ?')
  const open = new Map<string, Place>()
  function load(): void {
    open.clear()
    for (const { id, book, at, number } of selectOpen.all())
      open.set(id, { book: Number(book), at: Number(at), number: Number(number) })
  }
  load()
  return {
    load,
    insert(id: string, place: Place, { amountNano, chargeNano }: Reserved): void {
      insert.run(id, place.book, place.at, place.number, amountNano, chargeNano)
      if (chargeNano === null) open.set(id, place)
    },
    /** Where the entry is that this one takes the place of; null for nearly all. */
    end({ id, chargeNano }: Entry): Place | null {
      const place = open.get(id)
      if (!place) return null
      update.run(chargeNano, id)
      open.delete(id)
      return place
    },
  }
}
