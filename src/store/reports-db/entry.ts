/** One flat row a request, made of its settlement or of what is known of a call that was turned away. */
import { isError } from '../sqlite/journal-record.ts'
import { secondsOfVideo, spendKinds, type Spend, type SpendKind } from '../spend.ts'
import type { Mode, ReceiptLine, Settlement } from '../store.ts'

/** Figures of requests that can be added up. */
export type Sums = Record<`${SpendKind}Nano`, bigint> & {
  /** Settled and reserved ones. */
  requests: number
  /** Of these. */
  errors: number
  /** Beside these: calls that were turned away, and owe nothing. */
  rejected: number
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
  /** Of the output tokens: those of pictures. */
  imageTokens: number
  /** Pictures that were made. */
  images: number
  videoSeconds: number
  chargeNano: bigint
  /** What providers ask of the operator. */
  costNano: bigint
}

/** Those that are money. */
export type Amounts = 'chargeNano' | 'costNano' | `${SpendKind}Nano`
export const isAmount = (name: keyof Sums): name is Amounts => name.endsWith('Nano')

/** What requests are grouped and filtered by. */
export type Dimensions = {
  readonly key: string
  readonly model: string
  readonly endpoint: string
  readonly region: string
  /** The deployment that served it. */
  readonly upstream: string
}

/** `reserved`: what it owes is known later. `rejected`: turned away, and owing nothing. */
export type EntryState = 'settled' | 'reserved' | 'rejected'

export type Entry = Dimensions & {
  /** By which it is told from others of the same time: the number of mart.db, below zero where it was rejected. */
  readonly number: number
  readonly id: string
  readonly organizationId: string
  readonly mode: Mode
  readonly state: EntryState
  /** Epoch ms. */
  readonly at: number
  readonly endedAt: number
  readonly status: number
  readonly isError: boolean
  /** How it ended, or why it was turned away. */
  readonly ending: string
  readonly flags: readonly string[]
  readonly streamed: boolean
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly imageTokens: number
  readonly images: number
  readonly videoSeconds: number
  readonly chargeNano: bigint
  readonly costNano: bigint
  readonly latencyMs: number
  readonly firstByteMs: number | null
  /** What a call that was turned away for its model had asked for. */
  readonly askedModel: string | null
}

/** A call that was turned away before anything was owed. `model`: null where it named none that is served. */
export type Rejection = Pick<
  Entry,
  'id' | 'organizationId' | 'mode' | 'at' | 'endedAt' | 'key' | 'endpoint' | 'status' | 'latencyMs' | 'askedModel'
> & { readonly model: string | null; readonly failure: string }

/** What an entry is, by its number and how it ended. */
export function stateOf(number: number, ending: string): EntryState {
  if (number < 0) return 'rejected'
  return ending === 'reserved' ? 'reserved' : 'settled'
}

/** The entry of a settled or reserved request. */
export function entryOf(settlement: Settlement, number: number): Entry {
  const { tokens, lines, firstByteMs } = settlement
  return {
    number,
    id: settlement.requestId,
    organizationId: settlement.organizationId,
    mode: settlement.mode,
    state: stateOf(number, settlement.ending),
    at: settlement.admittedAt,
    endedAt: settlement.endedAt,
    key: settlement.keyId,
    model: settlement.model,
    endpoint: settlement.endpoint,
    region: settlement.region,
    upstream: settlement.upstream,
    status: settlement.status,
    isError: isError(settlement),
    ending: settlement.ending,
    flags: settlement.flags,
    streamed: settlement.streamed,
    inputTokens: tokens.input,
    cachedInputTokens: tokens.cachedInput,
    outputTokens: tokens.output,
    reasoningTokens: tokens.reasoning,
    imageTokens: imageTokensIn(lines),
    images: settlement.images ?? 0,
    videoSeconds: secondsOfVideo(lines),
    chargeNano: BigInt(settlement.chargeNano),
    costNano: BigInt(settlement.costNano),
    latencyMs: Math.round(settlement.latencyMs),
    firstByteMs: firstByteMs === null ? null : Math.round(firstByteMs),
    askedModel: null,
  }
}

function imageTokensIn(lines: readonly ReceiptLine[]): number {
  let sum = 0
  for (const line of lines) if (line.class === 'imageOutput' || line.class === 'toolImageOutput') sum += line.quantity
  return sum
}

/** The entry of a call that was turned away; `number` is below zero. */
export const entryOfRejection = (rejection: Rejection, number: number): Entry => {
  const { failure, model, ...told } = rejection
  return {
    ...told,
    number,
    state: 'rejected',
    model: model ?? '',
    region: '',
    upstream: '',
    isError: true,
    ending: failure,
    flags: [],
    streamed: false,
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    imageTokens: 0,
    images: 0,
    videoSeconds: 0,
    chargeNano: 0n,
    costNano: 0n,
    firstByteMs: null,
  }
}

export const noSums = (): Sums => ({
  requests: 0,
  errors: 0,
  rejected: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  imageTokens: 0,
  images: 0,
  videoSeconds: 0,
  chargeNano: 0n,
  costNano: 0n,
  inputNano: 0n,
  cachedInputNano: 0n,
  outputNano: 0n,
  reasoningNano: 0n,
  imageNano: 0n,
  videoNano: 0n,
  toolNano: 0n,
})

/** Adds what a charge is for. */
export function addSpend(sums: Sums, spend: Spend): void {
  for (const kind of spendKinds) sums[`${kind}Nano`] += spend[kind]
}

/** Adds an entry to sums so often; below zero, it is taken away. */
export function addEntry(sums: Sums, entry: Entry, times: number): void {
  if (entry.state === 'rejected') {
    sums.rejected += times
    return
  }
  sums.requests += times
  if (entry.isError) sums.errors += times
  sums.inputTokens += times * entry.inputTokens
  sums.cachedInputTokens += times * entry.cachedInputTokens
  sums.outputTokens += times * entry.outputTokens
  sums.reasoningTokens += times * entry.reasoningTokens
  sums.imageTokens += times * entry.imageTokens
  sums.images += times * entry.images
  sums.videoSeconds += times * entry.videoSeconds
  // Nearly always once; a product of big integers would be two more of them.
  sums.chargeNano += times === 1 ? entry.chargeNano : BigInt(times) * entry.chargeNano
  sums.costNano += times === 1 ? entry.costNano : BigInt(times) * entry.costNano
}
