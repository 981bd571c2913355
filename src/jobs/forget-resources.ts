import type { Clock } from '../lib/clock.ts'
import { inBackground, type Log } from '../lib/log.ts'
import type { ResourceStore } from '../store/resources.ts'

const sweepMs = 10 * 60_000
/** A list may still be read on from one that is gone. */
const keptMs = 24 * 60 * 60_000
/** A few milliseconds of the store's thread. */
const batchMax = 1_000

export type ForgetResourcesDeps = {
  readonly store: Pick<ResourceStore, 'forgetResources'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Forgets resources a day after they were deleted or expired. */
export function startForgettingResources(deps: ForgetResourcesDeps): { readonly stop: () => void } {
  const timer = setInterval(() => inBackground(deps.log, 'forget-resources', () => forgetResources(deps)), sweepMs)
  return { stop: () => clearInterval(timer) }
}

/** Resolves once nothing older is left. */
export async function forgetResources({ store, clock }: ForgetResourcesDeps): Promise<void> {
  while ((await store.forgetResources(clock.now() - keptMs, batchMax)) === batchMax);
}
