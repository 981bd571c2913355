/**
 * Reading journal records. They come from our own code, but perhaps from another version of it: what is
 * billed, summed or filtered by is checked here, so that a bad record is parked instead of blocking the rest.
 */
import { assert } from '../../lib/assert.ts'
import type { SliceReader } from '../../lib/blocks.ts'
import { resourceKinds, type MadeResource } from '../resources.ts'
import { unpackReservation, type PackedTerms } from '../reservation-text.ts'
import type { FrozenPrice, Reservation } from '../reservations.ts'
import { packSettlement, unpackSettlement, type PackedSettlement } from '../settlement-text.ts'
import { modes, type Ending, type JournalBatch, type Mode, type Settlement, type ShippedRecord } from '../store.ts'

export type SettleRecord = Extract<ShippedRecord, { readonly kind: 'settle' }>

/** A record of a batch; `record` is null when the text is not one this version understands, and `problem` says why. */
export type ReadRecord =
  | { readonly seq: number; readonly text: string; readonly record: ShippedRecord; readonly problem: null }
  | { readonly seq: number; readonly text: string; readonly record: null; readonly problem: string }

/** What a record of before there were modes says of whose it is. `keyId`: null where it is about a lease. */
export type RecordBefore = { readonly epoch: number; readonly organizationId: string; readonly keyId: string | null }
type ModeBefore = (record: RecordBefore) => Mode

/** Reads a batch record by record, asserting that it is the gap-free run of sequence numbers it says it is. `modeBefore` is asked of records that say no mode. */
export function* readBatch(
  batch: JournalBatch,
  reader: SliceReader,
  modeBefore: ModeBefore,
): Generator<ReadRecord, void> {
  const { fromSeq, toSeq } = batch
  const records = recordsOf(batch, reader)
  assert(
    records.length === toSeq - fromSeq,
    `a batch from ${fromSeq} to ${toSeq} carries ${toSeq - fromSeq} records, not ${records.length}`,
  )
  for (const [index, text] of records.entries())
    yield readRecord(text, fromSeq + 1 + index, { batchEpoch: batch.epoch, modeBefore })
}

function recordsOf({ records, fromSeq }: JournalBatch, reader: SliceReader): string[] {
  if (typeof records === 'string') return records === '' ? [] : records.split('\n')
  return reader.linesOf(records).filter((line) => Number(shippedLine.exec(line)?.[1]) > fromSeq)
}

