/** Values for tests of a store. */
import type { Reservation } from './reservations.ts'
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
    lines: linesOf(chargeNano),
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

const linesOf = (chargeNano: string): Settlement['lines'] =>
  chargeNano === '0'
    ? []
    : [
        {
          class: 'outputText',
          quantity: Number(chargeNano),
          unit: 'token',
          picoPerUnit: '1000',
          amountPico: `${chargeNano}000`,
        },
      ]

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
  | { readonly kind: 'reserve'; readonly epoch: number; readonly reservation: Reservation }
  | { readonly kind: 'settle-reservation' | 'void'; readonly epoch: number; readonly settlement: Settlement }

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
  endpoints: null,
  addresses: null,
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

const secondPrice = {
  name: 'sora-2 from 2026-10-01',
  tiers: { standard: [{ tier: 'standard', aboveInputTokens: 0, picoPerUnit: { videoSecond: '100000000000' } }] },
}

/** A video's reservation of `amountNano`, as the call that created it left it: due at 60, given up at 90,000. */
export const reservationOf = (
  amountNano: string,
  of: Pick<Settlement, 'requestId' | 'organizationId' | 'mode'> & Partial<Settlement>,
  changes: Partial<Omit<Reservation, 'settlement'>> = {},
): Reservation => ({
  settlement: settlementOf({
    ending: 'reserved',
    endpoint: 'videos',
    model: 'sora-2',
    streamed: false,
    tokens: noTokens,
    vendorUsage: null,
    ...of,
    chargeNano: '0',
    holdNano: amountNano,
  }),
  provider: 'openai',
  kind: 'video',
  resourceId: `video of ${of.requestId}`,
  upstreamId: `video of ${of.requestId}`,
  price: secondPrice,
  cost: secondPrice,
  firstCheckAt: 60,
  expiresAt: 90_000,
  ...changes,
})

/** How it ends, at a charge; `void` where that is nothing. */
export const endOf = (
  { settlement }: Reservation,
  chargeNano: string,
  kind: 'settle-reservation' | 'void' = 'settle-reservation',
): Extract<Entry, { readonly kind: 'settle-reservation' | 'void' }> => {
  const ending = kind === 'void' ? 'upstream-failed' : 'completed'
  const { holdNano } = settlement
  return { kind, epoch: 1, settlement: settlementOf({ ...settlement, ending, holdNano, ...chargeOf(chargeNano) }) }
}

const noTokens = { input: 0, cachedInput: 0, output: 0, reasoning: 0 }
const chargeOf = (chargeNano: string) => ({
  chargeNano,
  ratedNano: chargeNano,
  costNano: chargeNano,
  lines: linesOf(chargeNano),
})
