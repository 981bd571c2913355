/**
 * A settlement as the journal and the store keep it: JSON of its values in a fixed order, without their names. Each
 * request writes it three times (the journal, the database's log, the database), and names would be over half of it.
 */
import { packTerms } from './reservation-text.ts'
import type { MadeResource } from './resources.ts'
import type { Attempt, Idempotency, Mode, ReceiptLine, Settlement, ShippedRecord } from './store.ts'

/** What is known of a request before its upstream call: enough to settle it should the process die. */
export type Intent = Pick<
  Settlement,
  | 'requestId'
  | 'organizationId'
  | 'keyId'
  | 'mode'
  | 'admittedAt'
  | 'dialect'
  | 'endpoint'
  | 'model'
  | 'upstream'
  | 'region'
  | 'streamed'
  | 'serviceTier'
  | 'priceFrom'
  | 'pricePpm'
  | 'onAbort'
  | 'holdNano'
  | 'idempotency'
> & {
  /** Its charge is known only later: what it makes at its upstream goes on when the process dies. */
  readonly deferred?: boolean
}

/** The order of version 1. What is added later goes to the end, under a new version. */
type PackedFirst = readonly [
  requestId: string,
  organizationId: string,
  keyId: string,
  admittedAt: number,
  dialect: Settlement['dialect'],
  endpoint: string,
  model: string,
  upstream: string,
  region: string,
  streamed: boolean,
  serviceTier: string,
  priceFrom: string,
  pricePpm: number,
  onAbort: Settlement['onAbort'],
  holdNano: string,
]
/** Since version 2 it has a mode, and an idempotency key where its client sent one. */
export type PackedIntent = readonly [
  ...PackedFirst,
  mode?: Mode,
  idempotency?: PackedIdempotency | null,
  deferred?: true,
]
/** Since version 2 it has a mode, and an idempotency key where its client sent one; since version 3, what it made. */
export type PackedSettlement = readonly [
  version: number,
  ...PackedFirst,
  endedAt: number,
  servedModel: string | null,
  status: number,
  ending: Settlement['ending'],
  lines: readonly PackedLine[],
  inputTokens: number,
  cachedInputTokens: number,
  outputTokens: number,
  reasoningTokens: number,
  ratedNano: string,
  writeOffNano: string,
  chargeNano: string,
  costNano: string,
  flags: Settlement['flags'],
  firstByteMs: number | null,
  latencyMs: number,
  attempts: readonly PackedAttempt[],
  vendorUsage: unknown,
  mode?: Mode,
  idempotency?: PackedIdempotency | null,
  resources?: readonly PackedResource[],
]
/** Without its upstream's id where that is its own. */
type PackedResource = readonly [
  kind: MadeResource['kind'],
  id: string,
  provider: string,
  createdAt: number,
  expiresAt: number | null,
  parent: string | null,
  labels: MadeResource['labels'] | null,
  upstreamId?: string,
]
type PackedIdempotency = readonly [keyHash: string, fingerprint: string]
type PackedLine = readonly [usageClass: string, quantity: number, unit: string, picoPerUnit: string, amountPico: string]
type PackedAttempt = readonly [
  deployment: string,
  region: string,
  status: number | null,
  error: string | null,
  startedMs: number,
  endedMs: number,
  firstByteMs: number | null,
]

const version = 3

export const packIntent = (intent: Intent): PackedIntent => [
  intent.requestId,
  intent.organizationId,
  intent.keyId,
  intent.admittedAt,
  intent.dialect,
  intent.endpoint,
  intent.model,
  intent.upstream,
  intent.region,
  intent.streamed,
  intent.serviceTier,
  intent.priceFrom,
  intent.pricePpm,
  intent.onAbort,
  intent.holdNano,
  intent.mode,
  ...(intent.deferred ? deferredEnd(intent.idempotency) : packIdempotency(intent.idempotency)),
]

/** Tells the mode of what was written before there were modes. */
export type ModeBefore = (of: { readonly keyId: string; readonly organizationId: string }) => Mode

export const unpackIntent = (packed: PackedIntent, modeBefore: ModeBefore): Intent => ({
  requestId: packed[0],
  organizationId: packed[1],
  keyId: packed[2],
  mode: packed[15] ?? modeBefore({ keyId: packed[2], organizationId: packed[1] }),
  admittedAt: packed[3],
  dialect: packed[4],
  endpoint: packed[5],
  model: packed[6],
  upstream: packed[7],
  region: packed[8],
  streamed: packed[9],
  serviceTier: packed[10],
  priceFrom: packed[11],
  pricePpm: packed[12],
  onAbort: packed[13],
  holdNano: packed[14],
  idempotency: unpackIdempotency(packed[16]),
  ...(packed[17] && { deferred: true }),
})

export const packSettlement = (settlement: Settlement): PackedSettlement => [
  version,
  settlement.requestId,
  settlement.organizationId,
  settlement.keyId,
  settlement.admittedAt,
  settlement.dialect,
  settlement.endpoint,
  settlement.model,
  settlement.upstream,
  settlement.region,
  settlement.streamed,
  settlement.serviceTier,
  settlement.priceFrom,
  settlement.pricePpm,
  settlement.onAbort,
  settlement.holdNano,
  settlement.endedAt,
  settlement.servedModel,
  settlement.status,
  settlement.ending,
  settlement.lines.map(packLine),
  settlement.tokens.input,
  settlement.tokens.cachedInput,
  settlement.tokens.output,
  settlement.tokens.reasoning,
  settlement.ratedNano,
  settlement.writeOffNano,
  settlement.chargeNano,
  settlement.costNano,
  settlement.flags,
  settlement.firstByteMs,
  settlement.latencyMs,
  settlement.attempts.map(packAttempt),
  settlement.vendorUsage,
  settlement.mode,
  ...(settlement.resources ? packMade(settlement, settlement.resources) : packIdempotency(settlement.idempotency)),
]

