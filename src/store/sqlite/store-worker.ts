/** The worker's side of `openStoreInWorker`: opens what it is told to, then answers calls in the order they came. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../lib/assert.ts'
import type { Store } from '../store.ts'
import { openSqliteReader, openSqliteStore } from './sqlite-store.ts'
import { failureOf, type Call, type Opening, type Reply } from './worker-messages.ts'

assert(parentPort, 'store-worker.ts runs only as a worker')
const port = parentPort
const say = (reply: Reply): void => port.postMessage(reply)

function open({ path, role, installation }: Opening): void {
  try {
    const store = role === 'writer' ? openSqliteStore({ path, installation }) : openSqliteReader({ path })
    port.on('message', (call: Call) => void answer(store, call).then(say))
    say({ id: 0, ok: true, value: undefined })
  } catch (error) {
    say({ id: 0, ok: false, failure: failureOf(error) })
  }
}

async function answer(store: Store, { id, method, args }: Call): Promise<Reply> {
  try {
    const value = await (store[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
    return { id, ok: true, value }
  } catch (error) {
    return { id, ok: false, failure: failureOf(error) }
  }
}

open(workerData as Opening)
