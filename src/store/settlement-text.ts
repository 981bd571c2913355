/**
 * A settlement as the journal and the store keep it: JSON of its values in a fixed order, without their names. Each
 * request writes it three times (the journal, the database's log, the database), and names would be over half of it.
 */
import { packTerms } from './reservation-text.ts'
import { intentFields, lastFields, packing, settlementFields, unpacking, type Kept } from './settlement-fields.ts'
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

/** Since version 2 it has a mode, and an idempotency key where its client sent one. */
export type PackedIntent = readonly [requestId: string, ...values: unknown[]]
/** Since version 2 it has a mode, and an idempotency key where its client sent one; since version 3, what it made; since version 4, how many pictures that is. */
export type PackedSettlement = readonly [version: number, ...values: unknown[]]
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

const version = 4

/** Tells the mode of what was written before there were modes. */
export type ModeBefore = (of: { readonly keyId: string; readonly organizationId: string }) => Mode

export function packIntent(intent: Intent): PackedIntent {
  const packed = packFirst(intent)
  packed.push(intent.mode)
  if (intent.deferred) packed.push(idempotencyOf(intent), true)
  else if (intent.idempotency) packed.push(idempotencyOf(intent))
  return packed as unknown as PackedIntent
}

export function unpackIntent(packed: PackedIntent, modeBefore: ModeBefore): Intent {
  const intent = unpackFirst(packed) as Omit<Intent, 'mode' | 'idempotency'>
  const [mode, idempotency, isDeferred] = packed.slice(intentFields.length)
  return {
    ...intent,
    mode: (mode as Mode | undefined) ?? modeBefore(whose(intent)),
    idempotency: unpackIdempotency(idempotency as PackedIdempotency | null | undefined),
    ...(isDeferred === true && { deferred: true }),
  }
}

export function packSettlement(settlement: Settlement): PackedSettlement {
  const packed = packAll(settlement)
  const { resources, images } = settlement
  if (images) packed.push(idempotencyOf(settlement), resources?.map(packResource) ?? null, images)
  else if (resources) packed.push(idempotencyOf(settlement), resources.map(packResource))
  else if (settlement.idempotency) packed.push(idempotencyOf(settlement))
  return packed as unknown as PackedSettlement
}

/** Throws when it was packed by a program that is newer than this one, or is no packed settlement. */
export function unpackSettlement(packed: PackedSettlement, modeBefore: ModeBefore): Settlement {
  if (!readable.has(packed[0])) throw new Error(`settlement is of version ${String(packed[0])}, not ${version}`)
  const settlement = unpackAll(packed) as Settlement
  return packed[0] === 1 ? { ...settlement, mode: modeBefore(whose(settlement)) } : settlement
}

const whose = ({ keyId, organizationId }: Pick<Settlement, 'keyId' | 'organizationId'>) => ({ keyId, organizationId })
const readable: ReadonlySet<number> = new Set([1, 2, 3, version])

/** A settlement is about 700 characters of its own. A vendor's figures that make it longer than this are no figures, and are not kept. */
const settleCharsMax = 32 * 1024
/** Nor are those that are nested deeper, or are more: thirty thousand levels take JSON.stringify two seconds. */
const usageLevelsMax = 16
const usageValuesMax = 2_000

/** The line of the journal that has this record. */
export function recordText(record: ShippedRecord): string {
  switch (record.kind) {
    case 'settle':
    case 'settle-reservation':
    case 'void':
      return textWith(record.settlement, record)
    case 'reserve':
      return textWith(record.reservation.settlement, record)
    case 'return-lease':
    case 'end-epoch':
      return JSON.stringify(record)
  }
}

type Settling = Extract<ShippedRecord, { readonly settlement: Settlement } | { readonly reservation: unknown }>

/** Without the vendor's figures where they are none. */
function textWith(settlement: Settlement, record: Settling): string {
  if (valuesLeft({ of: settlement.vendorUsage }, usageValuesMax, usageLevelsMax) >= 0) {
    const text = JSON.stringify(lineOf(record, packSettlement(settlement)))
    if (text.length <= settleCharsMax) return text
  }
  return JSON.stringify(lineOf(record, packSettlement({ ...settlement, vendorUsage: null })))
}

/** How many of so many values there may still be behind what stands in an object; negative where it has more, or more levels. */
function valuesLeft(within: object, most: number, levels: number): number {
  if (levels < 0) return -1
  let left = most
  for (const name in within) {
    const value = (within as Readonly<Record<string, unknown>>)[name]
    left -= 1
    if (typeof value === 'object' && value !== null) left = valuesLeft(value, left, levels - 1)
    if (left < 0) return left
  }
  return left
}

function lineOf(record: Settling, settlement: PackedSettlement): object {
  const { kind, seq, epoch } = record
  return kind === 'reserve'
    ? { kind, seq, epoch, settlement, terms: packTerms(record.reservation) }
    : { kind, seq, epoch, settlement }
}

const idempotencyOf = ({ idempotency }: Pick<Settlement, 'idempotency'>): PackedIdempotency | null =>
  idempotency && [idempotency.keyHash, idempotency.fingerprint]
const unpackIdempotency = (packed: PackedIdempotency | null = null): Idempotency | null =>
  packed === null ? null : { keyHash: packed[0], fingerprint: packed[1] }

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

const kept: Kept = {
  lines: {
    pack: (lines: readonly ReceiptLine[]) => lines.map(packLine),
    unpack: (packed: readonly PackedLine[]) => packed.map(unpackLine),
  },
  attempts: {
    pack: (attempts: readonly Attempt[]) => attempts.map(packAttempt),
    unpack: (packed: readonly PackedAttempt[]) => packed.map(unpackAttempt),
  },
  idempotency: { unpack: unpackIdempotency },
  resources: { unpack: (packed?: readonly PackedResource[] | null) => packed?.map(unpackResource) },
}

const packFirst = packing(intentFields, kept, [])
const unpackFirst = unpacking(intentFields, kept, 0)
const packAll = packing(settlementFields, kept, [version])
const unpackAll = unpacking([...settlementFields, ...lastFields], kept, 1)
