/** Sums of entries by slots of time and by groups, out of the rollups: whole days, hours, and minutes at the edges. */
import type { Database, Statement } from 'bun:sqlite'
import { addBytes, emptyHistogram, type Histogram } from '../../lib/histogram.ts'
import { dayMs, hourMs } from '../sqlite/rollups.ts'
import type { Mode } from '../store.ts'
import { isAmount, noSums, type Dimensions, type Sums } from './entry.ts'
import type { Names } from './names.ts'
import { sumColumns, usageTables } from './write-usage.ts'

/** Whose entries: an organization's, or, for operators alone, everybody's (null). Always of one mode. */
export type Scope = { readonly organizationId: string | null; readonly mode: Mode }
export type Dimension = keyof Dimensions | 'organization'
export type Duration = 'latency' | 'firstByte'

export type UsageSelection = {
  readonly scope: Scope
  readonly where: Partial<Dimensions>
  /** None, a group, or a group and a subgroup. */
  readonly by: readonly Dimension[]
  /** Bounds of the slots, one more than there are slots: ascending whole minutes, epoch ms. */
  readonly bounds: readonly number[]
  /** The figures that are wanted: each takes its time. */
  readonly sums: readonly (keyof Sums)[]
  readonly durations: readonly Duration[]
}

/** What a group used in a slot. */
export type UsageCell = {
  readonly group: readonly string[]
  /** Those that are not wanted are 0. */
  readonly sums: Sums
  /** Empty where it is not wanted. */
  readonly latency: Histogram
  readonly firstByte: Histogram
}

type Where = { readonly sql: string; readonly values: readonly (number | string)[] }
type Row = Readonly<Record<string, bigint | string | null>>
type Level = Statement<Row, (number | string)[]>
type Span = { readonly level: 0 | 1 | 2; readonly from: number; readonly to: number }

const durationColumns = { latency: 'latency', firstByte: 'first_byte' } as const satisfies Record<Duration, string>
const columnOf = (dimension: Dimension): string => (dimension === 'organization' ? 'book' : dimension)

/** Slot by slot, the groups that used something in it: a long report is never whole in memory. */
export function* readUsage(
  db: Database,
  names: Names,
  selection: UsageSelection,
): Generator<readonly UsageCell[], undefined> {
  const { bounds } = selection
  const where = whereOf(names, selection)
  const levels = where === null ? [] : usageTables.map((table) => prepareLevel(db, table, where.sql, selection))
  try {
    for (let slot = 0; slot + 1 < bounds.length; slot += 1) {
      const cells = createCells(names, selection)
      for (const { level, from, to } of where === null ? [] : spansOf(bounds[slot]!, bounds[slot + 1]!))
        for (const row of levels[level]!.all(...where!.values, from, to)) cells.add(row)
      yield cells.all()
    }
  } finally {
    for (const level of levels) level.finalize()
  }
  return undefined
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

/** Groups of one report. One more is read, and no more, so that whoever asks sees that there are too many. */
export const groupsMax = 10_000

/** Prepared for one report: there are too many of them to be kept, and each is run for many slots. */
function prepareLevel(db: Database, table: string, where: string, { by, sums, durations }: UsageSelection): Level {
  const groups = by.map((dimension, index) => `${columnOf(dimension)} as group${index}`)
  const columns = [
    ...groups,
    'count(*) as rows',
    ...sums.map((name) => `sum(${sumColumns[name]}) as ${name}`),
    // Histograms behind one another are one histogram.
    ...durations.map((name) => `group_concat(hex(${durationColumns[name]}), '') as ${name}`),
  ]
  const ids = by.map((_, index) => `group${index}`).join(', ')
  const grouping = by.length === 0 ? '' : `group by ${ids} limit ${groupsMax + 1}`
  return db.prepare(
    `select ${columns.join(', ')} from ${table} where ${where} and bucket >= ? and bucket < ? ${grouping}`,
  )
}

const nothingMeasured = emptyHistogram()

/** The groups of one slot, whose parts come from several tables. */
function createCells(names: Names, { by, sums, durations }: UsageSelection) {
  const cells = new Map<string, UsageCell>()
  const ids = by.map((_, index) => `group${index}`)
  const nameOf = (row: Row, index: number): string => {
    const id = Number(row[`group${index}`])
    return by[index] === 'organization' ? names.book(id).organizationId : names.textOf(id)
  }
  const histogramOf = (name: Duration): Histogram => (durations.includes(name) ? emptyHistogram() : nothingMeasured)
  function cellOf(row: Row): UsageCell {
    const key = ids.map((id) => row[id]).join(' ')
    const known = cells.get(key)
    if (known) return known
    const group = by.map((_, index) => nameOf(row, index))
    const cell = { group, sums: noSums(), latency: histogramOf('latency'), firstByte: histogramOf('firstByte') }
    cells.set(key, cell)
    return cell
  }
  return {
    add(row: Row): void {
      // Without a group, nothing is a row too.
      if (row['rows'] === 0n) return
      const cell = cellOf(row)
      for (const name of sums)
        if (isAmount(name)) cell.sums[name] += row[name] as bigint
        else cell.sums[name] += Number(row[name])
      for (const name of durations) addBytes(cell[name], Buffer.from(row[name] as string, 'hex'))
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
