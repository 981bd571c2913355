import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import type { Resource, ResourceKey, ResourceStore } from '../store/resources.ts'

type Waiting = {
  readonly key: ResourceKey
  readonly resolve: (found: Resource | null) => void
  readonly reject: (error: unknown) => void
}

/** Keys of one question to the store: well under a millisecond of its thread. */
const batchMax = 100
/** The first pause before an id that nobody knows is looked for again; each is twice the one before. */
const pauseMs = 60
/** Ids of one organization that are looked for again at once; beyond it they are unknown at the first look. */
const againMax = 100

/**
 * Looks ids up in the store, those that come while it is asked together in the next question. One that is not there is
 * looked for again for `lagMs`, a bounded number at once, by who is patient.
 */
export function createLookUp(
  store: Pick<ResourceStore, 'findResources'>,
  clock: Clock,
  lagMs: number,
): (key: ResourceKey, isPatient: boolean) => Promise<Resource | null> {
  const waiting: Waiting[] = []
  let isAsking = false
  const again = new Map<string, number>()
  const askAll = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      await ask(batch)
    }
    isAsking = false
  }
  const ask = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const keys = batch.map(({ key }) => key)
      const found = await store.findResources(keys, clock.now())
      for (const [index, { resolve }] of batch.entries()) resolve(found[index]!)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  const look = (key: ResourceKey): Promise<Resource | null> =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      void askAll()
    })
  const lookAgain = async (key: ResourceKey): Promise<Resource | null> => {
    for (let pause = pauseMs, left = lagMs; left > 0; left -= pause, pause *= 2) {
      await sleep(Math.min(pause, left))
      const found = await look(key)
      if (found !== null) return found
    }
    return null
  }
  return async (key, isPatient) => {
    const found = await look(key)
    const many = again.get(key.organizationId) ?? 0
    if (found !== null || !isPatient || many >= againMax) return found
    again.set(key.organizationId, many + 1)
    try {
      return await lookAgain(key)
    } finally {
      const left = again.get(key.organizationId)! - 1
      if (left === 0) again.delete(key.organizationId)
      else again.set(key.organizationId, left)
    }
  }
}
