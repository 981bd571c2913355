/**
 * Calls that were turned away, or failed unpaid, for whom the reports tell it: the journal has nothing of them. Kept
 * until the reports take them, best effort and within limits, because whoever has a key without credit can bring as
 * many as the network carries: of each organization and mode so many are kept by themselves, and of those beyond, the
 * ones that are like one of these in everything that is counted are counted with it. Calls without a good key are
 * nobody's, and are not kept at all.
 */
import type { Observer, RequestEnded } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import type { CountedRejection } from '../store/reports-db/reports-db.ts'
import { safeName } from './safe-name.ts'

export type Rejections = {
  readonly observer: Observer
  /** Those since the last time, which are kept no longer. */
  readonly take: () => readonly CountedRejection[]
}

export const rejectionsKeptMax = 2_000
export const ownRejectionsKeptMax = 50

const minuteMs = 60_000

type Kept = { readonly rejection: CountedRejection['rejection']; others: number }
type Own = { readonly kept: Kept[]; readonly byKind: Map<string, Kept> }

/** Keeps none yet. */
export function createRejections(clock: Pick<Clock, 'now'>): Rejections {
  let byOwner = new Map<string, Own>()
  let many = 0

  function keep(ended: RequestEnded, owner: string): void {
    const own = byOwner.get(owner) ?? { kept: [], byKind: new Map<string, Kept>() }
    const kind = `${Math.floor(ended.startedAt / minuteMs)} ${ended.keyId} ${ended.endpoint} ${ended.status} ${ended.failure} ${knownModel(ended)}`
    if (many < rejectionsKeptMax && own.kept.length < ownRejectionsKeptMax) {
      const kept = { rejection: rejectionOf(ended, clock.now()), others: 0 }
      own.kept.push(kept)
      own.byKind.set(kind, kept)
      byOwner.set(owner, own)
      many += 1
      return
    }
    const like = own.byKind.get(kind)
    if (like) like.others += 1
  }
  return {
    observer: {
      requestEnded(ended) {
        if (ended.settlement !== null || ended.organizationId === null || ended.keyId === null) return
        if (ended.failure !== null || ended.status >= 400) keep(ended, `${ended.mode} ${ended.organizationId}`)
      },
      attemptEnded: () => undefined,
      alert: () => undefined,
    },
    take() {
      const taken = [...byOwner.values()].flatMap(({ kept }) => kept)
      byOwner = new Map()
      many = 0
      return taken
    },
  }
}

/** What is not there is the client's text, and counted as nothing else is. */
const knownModel = ({ failure, model }: RequestEnded): string | null => (failure === 'model_not_found' ? null : model)

const rejectionOf = (ended: RequestEnded, now: number): Kept['rejection'] => ({
  id: ended.requestId,
  organizationId: ended.organizationId!,
  mode: ended.mode!,
  at: Math.round(ended.startedAt),
  endedAt: now,
  key: ended.keyId!,
  endpoint: ended.endpoint,
  model: safeName(knownModel(ended)),
  askedModel: ended.failure === 'model_not_found' ? safeName(ended.model) : null,
  status: ended.status,
  failure: ended.failure ?? ended.relayed?.ending ?? 'upstream-failed',
  latencyMs: Math.round(ended.durationMs),
})
