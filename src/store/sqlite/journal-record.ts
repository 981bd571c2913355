/**
 * Reading journal records. They come from our own code, but perhaps from another version of it: what is
 * billed, summed or filtered by is checked here, so that a bad record is parked instead of blocking the rest.
 */
import { assert } from '../../lib/assert.ts'
import type { Ending, JournalBatch, Settlement, ShippedRecord } from '../store.ts'

export type SettleRecord = Extract<ShippedRecord, { readonly kind: 'settle' }>

/** A record of a batch; `record` is null when the text is not one this version understands, and `problem` says why. */
export type ReadRecord =
  | { readonly seq: number; readonly text: string; readonly record: ShippedRecord; readonly problem: null }
  | { readonly seq: number; readonly text: string; readonly record: null; readonly problem: string }

/** Reads a batch, asserting that it is the gap-free run of sequence numbers it says it is. */
export function readBatch(batch: JournalBatch): ReadRecord[] {
  const { fromSeq, toSeq } = batch
  const records = batch.records === '' ? [] : batch.records.split('\n')
  assert(
    records.length === toSeq - fromSeq,
    `a batch from ${fromSeq} to ${toSeq} carries ${toSeq - fromSeq} records, not ${records.length}`,
  )
  return records.map((text, index) => readRecord(text, fromSeq + 1 + index, batch.epoch))
}

function readRecord(text: string, seq: number, batchEpoch: number): ReadRecord {
  const json = JSON.parse(text) as ShippedRecord
  assert(json.seq === seq, `record ${seq} of a batch must carry that sequence number, not ${json.seq}`)
  const wrong = wrongIn(json)
  if (wrong !== null) return { seq, text, record: null, problem: `not understood: ${wrong}` }
  if (json.epoch > batchEpoch)
    return { seq, text, record: null, problem: `of epoch ${json.epoch}, after its batch's ${batchEpoch}` }
  return { seq, text, record: json, problem: null }
}

/** By hand: a schema's parser would copy every settlement only to look at it. */
function wrongIn(json: ShippedRecord): string | null {
  const fields = recordFields.get(json.kind)
  if (!fields) return `kind is ${shown(json.kind)}`
  const wrong = wrongField('', json, fields)
  if (wrong !== null || json.kind !== 'settle') return wrong
  const { settlement } = json
  return (
    wrongField('settlement.', settlement, settlementFields) ??
    wrongField('settlement.tokens.', settlement.tokens, tokenFields)
  )
}

type Fields = readonly (readonly [name: string, isGood: (value: unknown) => boolean])[]

function wrongField(path: string, given: object, fields: Fields): string | null {
  for (const [name, isGood] of fields) {
    const value = (given as Readonly<Record<string, unknown>>)[name]
    if (!isGood(value)) return `${path}${name} is ${shown(value)}`
  }
  return null
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 100))

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
const isText = (value: unknown): boolean => typeof value === 'string'
const isDuration = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isOrdinal = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
/** Up to 10^18 − 1 nano-USD, a billion dollars: far below where an integer column ends. */
const isAmount = (value: unknown): boolean => typeof value === 'string' && /^\d{1,18}$/.test(value)
const endings: ReadonlySet<unknown> = new Set<Ending>([
  'completed',
  'client-left',
  'upstream-failed',
  'upstream-refused',
  'in-doubt',
])

const placeFields: Fields = [
  ['seq', isOrdinal],
  ['epoch', isOrdinal],
]
const recordFields: ReadonlyMap<unknown, Fields> = new Map<ShippedRecord['kind'], Fields>([
  ['settle', [...placeFields, ['settlement', isObject]]],
  ['return-lease', [...placeFields, ['organizationId', isText], ['amountNano', isAmount]]],
  ['end-epoch', placeFields],
])
const settlementFields: Fields = [
  ['requestId', (value) => isText(value) && value !== ''],
  ['organizationId', isText],
  ['keyId', isText],
  ['admittedAt', isCount],
  ['endedAt', isCount],
  ['endpoint', isText],
  ['model', isText],
  ['upstream', isText],
  ['region', isText],
  ['status', Number.isSafeInteger],
  ['ending', (value) => endings.has(value)],
  ['tokens', isObject],
  ['holdNano', isAmount],
  ['ratedNano', isAmount],
  ['writeOffNano', isAmount],
  ['chargeNano', isAmount],
  ['flags', (value) => Array.isArray(value) && value.every(isText)],
  ['latencyMs', isDuration],
]
const tokenFields: Fields = [
  ['input', isCount],
  ['cachedInput', isCount],
  ['output', isCount],
  ['reasoning', isCount],
]

/** A settlement's own text: cut out of its record where that is written as the journal writes it, else written anew. */
export function settlementText(text: string, record: SettleRecord): string {
  const head = `{"kind":"settle","seq":${record.seq},"epoch":${record.epoch},"settlement":`
  const isLast = text.startsWith(head) && text.endsWith('}') && Object.keys(record).length === settleFieldCount
  return isLast ? text.slice(head.length, -1) : JSON.stringify(record.settlement)
}
const settleFieldCount = 4

/** Whether a report counts the request as an error. */
export const isError = ({ status, ending }: Settlement): boolean =>
  status >= 400 || ending === 'upstream-failed' || ending === 'in-doubt'
