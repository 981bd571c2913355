/**
 * The sandbox's own count of what it served, kept apart from anything the gateway knows, to
 * reconcile the gateway against. `usage` is the whole generation; `sent` is what had been handed
 * to the connection when it ended, which is all of it for a complete answer. Totals add up `sent`.
 */
import type { Origin } from './origin.ts'
import { addUsage, noUsage, type Usage } from './usage.ts'

export type Dialect = 'openai' | 'genai'

/** One request that reached generation. Refused requests are not here: they serve nothing. */
export type Served = {
  /** 1, 2, 3 … since the start or the last reset, in the order in which requests ended. */
  readonly sequence: number
  /** The caller's `x-client-request-id`; attempts of one gateway request share it. */
  readonly clientRequestId: string | null
  /** Epoch milliseconds at which the request had been read. */
  readonly at: number
  readonly dialect: Dialect
  readonly endpoint: string
  /** The model id as asked for, and the one the reply names. */
  readonly model: string
  readonly servedModel: string
  readonly status: number
  /** False when the connection ended before the last byte was handed over. */
  readonly complete: boolean
  readonly usage: Usage
  readonly sent: Usage
  /** The video that was made; `clientRequestId` and `at` are those of the call that asked for it. */
  readonly video?: { readonly id: string; readonly size: string }
  /** Where it arrived, if the sandbox was posing as a provider. */
  readonly origin?: Origin
}

type ModelTotals = Usage & { readonly requests: number }
export type Totals = {
  readonly requests: number
  readonly completed: number
  readonly byModel: Readonly<Record<string, ModelTotals>>
  /** By `pose/account`, of what arrived at one. */
  readonly byAccount: Readonly<Record<string, ModelTotals>>
}

export type Count = {
  readonly record: (served: Omit<Served, 'sequence'>) => Served
  /** Marks a request incomplete after all: the client left while the last bytes were on their way. */
  readonly revoke: (served: Served) => void
  readonly totals: () => Totals
  /** At most `limit` requests with a sequence above `after`, in order; the oldest may be forgotten. */
  readonly list: (after: number, limit: number) => readonly Served[]
  readonly byClientRequestId: (id: string) => readonly Served[]
  readonly reset: () => void
}

/** Keeps the last `servedMax` requests; totals are of all of them since the last reset. */
export function createCount(servedMax = 200_000): Count {
  let ring: Served[] = []
  let last = 0
  let completed = 0
  const byModel = new Map<string, ModelTotals>()
  const byAccount = new Map<string, ModelTotals>()
  const sequences = new Map<string, number[]>()
  const at = (sequence: number): Served | undefined => {
    const served = ring[sequence % servedMax]
    return served?.sequence === sequence ? served : undefined
  }
  const keep = (served: Served): void => {
    const forgotten = ring[served.sequence % servedMax]
    if (forgotten?.clientRequestId) forget(sequences, forgotten.clientRequestId, forgotten.sequence)
    ring[served.sequence % servedMax] = served
    const id = served.clientRequestId
    if (id) sequences.set(id, [...(sequences.get(id) ?? []), served.sequence])
  }
  return {
    record(entry) {
      const served: Served = { sequence: ++last, ...entry }
      keep(served)
      if (served.complete) completed += 1
      add(byModel, served.model, served.sent)
      if (served.origin) add(byAccount, `${served.origin.pose}/${served.origin.account}`, served.sent)
      return served
    },
    revoke(served) {
      if (at(served.sequence) !== served) return
      ring[served.sequence % servedMax] = { ...served, complete: false }
      completed -= 1
    },
    totals: () => ({
      requests: last,
      completed,
      byModel: Object.fromEntries(byModel),
      byAccount: Object.fromEntries(byAccount),
    }),
    list(after, limit) {
      const first = Math.max(after + 1, last - servedMax + 1, 1)
      const count = Math.max(0, Math.min(limit, last - first + 1))
      return Array.from({ length: count }, (_, offset) => at(first + offset)).filter((served) => served !== undefined)
    },
    byClientRequestId: (id) => (sequences.get(id) ?? []).map(at).filter((served) => served !== undefined),
    reset() {
      ring = []
      last = 0
      completed = 0
      byModel.clear()
      byAccount.clear()
      sequences.clear()
    },
  }
}

function add(totals: Map<string, ModelTotals>, name: string, sent: Usage): void {
  const sofar = totals.get(name) ?? { requests: 0, ...noUsage }
  totals.set(name, { requests: sofar.requests + 1, ...addUsage(sofar, sent) })
}

function forget(sequences: Map<string, number[]>, id: string, sequence: number): void {
  const left = (sequences.get(id) ?? []).filter((other) => other !== sequence)
  if (left.length > 0) sequences.set(id, left)
  else sequences.delete(id)
}
