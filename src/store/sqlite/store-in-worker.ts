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

  return {
    openNode: (name, aboveEpoch) => writer.call('openNode', name, aboveEpoch),
    applyJournal: (batch) => writer.call('applyJournal', batch),
    recordLoss: (loss) => writer.call('recordLoss', loss),
    acceptLosses: () => writer.call('acceptLosses'),
    leaseCredit: (ask) => writer.call('leaseCredit', ask),
    grantCredit: (grant) => writer.call('grantCredit', grant),
    revokeCredit: (ask) => writer.call('revokeCredit', ask),
    balance: (organizationId, mode) => writer.call('balance', organizationId, mode),
    createOrganization: (organization) => writer.call('createOrganization', organization),
    updateOrganization: (id, changes) => writer.call('updateOrganization', id, changes),
    organizations: () => writer.call('organizations'),
    createKey: (key) => writer.call('createKey', key),
    updateKey: (id, changes) => writer.call('updateKey', id, changes),
    keys: (organizationId) => writer.call('keys', organizationId),
    createOperatorToken: (token) => writer.call('createOperatorToken', token),
    updateOperatorToken: (id, changes) => writer.call('updateOperatorToken', id, changes),
    operatorTokens: () => writer.call('operatorTokens'),
    receipt: (requestId, organizationId) => writer.call('receipt', requestId, organizationId),
    usage: (query) => writer.call('usage', query),
    lastUses: (organizationId) => writer.call('lastUses', organizationId),
    chargesByKey: (from) => writer.call('chargesByKey', from),
    keyUses: (since, max) => writer.call('keyUses', since, max),
    forgetKeyUses: (before, max) => writer.call('forgetKeyUses', before, max),
    createResource: (resource) => writer.call('createResource', resource),
    findResources: (keys, at) => writer.call('findResources', keys, at),
    updateResource: (key, changes, at) => writer.call('updateResource', key, changes, at),
    deleteResource: (key, at) => writer.call('deleteResource', key, at),
    forgetResources: (before, max) => writer.call('forgetResources', before, max),
    listResources: async (query) => (await reader.get()).call('listResources', query),
    transfers: async (organizationId) => (await reader.get()).call('transfers', organizationId),
    verifyLedger: async () => (await reader.get()).call('verifyLedger'),
    findDamage: () => findDamageIn(path),
    close: async () => {
      await reader.close()
      await writer.close()
    },
  }
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
