/**
 * The SQLite store in threads of its own: one that writes, and, from the first time it is needed, one
 * that only reads, so that proving a large ledger or listing all transfers holds up no settlement.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Installation, Store } from '../store.ts'
import { isDamage } from './find-damage.ts'
import { startWorker, type StoreWorker } from './worker-calls.ts'

export type WorkerOptions = {
  readonly dataDir: string
  /** For a folder of before there was test and live. */
  readonly installation?: Installation
  /** Told once when the writing thread died; every call from then on rejects with the same error. */
  readonly onFailure?: (error: Error) => void
}

/** Opens `mart.db` in the folder, making both when missing. Rejects with one clear line when another process has the folder. */
export async function openStoreInWorker({ dataDir, installation, onFailure }: WorkerOptions): Promise<Store> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, 'mart.db')
  const writer = await startWorker({ path, role: 'writer', installation }, onFailure)
  const reader = lazily((onDeath) => startWorker({ path, role: 'reader' }, onDeath))
  const call = async (method: Called, args: readonly unknown[]): Promise<unknown> => {
    const worker = threadOf[method] === 'writer' ? writer : await reader.get()
    return worker.call(method, ...(args as Parameters<Store[Called]>))
  }
  const methods = (Object.keys(threadOf) as Called[]).map((method) => [
    method,
    (...args: readonly unknown[]) => call(method, args),
  ])
  return {
    ...(Object.fromEntries(methods) as Pick<Store, Called>),
    findDamage: () => findDamageIn(path),
    close: async () => {
      await reader.close()
      await writer.close()
    },
  }
}

type Called = Exclude<keyof Store, 'findDamage' | 'close'>

/** Whatever may take long and can wait is the reader's. */
const threadOf: Readonly<Record<Called, 'writer' | 'reader'>> = {
  openNode: 'writer',
  applyJournal: 'writer',
  recordLoss: 'writer',
  acceptLosses: 'writer',
  leaseCredit: 'writer',
  grantCredit: 'writer',
  revokeCredit: 'writer',
  balance: 'writer',
  transfers: 'reader',
  verifyLedger: 'reader',
  createOrganization: 'writer',
  updateOrganization: 'writer',
  organizations: 'writer',
  organization: 'writer',
  createKey: 'writer',
  updateKey: 'writer',
  keys: 'writer',
  key: 'writer',
  createOperatorToken: 'writer',
  updateOperatorToken: 'writer',
  operatorTokens: 'writer',
  createServiceRequest: 'writer',
  serviceRequests: 'writer',
  serviceRequest: 'writer',
  endServiceRequest: 'writer',
  createWebhook: 'writer',
  updateWebhook: 'writer',
  deleteWebhook: 'writer',
  webhooks: 'writer',
  webhook: 'writer',
  tell: 'writer',
  dueDeliveries: 'writer',
  noteDelivery: 'writer',
  delivery: 'writer',
  deliveries: 'writer',
  resendDelivery: 'writer',
  forgetDeliveries: 'writer',
  creditAlerts: 'writer',
  setCreditAlert: 'writer',
  crossAlerts: 'writer',
  recordAudit: 'writer',
  audit: 'reader',
  receipt: 'writer',
  usage: 'writer',
  lastUses: 'writer',
  chargesByKey: 'writer',
  keyUses: 'writer',
  forgetKeyUses: 'writer',
  dueReservations: 'writer',
  postponeReservations: 'writer',
  openReservation: 'writer',
  reservedByKey: 'writer',
  listJobs: 'reader',
  leaseJob: 'writer',
  createResource: 'writer',
  findResources: 'writer',
  listResources: 'reader',
  updateResource: 'writer',
  deleteResource: 'writer',
  forgetResources: 'writer',
}

/** By a connection and a thread of its own, so that nothing waits for a long look. */
async function findDamageIn(path: string): Promise<string[]> {
  let looking: StoreWorker | null = null
  try {
    looking = await startWorker({ path, role: 'reader' })
    return await looking.call('findDamage')
  } catch (error) {
    if (isDamage(error)) return [(error as Error).message]
    throw error
  } finally {
    await looking?.close()
  }
}

type Lazy = { readonly get: () => Promise<StoreWorker>; readonly close: () => Promise<void> }

/** Starts at the first `get`, and anew after a failure: a dead reader loses nothing. */
function lazily(start: (onFailure: () => void) => Promise<StoreWorker>): Lazy {
  let started: Promise<StoreWorker> | undefined
  let isClosed = false
  const forget = (): void => void (started = undefined)
  const startOrForget = (): Promise<StoreWorker> =>
    start(forget).catch((error: unknown) => {
      forget()
      throw error
    })
  return {
    get(): Promise<StoreWorker> {
      if (isClosed) return Promise.reject(new Error('the store is closed'))
      return (started ??= startOrForget())
    },
    async close() {
      isClosed = true
      const worker = await started?.catch(() => null)
      await worker?.close()
    },
  }
}
