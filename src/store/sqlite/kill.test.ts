import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failuresOf } from '../contract-steps.ts'
import { batchOf } from '../store-fixtures.ts'
import type { Store } from '../store.ts'
import { openStoreInWorker } from './store-in-worker.ts'

const rounds = 4
const acknowledgedMin = 30

test('kill -9 loses nothing that was acknowledged, and leaves a ledger that verifies', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'mart-kill-'))
  for (let round = 0; round < rounds; round += 1) {
    const acknowledged = await spendUntilKilled(dataDir)
    const store = await openStoreInWorker({ dataDir })
    await expectKept(store, acknowledged)
    await store.close()
  }
  await rm(dataDir, { recursive: true })
}, 30_000)

/** Runs the child until it has acknowledged enough, kills it mid-work, and returns the last sequence number it acknowledged. */
async function spendUntilKilled(dataDir: string): Promise<number> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'kill-child.ts'), dataDir], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk)
    if (text.split('\n').length > acknowledgedMin) child.kill('SIGKILL')
  }
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
  return Number(text.split('\n').at(-2))
}

async function expectKept(store: Store, acknowledged: number): Promise<void> {
  const node = await store.openNode('node-a')
  expect(node.lastSeq).toBeGreaterThanOrEqual(acknowledged)
  for (let seq = 1; seq <= node.lastSeq; seq += 1) {
    const kept = await store.receipt(`r${seq}`)
    if (kept) expect(kept.requestId).toBe(`r${seq}`)
    else expect(endings.has(seq)).toBe(true)
  }
  const seq = node.lastSeq + 1
  endings.add(seq)
  await store.applyJournal(batchOf(node, node.lastSeq, [{ kind: 'end-epoch', epoch: node.epoch - 1 }]))
  expect((await store.balance('acme', 'live')).leasedNano).toBe(0n)
  expect(failuresOf(await store.verifyLedger())).toEqual([])
}

/** Sequence numbers that were the end of an epoch, not a request. */
const endings = new Set<number>()