/** The journal's other lines say what may still become of a request, and are for its own recovery. */
const shippedLine = /^\{"kind":"(?:settle|return-lease|end-epoch|reserve|settle-reservation|void)","seq":(\d+),/

type Surroundings = { readonly batchEpoch: number; readonly modeBefore: ModeBefore }

function readRecord(text: string, seq: number, { batchEpoch, modeBefore }: Surroundings): ReadRecord {
  const json = JSON.parse(text) as RecordJson
  assert(json.seq === seq, `record ${seq} of a batch must carry that sequence number, not ${json.seq}`)
  let record: ShippedRecord
  try {
    record = recordOf(json, modeBefore)
  } catch (error) {
    return { seq, text, record: null, problem: `not understood: ${(error as Error).message}` }
  }
  const wrong = wrongIn(record)
  if (wrong !== null) return { seq, text, record: null, problem: `not understood: ${wrong}` }
  if (record.epoch > batchEpoch)
    return { seq, text, record: null, problem: `of epoch ${record.epoch}, after its batch's ${batchEpoch}` }
  return { seq, text, record, problem: null }
}

type RecordJson = {
  readonly kind: unknown
  readonly seq: number
  readonly epoch: number
  readonly settlement?: PackedSettlement
  readonly terms?: PackedTerms
  readonly organizationId?: string
  readonly mode?: Mode
}

function recordOf(json: RecordJson, modeBefore: ModeBefore): ShippedRecord {
  const { kind, seq, epoch, settlement, terms, organizationId = '', mode } = json
  if (settlement) {
    const read = unpackSettlement(settlement, (of) => modeBefore({ epoch, ...of }))
    if (kind === 'reserve' && terms) return { kind, seq, epoch, reservation: unpackReservation(read, terms) }
    return { ...json, settlement: read } as ShippedRecord
  }
  if (kind === 'return-lease' && mode === undefined)
    return { ...json, mode: modeBefore({ epoch, organizationId, keyId: null }) } as ShippedRecord
  return json as ShippedRecord
}

/** By hand: a schema's parser would copy every settlement only to look at it, and one that walks a table of fields takes 0.5 µs more. */
const wrongIn = (json: ShippedRecord): string | null =>
  wrongUnless(kinds.has(json.kind), 'kind', json.kind) ?? wrongPlace(json) ?? wrongContent(json)

const kinds: ReadonlySet<unknown> = new Set<ShippedRecord['kind']>([
  'settle',
  'return-lease',
  'end-epoch',
  'reserve',
  'settle-reservation',
  'void',
])

const wrongPlace = ({ seq, epoch }: ShippedRecord): string | null =>
  wrongUnless(isOrdinal(seq), 'seq', seq) ?? wrongUnless(isOrdinal(epoch), 'epoch', epoch)

function wrongContent(json: ShippedRecord): string | null {
  switch (json.kind) {
    case 'settle':
    case 'settle-reservation':
    case 'void':
      return wrongUnless(isObject(json.settlement), 'settlement', json.settlement) ?? wrongSettlement(json.settlement)
    case 'reserve':
      return wrongUnless(isObject(json.reservation), 'terms', json.reservation) ?? wrongReservation(json.reservation)
    case 'return-lease':
      return (
        wrongText('organizationId', json.organizationId) ??
        wrongMode(json.mode) ??
        wrongAmount('amountNano', json.amountNano)
      )
    case 'end-epoch':
      return null
  }
}

function wrongSettlement(settlement: Settlement): string | null {
  const { requestId, tokens, ending, flags, latencyMs } = settlement
  const wrong =
    wrongUnless(isText(requestId) && requestId !== '', 'requestId', requestId) ??
    wrongText('organizationId', settlement.organizationId) ??
    wrongText('keyId', settlement.keyId) ??
    wrongMode(settlement.mode) ??
    wrongCount('admittedAt', settlement.admittedAt) ??
    wrongCount('endedAt', settlement.endedAt) ??
    wrongText('endpoint', settlement.endpoint) ??
    wrongText('model', settlement.model) ??
    wrongText('upstream', settlement.upstream) ??
    wrongText('region', settlement.region) ??
    wrongUnless(Number.isSafeInteger(settlement.status), 'status', settlement.status) ??
    wrongUnless(endings.has(ending), 'ending', ending) ??
    wrongUnless(isObject(tokens), 'tokens', tokens) ??
    wrongCount('tokens.input', tokens.input) ??
    wrongCount('tokens.cachedInput', tokens.cachedInput) ??
    wrongCount('tokens.output', tokens.output) ??
    wrongCount('tokens.reasoning', tokens.reasoning) ??
    wrongAmount('holdNano', settlement.holdNano) ??
    wrongAmount('ratedNano', settlement.ratedNano) ??
    wrongAmount('writeOffNano', settlement.writeOffNano) ??
    wrongAmount('chargeNano', settlement.chargeNano) ??
    wrongUnless(Array.isArray(flags) && flags.every(isText), 'flags', flags) ??
    wrongUnless(Number.isFinite(latencyMs) && latencyMs >= 0, 'latencyMs', latencyMs) ??
    wrongUnless(isIdempotency(settlement.idempotency), 'idempotency', settlement.idempotency) ??
    wrongUnless(settlement.resources?.every(isMade) ?? true, 'resources', settlement.resources) ??
    wrongCount('images', settlement.images ?? 0)
  return wrong === null ? null : `settlement.${wrong}`
}

const wrongReservation = (reservation: Reservation): string | null =>
  wrongSettlement(reservation.settlement) ??
  wrongText('terms.provider', reservation.provider) ??
  wrongUnless(resourceKinds.includes(reservation.kind), 'terms.kind', reservation.kind) ??
  wrongText('terms.resourceId', reservation.resourceId) ??
  wrongText('terms.upstreamId', reservation.upstreamId) ??
  wrongCount('terms.firstCheckAt', reservation.firstCheckAt) ??
  wrongCount('terms.expiresAt', reservation.expiresAt) ??
  wrongUnless([reservation.price, reservation.cost].every(isPrice), 'terms.price', reservation.price)

const wrongMode = (mode: Mode): string | null => wrongUnless(modes.includes(mode), 'mode', mode)
const wrongText = (name: string, value: unknown): string | null => wrongUnless(isText(value), name, value)
const wrongCount = (name: string, value: number): string | null =>
  wrongUnless(Number.isSafeInteger(value) && value >= 0, name, value)
/** Up to 10^18 − 1 nano-USD, a billion dollars: far below where an integer column ends. */
const wrongAmount = (name: string, value: unknown): string | null =>
  wrongUnless(typeof value === 'string' && /^\d{1,18}$/.test(value), name, value)

const wrongUnless = (isGood: boolean, name: string, value: unknown): string | null =>
  isGood ? null : `${name} is ${value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100)}`

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
const isText = (value: unknown): boolean => typeof value === 'string'
const isIdempotency = (value: Settlement['idempotency']): boolean =>
  value === null || (isText(value.keyHash) && isText(value.fingerprint))
const isMade = (made: MadeResource): boolean =>
  resourceKinds.includes(made.kind) &&
  [made.id, made.provider, made.upstreamId, made.parent ?? ''].every(isText) &&
  isObject(made.labels) &&
  [made.createdAt, made.expiresAt ?? 0].every(Number.isSafeInteger)
const isPrice = (price: FrozenPrice): boolean =>
  isObject(price) && isText(price.name) && isObject(price.tiers) && Array.isArray(price.tiers['standard'])
const isOrdinal = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
const endings: ReadonlySet<unknown> = new Set<Ending>([
  'completed',
  'client-left',
  'upstream-failed',
  'upstream-refused',
  'in-doubt',
  'reserved',
  'cancelled',
  'expired',
])

/** A settlement's own text: cut out of its record where that is written as the journal writes it, else written anew. */
export function settlementText(text: string, record: SettleRecord): string {
  const head = `{"kind":"settle","seq":${record.seq},"epoch":${record.epoch},"settlement":`
  const isLast = text.startsWith(head) && text.endsWith('}') && Object.keys(record).length === settleFieldCount
  return isLast ? text.slice(head.length, -1) : JSON.stringify(packSettlement(record.settlement))
}
const settleFieldCount = 4

/** Whether a report counts the request as an error. */
export const isError = ({ status, ending }: Settlement): boolean =>
  status >= 400 || ending === 'upstream-failed' || ending === 'in-doubt' || ending === 'expired'
