import type { Mode } from './mode.ts'
import type { Settlement } from './settlement.ts'

export type UsageDimension = 'model' | 'key' | 'region' | 'upstream' | 'endpoint' | 'day' | 'organization'
export type UsageQuery = {
  /** null: all. */
  readonly organizationId: string | null
  readonly mode: Mode
  readonly by: UsageDimension
  readonly from: number
  readonly to: number
}
export type UsageRow = {
  /** A name or an id; of a day `YYYY-MM-DD`, UTC. */
  readonly group: string
  readonly requests: number
  readonly errors: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly chargeNano: bigint
  /** Pictures that were made; those of before they were counted are missing. */
  readonly images: number
  readonly videoSeconds: number
  /** What of the charge is for these. */
  readonly imageNano: bigint
  readonly videoNano: bigint
}

/** What was settled, one by one and summed up. */
export interface ReportStore {
  /** null when unknown, or when it belongs to another organization than the one asked for. */
  receipt(requestId: string, organizationId?: string): Promise<Settlement | null>
  usage(query: UsageQuery): Promise<UsageRow[]>
  /** The minute (epoch ms) in which each key of an organization was last used; keys that never were are left out. */
  lastUses(organizationId: string): Promise<{ keyId: string; at: number }[]>
  /** Charges per key of requests admitted at or after `from` (epoch ms, widened to a whole minute), and what was charged since then for what had begun before: a charge that comes later is spent when it comes. */
  chargesByKey(from: number): Promise<{ keyId: string; chargeNano: bigint }[]>
}
