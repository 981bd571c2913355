import type { Clock } from '../lib/clock.ts'
import { inBackground, type Log } from '../lib/log.ts'
import { usedSince, type IdempotencyKeys } from '../money/idempotency-keys.ts'
import type { KeptAnswers } from '../money/kept-answers.ts'
import type { Store } from '../store/store.ts'

const sweepMs = 10 * 60_000
/** A few milliseconds of the store's thread. */
const batchMax = 1_000

export type ForgetDeps = {
  readonly store: Pick<Store, 'forgetKeyUses'>
  readonly idempotencyKeys: Pick<IdempotencyKeys, 'forgetOld'>
  readonly keptAnswers: Pick<KeptAnswers, 'forgetOld'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Forgets idempotency keys a day after they were used, in memory and in the store, and what was answered under them. */
export function startForgettingKeyUses(deps: ForgetDeps): { readonly stop: () => void } {
  const timer = setInterval(() => inBackground(deps.log, 'forget-key-uses', () => forgetKeyUses(deps)), sweepMs)
  return { stop: () => clearInterval(timer) }
}

/** Resolves once nothing older is left. */
export async function forgetKeyUses({ store, idempotencyKeys, keptAnswers, clock }: ForgetDeps): Promise<void> {
  idempotencyKeys.forgetOld()
  keptAnswers.forgetOld()
  const before = usedSince(clock.now())
  while ((await store.forgetKeyUses(before, batchMax)) === batchMax);
}
