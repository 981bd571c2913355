/** Calls into a store worker: each is answered, or rejected when the worker dies; none is left waiting. */
import { Worker } from 'node:worker_threads'
import type { Store } from '../store.ts'
import { errorOf, type Call, type Opening, type Reply } from './worker-messages.ts'

/** More calls in flight than any healthy process has; beyond it the store is stuck and memory would grow. */
const pendingCallsMax = 10_000

export type StoreWorker = {
  readonly call: <M extends keyof Store>(method: M, ...args: Parameters<Store[M]>) => ReturnType<Store[M]>
  readonly isAlive: () => boolean
  /** Closes the connection after the calls already made, then ends the thread. Twice is once. */
  readonly close: () => Promise<void>
}

type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }

/** Starts a worker and waits until its connection is open; `onFailure` hears of its death, not of its closing. */
export async function startWorker(opening: Opening, onFailure?: (error: Error) => void): Promise<StoreWorker> {
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { workerData: opening })
  const calls = followCalls(worker, onFailure)
  try {
    await calls.opened
  } catch (error) {
    calls.end(new Error('the store did not open', { cause: error }))
    await worker.terminate()
    throw error
  }
  let closing: Promise<void> | undefined
  return { call: calls.call, isAlive: calls.isAlive, close: () => (closing ??= close(worker, calls)) }
}

async function close(worker: Worker, calls: Calls): Promise<void> {
  if (calls.isAlive()) await calls.call('close')
  calls.end(new Error('the store is closed'))
  await worker.terminate()
}

export type Calls = Omit<StoreWorker, 'close'> & {
  readonly opened: Promise<void>
  /** Rejects what waits and what comes; the first reason given stays. */
  readonly end: (reason: Error) => boolean
}

/** Matches a worker's replies to the calls made of it, until it dies or `end` is called. */
export function followCalls(worker: Worker, onFailure?: (error: Error) => void): Calls {
  const waiting = new Map<number, Waiting>()
  let ended: Error | undefined
  let lastId = 0

  const end = (reason: Error): boolean => {
    if (ended) return false
    ended = reason
    for (const { reject } of waiting.values()) reject(reason)
    waiting.clear()
    return true
  }
  const fail = (why: string, cause?: unknown): void => {
    const reason = new Error(`the store's thread died: ${why}`, { cause })
    if (end(reason)) onFailure?.(reason)
  }
  worker.on('message', (reply: Reply) => settleReply(waiting, reply))
  worker.on('messageerror', (error) => fail('a message could not be read', error))
  worker.on('error', (error) => fail(String(error), error))
  worker.on('exit', (code) => fail(`it exited with ${code}`))

  const send = (method: keyof Store, args: readonly unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended)
      if (waiting.size >= pendingCallsMax) return reject(new Error(`the store has ${pendingCallsMax} calls waiting`))
      const call: Call = { id: ++lastId, method, args }
      worker.postMessage(call)
      waiting.set(call.id, { resolve, reject })
    })
  const opened = new Promise<void>((resolve, reject) => waiting.set(0, { resolve, reject }))
  const call = ((method: keyof Store, ...args: readonly unknown[]) => send(method, args)) as StoreWorker['call']
  return { opened, end, isAlive: () => ended === undefined, call }
}

function settleReply(waiting: Map<number, Waiting>, reply: Reply): void {
  const call = waiting.get(reply.id)
  if (!call) return
  waiting.delete(reply.id)
  if (reply.ok) call.resolve(reply.value as never)
  else call.reject(errorOf(reply.failure))
}