/** Throws when it was packed by a program that is newer than this one, or is no packed settlement. */
export function unpackSettlement(packed: PackedSettlement, modeBefore: ModeBefore): Settlement {
  if (!readable.has(packed[0])) throw new Error(`settlement is of version ${String(packed[0])}, not ${version}`)
  return {
    requestId: packed[1],
    organizationId: packed[2],
    keyId: packed[3],
    mode: packed[0] === 1 ? modeBefore({ keyId: packed[3], organizationId: packed[2] }) : packed[34]!,
    admittedAt: packed[4],
    dialect: packed[5],
    endpoint: packed[6],
    model: packed[7],
    upstream: packed[8],
    region: packed[9],
    streamed: packed[10],
    serviceTier: packed[11],
    priceFrom: packed[12],
    pricePpm: packed[13],
    onAbort: packed[14],
    holdNano: packed[15],
    endedAt: packed[16],
    servedModel: packed[17],
    status: packed[18],
    ending: packed[19],
    lines: packed[20].map(unpackLine),
    tokens: { input: packed[21], cachedInput: packed[22], output: packed[23], reasoning: packed[24] },
    ratedNano: packed[25],
    writeOffNano: packed[26],
    chargeNano: packed[27],
    costNano: packed[28],
    flags: packed[29],
    firstByteMs: packed[30],
    latencyMs: packed[31],
    attempts: packed[32].map(unpackAttempt),
    vendorUsage: packed[33],
    idempotency: unpackIdempotency(packed[35]),
    resources: packed[36]?.map(unpackResource),
  }
}
const readable: ReadonlySet<number> = new Set([1, 2, version])

/** A settlement is about 700 characters of its own. A vendor's figures that make it longer than this are no figures, and are not kept. */
const settleCharsMax = 32 * 1024

/** The line of the journal that has this record. */
export function recordText(record: ShippedRecord): string {
  const { kind, seq, epoch } = record
  switch (kind) {
    case 'settle':
    case 'settle-reservation':
    case 'void':
      return textWith(record.settlement, (settlement) => ({ kind, seq, epoch, settlement }))
    case 'reserve': {
      const terms = packTerms(record.reservation)
      return textWith(record.reservation.settlement, (settlement) => ({ kind, seq, epoch, settlement, terms }))
    }
    case 'return-lease':
    case 'end-epoch':
      return JSON.stringify(record)
  }
}

type LineOf = (settlement: PackedSettlement) => object

/** Without the vendor's figures where they make it too long. */
function textWith(settlement: Settlement, lineOf: LineOf): string {
  const text = textOf(settlement, lineOf)
  if (text !== null && text.length <= settleCharsMax) return text
  return textOf({ ...settlement, vendorUsage: null }, lineOf)!
}

/** null where the vendor's figures cannot be written, nested as they are. */
function textOf(settlement: Settlement, lineOf: LineOf): string | null {
  try {
    return JSON.stringify(lineOf(packSettlement(settlement)))
  } catch (error) {
    if (settlement.vendorUsage === null) throw error
    return null
  }
}

const none: readonly [] = []
/** Nothing at all where there is none: most requests. */
const packIdempotency = (idempotency: Idempotency | null): readonly [] | readonly [PackedIdempotency] =>
  idempotency === null ? none : [[idempotency.keyHash, idempotency.fingerprint]]
const deferredEnd = (idempotency: Idempotency | null): readonly [PackedIdempotency | null, true] => [
  packIdempotency(idempotency)[0] ?? null,
  true,
]
const unpackIdempotency = (packed: PackedIdempotency | null = null): Idempotency | null =>
  packed === null ? null : { keyHash: packed[0], fingerprint: packed[1] }

const packMade = ({ idempotency }: Settlement, resources: readonly MadeResource[]) =>
  [packIdempotency(idempotency)[0] ?? null, resources.map(packResource)] as const

const packResource = (made: MadeResource): PackedResource => {
  const { kind, id, provider, createdAt, expiresAt, parent, labels, upstreamId } = made
  const packedLabels = Object.keys(labels).length === 0 ? null : labels
  const packed = [kind, id, provider, createdAt, expiresAt, parent, packedLabels] as const
  return upstreamId === id ? packed : [...packed, upstreamId]
}
const unpackResource = ([
  kind,
  id,
  provider,
  createdAt,
  expiresAt,
  parent,
  labels,
  upstreamId = id,
]: PackedResource): MadeResource => ({
  kind,
  id,
  provider,
  upstreamId,
  parent,
  labels: labels ?? {},
  createdAt,
  expiresAt,
})

const packLine = (line: ReceiptLine): PackedLine => [
  line.class,
  line.quantity,
  line.unit,
  line.picoPerUnit,
  line.amountPico,
]
const unpackLine = ([usageClass, quantity, unit, picoPerUnit, amountPico]: PackedLine): ReceiptLine => ({
  class: usageClass,
  quantity,
  unit,
  picoPerUnit,
  amountPico,
})

const packAttempt = (attempt: Attempt): PackedAttempt => [
  attempt.deployment,
  attempt.region,
  attempt.status,
  attempt.error,
  attempt.startedMs,
  attempt.endedMs,
  attempt.firstByteMs,
]
const unpackAttempt = ([
  deployment,
  region,
  status,
  error,
  startedMs,
  endedMs,
  firstByteMs,
]: PackedAttempt): Attempt => ({ deployment, region, status, error, startedMs, endedMs, firstByteMs })
