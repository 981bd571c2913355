/**
 * Usage rollups: sums per minute, hour and day of admission (UTC), written in the transaction that settles
 * the requests, so a report can never disagree with the ledger. A batch is summed by the minute first.
 */
import type { Database, Statement } from 'bun:sqlite'
import { hasMedia, secondsOfVideo, spendOf } from '../spend.ts'
import type { Mode, Settlement } from '../store.ts'
import { isError } from './journal-record.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
const tables = [
  { name: 'usage_minute', bucketMs: minuteMs },
  { name: 'usage_hour', bucketMs: hourMs },
  { name: 'usage_day', bucketMs: dayMs },
] as const

type Sums = {
  readonly group: readonly [organizationId: string, mode: Mode, ...rest: string[]]
  readonly minute: number
  requests: number
  errors: number
  input: number
  cachedInput: number
  output: number
  reasoning: number
  chargeNano: bigint
  latencyMs: number
  images: number
  videoSeconds: number
  imageNano: bigint
  videoNano: bigint
}
/** The sums of a batch. Requests of the same group mostly come one after another, so the last one's sums are at hand. */
export type RollupChanges = { readonly byGroup: Map<string, Sums>; last: Sums | null }
export const noChanges = (): RollupChanges => ({ byGroup: new Map(), last: null })

const upsert = (table: string): string => `
  insert into ${table} (organization_id, mode, bucket, key_id, model, upstream, region, endpoint, requests, errors, input_tokens,
    cached_input_tokens, output_tokens, reasoning_tokens, charge_nano, latency_ms_sum, images, video_seconds, image_nano, video_nano)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (organization_id, mode, bucket, key_id, model, upstream, region, endpoint) do update set
    requests = requests + excluded.requests, errors = errors + excluded.errors,
    input_tokens = input_tokens + excluded.input_tokens, cached_input_tokens = cached_input_tokens + excluded.cached_input_tokens,
    output_tokens = output_tokens + excluded.output_tokens, reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
    charge_nano = charge_nano + excluded.charge_nano, latency_ms_sum = latency_ms_sum + excluded.latency_ms_sum,
    images = images + excluded.images, video_seconds = video_seconds + excluded.video_seconds,
    image_nano = image_nano + excluded.image_nano, video_nano = video_nano + excluded.video_nano`

export type Rollups = ReturnType<typeof prepareRollups>

/** Prepares the rollup statements on a connection. */
export function prepareRollups(db: Database) {
  const upserts = tables.map((table) => db.prepare<unknown, (string | number | bigint)[]>(upsert(table.name)))
  return {
    /** Notes a settled request, for `write`. */
    add: (changes: RollupChanges, settlement: Settlement, chargeNano: bigint): void =>
      addTo(sumsOf(changes, settlement), settlement, chargeNano),
    /** Notes how a request ended that was noted when its money was reserved, for `write`. */
    addEnd: (changes: RollupChanges, settlement: Settlement, chargeNano: bigint): void =>
      addEndTo(sumsOf(changes, settlement), settlement, chargeNano),
    write(changes: RollupChanges): void {
      for (const sums of changes.byGroup.values())
        tables.forEach(({ bucketMs }, index) => writeSums(upserts[index]!, sums, bucketOf(sums.minute, bucketMs)))
    },
  }
}

const bucketOf = (at: number, bucketMs: number): number => at - (at % bucketMs)

function sumsOf(changes: RollupChanges, settlement: Settlement): Sums {
  const minute = bucketOf(settlement.admittedAt, minuteMs)
  const { last } = changes
  return last && isOf(last, minute, settlement) ? last : (changes.last = lookedUp(changes.byGroup, minute, settlement))
}

const isOf = ({ minute, group }: Sums, minuteAsked: number, settlement: Settlement): boolean =>
  minute === minuteAsked &&
  group[0] === settlement.organizationId &&
  group[1] === settlement.mode &&
  group[2] === settlement.keyId &&
  group[3] === settlement.model &&
  group[4] === settlement.upstream &&
  group[5] === settlement.region &&
  group[6] === settlement.endpoint

function lookedUp(byGroup: Map<string, Sums>, minute: number, settlement: Settlement): Sums {
  const { organizationId, mode, keyId, model, upstream, region, endpoint } = settlement
  const group = [organizationId, mode, keyId, model, upstream, region, endpoint] as const
  const key = `${minute}\0${group.join('\0')}`
  const known = byGroup.get(key)
  if (known) return known
  const fresh: Sums = {
    group,
    minute,
    requests: 0,
    errors: 0,
    input: 0,
    cachedInput: 0,
    output: 0,
    reasoning: 0,
    chargeNano: 0n,
    latencyMs: 0,
    images: 0,
    videoSeconds: 0,
    imageNano: 0n,
    videoNano: 0n,
  }
  byGroup.set(key, fresh)
  return fresh
}

function addTo(sums: Sums, settlement: Settlement, chargeNano: bigint): void {
  sums.requests += 1
  sums.latencyMs += Math.round(settlement.latencyMs)
  addEndTo(sums, settlement, chargeNano)
}

function addEndTo(sums: Sums, settlement: Settlement, chargeNano: bigint): void {
  sums.errors += isError(settlement) ? 1 : 0
  sums.input += settlement.tokens.input
  sums.cachedInput += settlement.tokens.cachedInput
  sums.output += settlement.tokens.output
  sums.reasoning += settlement.tokens.reasoning
  sums.chargeNano += chargeNano
  if (settlement.images) sums.images += settlement.images
  if (hasMedia(settlement.lines)) addMediaTo(sums, settlement)
}

function addMediaTo(sums: Sums, settlement: Settlement): void {
  const { image, video } = spendOf(settlement)
  sums.videoSeconds += secondsOfVideo(settlement.lines)
  sums.imageNano += image
  sums.videoNano += video
}

function writeSums(statement: Statement<unknown, (string | number | bigint)[]>, sums: Sums, bucket: number): void {
  const [organizationId, mode, ...rest] = sums.group
  const { requests, errors, input, cachedInput, output, reasoning, chargeNano, latencyMs } = sums
  statement.run(
    organizationId,
    mode,
    bucket,
    ...rest,
    requests,
    errors,
    input,
    cachedInput,
    output,
    reasoning,
    chargeNano,
    latencyMs,
    sums.images,
    sums.videoSeconds,
    sums.imageNano,
    sums.videoNano,
  )
}
