/** Reports read rollups only: whole days, then hours, then minutes at the edges of the asked-for span. */
import type { Database } from 'bun:sqlite'
import { inSettlement } from '../settlement-fields.ts'
import type { UsageDimension, UsageQuery, UsageRow } from '../store.ts'
import { dayMs, hourMs, minuteMs } from './rollups.ts'

type SumsRow = {
  group: string
  requests: bigint
  errors: bigint
  input_tokens: bigint
  cached_input_tokens: bigint
  output_tokens: bigint
  reasoning_tokens: bigint
  charge_nano: bigint
  images: bigint
  video_seconds: bigint
  image_nano: bigint
  video_nano: bigint
}

/** What a report groups by, as SQL. */
const groupOf: Readonly<Record<UsageDimension, string>> = {
  model: 'model',
  key: 'key_id',
  region: 'region',
  upstream: 'upstream',
  endpoint: 'endpoint',
  day: "date(bucket / 1000, 'unixepoch')",
  organization: 'organization_id',
}

/** The tables that `spansOf` cuts a report into, in its order. */
const spanTables = ['usage_minute', 'usage_hour', 'usage_day', 'usage_hour', 'usage_minute'] as const

const sumNames = [
  'requests',
  'errors',
  'input_tokens',
  'cached_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'charge_nano',
  'images',
  'video_seconds',
  'image_nano',
  'video_nano',
] as const

const usageSql = (dimension: UsageDimension, whose: string): string => `
  select name as "group", ${sumNames.map((sum) => `sum(${sum}) as ${sum}`).join(', ')}
  from (${spanTables.map((table) => usageOfSpan(table, groupOf[dimension], whose)).join(' union all ')})
  group by name order by sum(charge_nano) desc, name`

/** Naming the organizations lets SQLite seek to the buckets, as the primary key starts with the organization and the mode. */
const ofAll = 'organization_id in (select id from organization)'
const ofOne = 'organization_id = ?'
const usageOfSpan = (table: string, group: string, whose: string): string =>
  `select ${group} as name, ${sumNames.join(', ')} from ${table} where ${whose} and mode = ? and bucket >= ? and bucket < ?`

const chargesSql = `
  select key_id, sum(charge_nano) as charge_nano
  from (${spanTables.map(chargesOfSpan).join(' union all ')})
  group by key_id order by key_id`

/** Naming the modes, too, lets SQLite seek. A key is of one mode, so nothing is added up. */
function chargesOfSpan(table: string): string {
  return `select key_id, charge_nano from ${table}
    where ${ofAll} and mode in ('test', 'live') and bucket >= ? and bucket < ?`
}

/**
 * Of requests from before a time, what was charged from that time on, when what they had begun ended. A record is applied
 * after its end, so the index leaves none of them out.
 */
const lateChargesSql = `
  select reservation.key_id, sum(charge_nano) as charge_nano from reservation join request using (id)
  where state = 'settled' and reservation.ended_at >= ?1
    and request.${inSettlement('admittedAt')} < ?1 and request.${inSettlement('endedAt')} >= ?1
  group by reservation.key_id`

/** From the last day to the hour in it to the minute in that, so that few rows are read however long a key has been used. */
const lastUsesSql = `
  with day as (
    select key_id, max(bucket) as bucket from usage_day
    where organization_id = ?1 and mode in ('test', 'live') group by key_id),
  hour as (${lastWithin('day', dayMs, 'usage_hour')}),
  minute as (${lastWithin('hour', hourMs, 'usage_minute')})
  select key_id, bucket from minute`

function lastWithin(longer: string, longerMs: number, table: string): string {
  return `select ${table}.key_id, max(${table}.bucket) as bucket from ${longer} join ${table}
    on organization_id = ?1 and mode in ('test', 'live') and ${table}.bucket >= ${longer}.bucket
      and ${table}.bucket < ${longer}.bucket + ${longerMs} and ${table}.key_id = ${longer}.key_id
    group by ${table}.key_id`
}

/** Later than any request, and still exact in a double. */
const timeMax = 8_640_000_000_000_000

/** Prepares the report statements on a connection. */
export function prepareReports(db: Database) {
  const usageOf = (by: UsageDimension, whose: string) => db.query<SumsRow, (string | number)[]>(usageSql(by, whose))
  const lastUses = db.prepare<{ key_id: string; bucket: bigint }, [string]>(lastUsesSql)
  const charges = db.prepare<{ key_id: string; charge_nano: bigint }, number[]>(chargesSql)
  const lateCharges = db.prepare<{ key_id: string; charge_nano: bigint }, [number]>(lateChargesSql)
  return {
    /** Requests admitted in [from, to), both widened to whole minutes; the dearest group first. */
    usage({ organizationId, mode, by, from, to }: UsageQuery): UsageRow[] {
      const spans = spansOf(from, to)
      const rows =
        organizationId === null
          ? usageOf(by, ofAll).all(...spans.flatMap((span) => [mode, ...span]))
          : usageOf(by, ofOne).all(...spans.flatMap((span) => [organizationId, mode, ...span]))
      return rows.map(rowOf)
    },
    lastUses: (organizationId: string): { keyId: string; at: number }[] =>
      lastUses.all(organizationId).map((row) => ({ keyId: row.key_id, at: Number(row.bucket) })),
    chargesByKey(from: number): { keyId: string; chargeNano: bigint }[] {
      const since = from - (from % minuteMs)
      const sums = new Map<string, bigint>()
      for (const row of [...charges.all(...spansOf(since, timeMax).flat()), ...lateCharges.all(since)])
        sums.set(row.key_id, (sums.get(row.key_id) ?? 0n) + row.charge_nano)
      return [...sums].map(([keyId, chargeNano]) => ({ keyId, chargeNano }))
    },
  }
}

/**
 * Cuts [from, to) at whole hours and days into five spans that meet without overlap: minutes, hours, days,
 * hours, minutes. A span of nothing starts where it ends.
 */
function spansOf(from: number, to: number): readonly (readonly [from: number, to: number])[] {
  const start = Math.floor(from / minuteMs) * minuteMs
  const end = Math.max(start, Math.ceil(to / minuteMs) * minuteMs)
  const firstHour = Math.min(end, Math.ceil(start / hourMs) * hourMs)
  const lastHour = Math.max(firstHour, Math.floor(end / hourMs) * hourMs)
  const firstDay = Math.min(lastHour, Math.ceil(firstHour / dayMs) * dayMs)
  const lastDay = Math.max(firstDay, Math.floor(lastHour / dayMs) * dayMs)
  return [
    [start, firstHour],
    [firstHour, firstDay],
    [firstDay, lastDay],
    [lastDay, lastHour],
    [lastHour, end],
  ]
}

const rowOf = (row: SumsRow): UsageRow => ({
  group: row.group,
  requests: Number(row.requests),
  errors: Number(row.errors),
  inputTokens: Number(row.input_tokens),
  cachedInputTokens: Number(row.cached_input_tokens),
  outputTokens: Number(row.output_tokens),
  reasoningTokens: Number(row.reasoning_tokens),
  chargeNano: row.charge_nano,
  images: Number(row.images),
  videoSeconds: Number(row.video_seconds),
  imageNano: row.image_nano,
  videoNano: row.video_nano,
})
