/** Reports read rollups only: whole days, then hours, then minutes at the edges of the asked-for span. */
import type { Database } from 'bun:sqlite'
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
}

const columnOf: Readonly<Record<UsageDimension, string>> = {
  model: 'model',
  key: 'key_id',
  region: 'region',
  upstream: 'upstream',
  endpoint: 'endpoint',
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
] as const

const usageSql = (dimension: UsageDimension): string => `
  select name as "group", ${sumNames.map((sum) => `sum(${sum}) as ${sum}`).join(', ')}
  from (${spanTables.map((table) => usageOfSpan(table, columnOf[dimension])).join(' union all ')})
  group by name order by sum(charge_nano) desc, name`

const usageOfSpan = (table: string, column: string): string =>
  `select ${column} as name, ${sumNames.join(', ')} from ${table} where organization_id = ? and mode = ? and bucket >= ? and bucket < ?`

const chargesSql = `
  select key_id, sum(charge_nano) as charge_nano
  from (${spanTables.map(chargesOfSpan).join(' union all ')})
  group by key_id order by key_id`

/** Naming organizations and modes lets SQLite seek to the buckets, as the primary key starts with these. A key is of one mode, so nothing is added up. */
function chargesOfSpan(table: string): string {
  return `select key_id, charge_nano from ${table}
    where organization_id in (select id from organization) and mode in ('test', 'live') and bucket >= ? and bucket < ?`
}

/** Later than any request, and still exact in a double. */
const timeMax = 8_640_000_000_000_000

/** Prepares the report statements on a connection. */
export function prepareReports(db: Database) {
  const usage = {
    model: db.prepare<SumsRow, (string | number)[]>(usageSql('model')),
    key: db.prepare<SumsRow, (string | number)[]>(usageSql('key')),
    region: db.prepare<SumsRow, (string | number)[]>(usageSql('region')),
    upstream: db.prepare<SumsRow, (string | number)[]>(usageSql('upstream')),
    endpoint: db.prepare<SumsRow, (string | number)[]>(usageSql('endpoint')),
  }
  const charges = db.prepare<{ key_id: string; charge_nano: bigint }, number[]>(chargesSql)
  return {
    /** Requests admitted in [from, to), both widened to whole minutes; the dearest group first. */
    usage({ organizationId, mode, by, from, to }: UsageQuery): UsageRow[] {
      return usage[by].all(...spansOf(from, to).flatMap((span) => [organizationId, mode, ...span])).map(usageOf)
    },
    /** Charges per key admitted since `from`, widened to a whole minute. */
    chargesByKey(from: number): { keyId: string; chargeNano: bigint }[] {
      const rows = charges.all(...spansOf(from, timeMax).flat())
      return rows.map((row) => ({ keyId: row.key_id, chargeNano: row.charge_nano }))
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

const usageOf = (row: SumsRow): UsageRow => ({
  group: row.group,
  requests: Number(row.requests),
  errors: Number(row.errors),
  inputTokens: Number(row.input_tokens),
  cachedInputTokens: Number(row.cached_input_tokens),
  outputTokens: Number(row.output_tokens),
  reasoningTokens: Number(row.reasoning_tokens),
  chargeNano: row.charge_nano,
})
