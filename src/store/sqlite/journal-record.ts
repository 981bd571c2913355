/**
 * Reading journal records. They come from our own code, but perhaps from another version of it: what is
 * billed, summed or filtered by is checked here, so that a bad record is parked instead of blocking the rest.
 */
import * as z from 'zod'
import { assert } from '../../lib/assert.ts'
import type { JournalBatch, Settlement, ShippedRecord } from '../store.ts'

/** A record of a batch; `record` is null when the text is not one this version understands, and `problem` says why. */
export type ReadRecord =
  | { readonly seq: number; readonly text: string; readonly record: ShippedRecord; readonly problem: null }
  | { readonly seq: number; readonly text: string; readonly record: null; readonly problem: string }

/** Up to 10^18 − 1 nano-USD, a billion dollars: far below where an integer column ends. */
const amount = z.string().regex(/^\d{1,18}$/)
const count = z.int().nonnegative()

const settlement = z.object({
  requestId: z.string().min(1),
  organizationId: z.string(),
  keyId: z.string(),
  admittedAt: count,
  endedAt: count,
  endpoint: z.string(),
  model: z.string(),
  upstream: z.string(),
  region: z.string(),
  status: z.int(),
  ending: z.enum(['completed', 'client-left', 'upstream-failed', 'upstream-refused', 'in-doubt']),
  tokens: z.object({ input: count, cachedInput: count, output: count, reasoning: count }),
  holdNano: amount,
  ratedNano: amount,
  writeOffNano: amount,
  chargeNano: amount,
  flags: z.array(z.string()),
  latencyMs: z.number().nonnegative(),
})

const seqAndEpoch = { seq: z.int().positive(), epoch: z.int().positive() }
const shippedRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settle'), ...seqAndEpoch, settlement }),
  z.object({ kind: z.literal('return-lease'), ...seqAndEpoch, organizationId: z.string(), amountNano: amount }),
  z.object({ kind: z.literal('end-epoch'), ...seqAndEpoch }),
])

/** Reads a batch, asserting that it is the gap-free run of sequence numbers it says it is. */
export function readBatch(batch: JournalBatch): ReadRecord[] {
  const { fromSeq, toSeq, records } = batch
  assert(
    records.length === toSeq - fromSeq,
    `a batch from ${fromSeq} to ${toSeq} carries ${toSeq - fromSeq} records, not ${records.length}`,
  )
  return records.map((text, index) => readRecord(text, fromSeq + 1 + index, batch.epoch))
}

function readRecord(text: string, seq: number, batchEpoch: number): ReadRecord {
  const json = JSON.parse(text) as ShippedRecord
  assert(json.seq === seq, `record ${seq} of a batch must carry that sequence number, not ${json.seq}`)
  const parsed = shippedRecord.safeParse(json)
  if (!parsed.success) return { seq, text, record: null, problem: `not understood: ${firstIssue(parsed.error)}` }
  if (json.epoch > batchEpoch)
    return { seq, text, record: null, problem: `of epoch ${json.epoch}, after its batch's ${batchEpoch}` }
  return { seq, text, record: json, problem: null }
}

const firstIssue = (error: z.ZodError): string => `${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`

/** Whether a report counts the request as an error. */
export const isError = ({ status, ending }: Settlement): boolean =>
  status >= 400 || ending === 'upstream-failed' || ending === 'in-doubt'
