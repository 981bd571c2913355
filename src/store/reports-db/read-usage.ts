/** Sums of entries by slots of time and by groups, out of the rollups: whole days, hours, and minutes at the edges. */
import type { Database, Statement } from 'bun:sqlite'
import { addBytes, type Histogram } from '../../lib/histogram.ts'
import { dayMs, hourMs } from '../sqlite/rollups.ts'
import type { Mode } from '../store.ts'
import { noSums, type Dimensions, type Sums } from './entry.ts'
import type { Names } from './names.ts'
import { levels, sumColumns } from './write-usage.ts'

/** Whose entries: an organization's, or, for operators alone, everybody's (null). Always of one mode. */
export type Scope = { readonly organizationId: string | null; readonly mode: Mode }
export type Dimension = keyof Dimensions | 'organization'

export type UsageSelection = {
  readonly scope: Scope
  readonly where: Partial<Dimensions>
  /** None, a group, or a group and a subgroup. */
  readonly by: readonly Dimension[]
  /** Bounds of the slots, one more than there are slots: ascending whole minutes, epoch ms. */
  readonly bounds: readonly number[]
  /** Whether durations are wanted, which take longer. */
  readonly durations: boolean
}

/** What a group used in a slot. */
export type UsageCell = {
  readonly slot: number
  readonly group: readonly string[]
  readonly sums: Sums
  /** Empty unless durations are wanted. */
  readonly latency: Histogram
  readonly firstByte: Histogram
}

type Where = { readonly sql: string; readonly values: readonly (number | string)[] }
type Row = Readonly<Record<string, bigint>>
type Level = {
  readonly sums: Statement<Row, (number | string)[]>
  readonly durations: Statement<Row, (number | string)[]> | null
}
type Span = { readonly level: 0 | 1 | 2; readonly from: number; readonly to: number }

const sumEntries = Object.entries(sumColumns) as [keyof Sums, string][]
const sumSql = sumEntries.map(([, column]) => `sum(${column}) as ${column}`).join(', ')
const columnOf = (dimension: Dimension): string => (dimension === 'organization' ? 'book' : dimension)

/** Cells that are not given used nothing. */
export function readUsage(db: Database, names: Names, selection: UsageSelection): UsageCell[] {
  const where = whereOf(names, selection)
  if (where === null) return []
  const { bounds, by } = selection
  const cells = createCells(names, by)
  const statements = levels.map(({ table }) => prepareLevel(db, table, where.sql, selection))
  try {
    for (let slot = 0; slot + 1 < bounds.length; slot += 1)
      for (const { level, from, to } of spansOf(bounds[slot]!, bounds[slot + 1]!)) {
        const values = [...where.values, from, to]
        for (const row of statements[level]!.sums.all(...values)) cells.addSums(slot, row)
        for (const row of statements[level]!.durations?.iterate(...values) ?? []) cells.addDurations(slot, row)
      }
  } finally {
    for (const { sums, durations } of statements) for (const statement of [sums, durations]) statement?.finalize()
  }
  return cells.all()
}

/** The books and names that are asked for, as SQL; null where no entry can be so. Every row is in a book of the scope. */
function whereOf(names: Names, { scope, where }: UsageSelection): Where | null {
  const { organizationId, mode } = scope
  const book = organizationId === null ? mode : names.knownBook({ organizationId, mode })
  if (book === null) return null
  const sql = [organizationId === null ? 'book in (select id from book where mode = ?)' : 'book = ?']
  const values = [book]
  for (const [dimension, text] of Object.entries(where)) {
    const id = names.knownId(text)
    if (id === null) return null
    sql.push(`${dimension} = ?`)
    values.push(id)
  }
  return { sql: sql.join(' and '), values }
}

/** Prepared for one report: there are too many of them to be kept, and each is run for many slots. */
function prepareLevel(db: Database, table: string, where: string, { by, durations }: UsageSelection): Level {
  const groups = by.map((dimension, index) => `${columnOf(dimension)} as group${index}`)
  const from = `from ${table} where ${where} and bucket >= ? and bucket < ?`
  const grouping = by.length === 0 ? '' : `group by ${by.map((_, index) => `group${index}`).join(', ')}`
  return {
    sums: db.prepare(`select ${[...groups, sumSql].join(', ')} ${from} ${grouping}`),
    durations: durations ? db.prepare(`select ${[...groups, 'latency', 'first_byte'].join(', ')} ${from}`) : null,
  }
}

function createCells(names: Names, by: readonly Dimension[]) {
  const cells = new Map<string, UsageCell>()
  const ids = by.map((_, index) => `group${index}`)
  const nameOf = (row: Row, index: number): string => {
    const id = Number(row[`group${index}`])
    return by[index] === 'organization' ? names.book(id).organizationId : names.textOf(id)
  }
  function cellOf(slot: number, row: Row): UsageCell {
    const key = ids.reduce((text, id) => `${text} ${row[id]}`, String(slot))
    const known = cells.get(key)
    if (known) return known
    const group = by.map((_, index) => nameOf(row, index))
    const cell: UsageCell = { slot, group, sums: noSums(), latency: new Map(), firstByte: new Map() }
    cells.set(key, cell)
    return cell
  }
  return {
    addSums(slot: number, row: Row): void {
      // Sums of nothing are one row without a value.
      if (row['requests'] === null) return
      const { sums } = cellOf(slot, row)
      for (const [name, column] of sumEntries)
        if (name === 'chargeNano' || name === 'costNano') sums[name] += row[column]!
        else sums[name] += Number(row[column])
    },
    addDurations(slot: number, row: Row): void {
      const { latency, firstByte } = cellOf(slot, row)
      addBytes(latency, row['latency'] as unknown as Uint8Array)
      addBytes(firstByte, row['first_byte'] as unknown as Uint8Array)
    },
    all: (): UsageCell[] => [...cells.values()],
  }
}

/** Cuts [from, to) at whole hours and days into spans that meet: minutes, hours, days, hours, minutes, without empty ones. */
function spansOf(from: number, to: number): Span[] {
  const firstHour = Math.min(to, Math.ceil(from / hourMs) * hourMs)
  const lastHour = Math.max(firstHour, Math.floor(to / hourMs) * hourMs)
  const firstDay = Math.min(lastHour, Math.ceil(firstHour / dayMs) * dayMs)
  const lastDay = Math.max(firstDay, Math.floor(lastHour / dayMs) * dayMs)
  const spans: Span[] = [
    { level: 0, from, to: firstHour },
    { level: 1, from: firstHour, to: firstDay },
    { level: 2, from: firstDay, to: lastDay },
    { level: 1, from: lastDay, to: lastHour },
    { level: 0, from: lastHour, to },
  ]
  return spans.filter((span) => span.from < span.to)
}
