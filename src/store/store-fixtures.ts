/** Values for tests of a store. */
import type { KeptResource } from './resources.ts'
import { recordText } from './settlement-text.ts'
import type { JournalBatch, KeyRow, Mode, Settlement } from './store.ts'

/** 2026-11-23 10:20:30 UTC, inside a day, an hour and a minute. */
export const noon = Date.UTC(2026, 10, 23, 10, 20, 30)

/** A settlement whose one line multiplies out to `chargeNano`, a whole number of nano-USD. */
export function settlementOf(
  changes: Partial<Settlement> & { readonly requestId: string; readonly organizationId: string },
): Settlement {
  const chargeNano = changes.chargeNano ?? '1000'
  const line = {
    class: 'outputText',
    quantity: Number(chargeNano),
    unit: 'token',
    picoPerUnit: '1000',
    amountPico: `${chargeNano}000`,
  }
  return {
    keyId: 'key-1',
    mode: 'live',
    admittedAt: noon,
    endedAt: noon + 900,
    dialect: 'openai',
    endpoint: 'chat.completions',
    model: 'gpt-5',
    servedModel: 'gpt-5-2026-08-01',
    upstream: 'openai-eu',
    region: 'eu',
    status: 200,
    ending: 'completed',
    streamed: true,
    serviceTier: 'standard',
    priceFrom: '2026-10-01',
    pricePpm: 1_000_000,
    onAbort: 'drain',
    lines: chargeNano === '0' ? [] : [line],
    tokens: { input: 12, cachedInput: 3, output: 40, reasoning: 8 },
    holdNano: chargeNano,
    ratedNano: chargeNano,
    writeOffNano: '0',
    chargeNano,
    costNano: chargeNano,
    flags: [],
    firstByteMs: 120,
    latencyMs: 900,
    attempts: [
      { deployment: 'gpt-5-eu', region: 'eu', status: 200, error: null, startedMs: 1, endedMs: 121, firstByteMs: 119 },
    ],
    vendorUsage: { prompt_tokens: 15, completion_tokens: 48, total_tokens: 63 },
    idempotency: null,
    ...changes,
  }
}

/** A record without its place in the journal. */
export type Entry =
  | { readonly kind: 'settle'; readonly epoch: number; readonly settlement: Settlement }
  | {
      readonly kind: 'return-lease'
      readonly epoch: number
      readonly organizationId: string
      readonly mode: Mode
      readonly amountNano: string
    }
  | { readonly kind: 'end-epoch'; readonly epoch: number }

/** The batch that ships these entries after `fromSeq`. */
export function batchOf(
  node: { readonly nodeId: number; readonly epoch: number },
  fromSeq: number,
  entries: readonly Entry[],
): JournalBatch & { readonly records: string } {
  const records = entries.map((entry, index) => recordText({ ...entry, seq: fromSeq + 1 + index }))
  const toSeq = fromSeq + entries.length
  return { nodeId: node.nodeId, epoch: node.epoch, fromSeq, toSeq, records: records.join('\n') }
}

/** A key with every optional field unset. */
export const keyOf = (changes: Partial<KeyRow> & { readonly id: string; readonly organizationId: string }): KeyRow => ({
  mode: 'live',
  name: 'a key',
  prefix: 'sk-bf-1234',
  hash: `hash of ${changes.id}`,
  replaced: [],
  region: 'any',
  rpm: null,
  tpm: null,
  concurrency: null,
  budgetNano: null,
  budgetPeriod: null,
  models: null,
  expiresAt: null,
  revokedAt: null,
  createdAt: noon,
  ...changes,
})

/** A video that never expires. */
export const resourceOf = (
  changes: Partial<KeptResource> & Pick<KeptResource, 'id' | 'organizationId' | 'mode'>,
): KeptResource => ({
  kind: 'video',
  keyId: 'key-1',
  provider: 'openai',
  region: 'eu',
  deployment: 'sora-eu',
  upstreamId: changes.id,
  model: 'sora-2',
  requestId: 'r1',
  parent: null,
  labels: {},
  createdAt: 50,
  expiresAt: null,
  object: null,
  ...changes,
})
