import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failuresOf } from '../../src/store/contract-steps.ts'
import { eventually } from '../support/eventually.ts'
import { chargeOf, grantedNano, jobOf, openReservingNode, type ReservingNode } from './reserving-node.ts'

const rounds = 6

test('kill -9 at any point of reserving and ending loses no reservation and ends each once: money adds up to the nano', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'mart-reservations-'))
  const promised = { reserved: new Set<string>(), ended: new Set<string>() }
  for (let round = 0; round < rounds; round += 1) await runUntilKilled(dataDir, round, promised)
  expect(promised.reserved.size).toBeGreaterThan(100)
  expect(promised.ended.size).toBeGreaterThan(50)

  const node = await openReservingNode(dataDir, (requestId) => void promised.ended.add(requestId))
  await expectKept(node, promised)
  await node.close()
  await rm(dataDir, { recursive: true })
}, 60_000)

/** Runs the child until it has promised enough, each round a little more, and kills it mid-work. */
async function runUntilKilled(
  dataDir: string,
  round: number,
  promised: { readonly reserved: Set<string>; readonly ended: Set<string> },
): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'reserving-child.ts'), dataDir, String(round)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true })
    if (text.split('\n').length > 40 + 17 * round) child.kill('SIGKILL')
  }
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
  // The last piece may be torn.
  for (const line of text.split('\n').slice(0, -1)) {
    const [what, requestId] = line.split(' ') as ['reserved' | 'ended', string]
    expect([what, requestId, promised[what].has(requestId)]).toEqual([what, requestId, false])
    promised[what].add(requestId)
  }
}

async function expectKept(
  { store, poller }: ReservingNode,
  promised: { readonly reserved: Set<string>; readonly ended: Set<string> },
): Promise<void> {
  for (const requestId of promised.reserved) expect((await store.receipt(requestId))?.requestId).toBe(requestId)
  // What was said to have ended has, though the process died behind the word.
  for (const requestId of promised.ended)
    expect((await store.receipt(requestId))?.chargeNano).toBe(String(chargeOf(jobOf(requestId))))
  const dueNow = async (): Promise<true | null> => {
    await poller.tick()
    return (await store.dueReservations(9e15, 1)).length === 0 ? true : null
  }
  await eventually(dueNow, 20_000, () => 'reservations stay open')

  const charged = await chargesOf(store, promised.reserved)
  const { balanceNano, reservedNano } = await store.balance('acme', 'live')
  const [row] = await store.usage({ organizationId: 'acme', mode: 'live', by: 'endpoint', from: 0, to: 9e12 })
  // Those whose word was lost with the process were charged as their job says, too.
  expect(row!.chargeNano).toBeGreaterThanOrEqual(charged)
  expect([balanceNano, reservedNano]).toEqual([grantedNano - row!.chargeNano, 0n])
  expect(failuresOf(await store.verifyLedger())).toEqual([])
}

async function chargesOf(store: ReservingNode['store'], requestIds: ReadonlySet<string>): Promise<bigint> {
  let charged = 0n
  for (const requestId of requestIds) {
    const receipt = (await store.receipt(requestId))!
    expect([requestId, receipt.chargeNano]).toEqual([requestId, String(chargeOf(jobOf(requestId)))])
    charged += BigInt(receipt.chargeNano)
  }
  return charged
}
