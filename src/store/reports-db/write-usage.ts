/** Rollups of reports: sums and histograms by the minute, the hour and the day of admission (UTC). */
import type { Database } from 'bun:sqlite'
import { addBytes, addHistogram, bytesOf, emptyHistogram, slotOf, type Histogram } from '../../lib/histogram.ts'
import { dayMs, hourMs, minuteMs } from '../sqlite/rollups.ts'
import { addEntry, noSums, type Entry, type Sums } from './entry.ts'
import type { EntryIds } from './names.ts'

/** From the shortest buckets to the longest. */
export const usageTables = ['usage_minute', 'usage_hour', 'usage_day'] as const

/** Where sums stand in every table: book, bucket, key, model, endpoint, region, upstream. */
type Place = readonly [book: number, bucket: number, ...dimensions: number[]]
type Part = { readonly place: Place; readonly sums: Sums; readonly latency: Histogram; readonly firstByte: Histogram }
/** What a batch changes, by minute. */
export type UsageChanges = Map<string, Part>

/** The figures in the order of the tables' columns. */
export const sumColumns = {
  requests: 'requests',
  errors: 'errors',
  rejected: 'rejected',
  inputTokens: 'input_tokens',
  cachedInputTokens: 'cached_input_tokens',
  outputTokens: 'output_tokens',
  reasoningTokens: 'reasoning_tokens',
  imageTokens: 'image_tokens',
  images: 'images',
  videoSeconds: 'video_seconds',
  chargeNano: 'charge_nano',
  costNano: 'cost_nano',
  inputNano: 'input_nano',
  cachedInputNano: 'cached_input_nano',
  outputNano: 'output_nano',
  reasoningNano: 'reasoning_nano',
  imageNano: 'image_nano',
  videoNano: 'video_nano',
  toolNano: 'tool_nano',
} as const satisfies Readonly<Record<keyof Sums, string>>
const sumNames = Object.keys(sumColumns) as (keyof Sums)[]
const columns = Object.values(sumColumns)
const placeColumns = 'book, bucket, key, model, endpoint, region, upstream'

const upsertSql = (table: string): string => `
  insert into ${table} (${placeColumns}, ${columns.join(', ')}, latency, first_byte)
  values (${Array.from({ length: 7 + columns.length + 2 }, () => '?').join(', ')})
  on conflict do update set ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')},
    latency = excluded.latency, first_byte = excluded.first_byte`
const selectSql = (table: string): string => `
  select latency, first_byte from ${table}
  where book = ? and bucket = ? and key = ? and model = ? and endpoint = ? and region = ? and upstream = ?`

type Bytes = { latency: Uint8Array; first_byte: Uint8Array }

export type UsageWriter = ReturnType<typeof prepareUsageWriter>

/** Prepares the rollups of a connection; its writes are in the caller's transaction. */
export function prepareUsageWriter(db: Database) {
  const tables = usageTables.map((table) => ({
    select: db.prepare<Bytes, number[]>(selectSql(table)),
    upsert: db.prepare<unknown, (number | bigint | Uint8Array)[]>(upsertSql(table)),
  }))
  return {
    /** Notes an entry for `write`, so often; below zero, one is taken away that was noted before. Gives the sums that it is in. */
    add: addTo,
    write(changes: UsageChanges): void {
      const ofLevels = [changes, byBucket(changes, hourMs), byBucket(changes, dayMs)]
      for (const [level, { select, upsert }] of tables.entries())
        for (const { place, sums, latency, firstByte } of ofLevels[level]!.values()) {
          const before = select.get(...place)
          const bytes = [mergedBytes(before?.latency, latency), mergedBytes(before?.first_byte, firstByte)]
          upsert.run(...place, ...sumNames.map((name) => sums[name]), ...bytes)
        }
    },
  }
}

function addTo(changes: UsageChanges, entry: Entry, ids: EntryIds, times = 1): Sums {
  const { book, key, model, endpoint, region, upstream } = ids
  const part = partAt(changes, [book, entry.at - (entry.at % minuteMs), key, model, endpoint, region, upstream])
  addEntry(part.sums, entry, times)
  if (entry.state === 'rejected') return part.sums
  part.latency[slotOf(entry.latencyMs)]! += times
  if (entry.firstByteMs !== null) part.firstByte[slotOf(entry.firstByteMs)]! += times
  return part.sums
}

function partAt(changes: UsageChanges, place: Place): Part {
  const key = place.join(' ')
  const known = changes.get(key)
  if (known) return known
  const part: Part = { place, sums: noSums(), latency: emptyHistogram(), firstByte: emptyHistogram() }
  changes.set(key, part)
  return part
}

/** The same, of longer buckets. */
function byBucket(parts: UsageChanges, bucketMs: number): UsageChanges {
  const longer: UsageChanges = new Map()
  for (const { place, sums, latency, firstByte } of parts.values()) {
    const [book, bucket, ...dimensions] = place
    const part = partAt(longer, [book, bucket - (bucket % bucketMs), ...dimensions])
    addSums(part.sums, sums)
    addHistogram(part.latency, latency)
    addHistogram(part.firstByte, firstByte)
  }
  return longer
}

/** Adds one's figures to the other's. */
export function addSums(to: Sums, from: Readonly<Sums>): void {
  for (const name of sumNames) (to[name] as bigint) += from[name] as bigint
}

/** With what was written before. */
function mergedBytes(before: Uint8Array | undefined, histogram: Histogram): Uint8Array {
  if (before) addBytes(histogram, before)
  return bytesOf(histogram)
}
