import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Settlement } from '../store/store.ts'
import { openJournal, recoverJournal, type Intent, type Journal } from './journal.ts'

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mart-journal-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const intent = (requestId: string): Intent => ({
  requestId,
  organizationId: 'org_1',
  keyId: 'key_1',
  admittedAt: 1,
  dialect: 'openai',
  endpoint: 'chat.completions',
  model: 'gpt-5.4',
  upstream: 'sandbox-us',
  region: 'us',
  streamed: true,
  serviceTier: 'standard',
  pricePpm: 1_000_000,
  onAbort: 'drain',
  priceFrom: 'gpt-5.4 from 2026-03-05',
  holdNano: '1000',
})
const settlement = (requestId: string): Settlement => ({
  ...intent(requestId),
  endedAt: 2,
  servedModel: null,
  status: 200,
  ending: 'completed',
  lines: [],
  tokens: { input: 0, cachedInput: 0, output: 0, reasoning: 0 },
  ratedNano: '0',
  writeOffNano: '0',
  costNano: '0',
  chargeNano: '0',
  flags: [],
  firstByteMs: null,
  latencyMs: 1,
  attempts: [],
  vendorUsage: { text: 'ünïcödé 🦊\n' },
})

const open = (folder: string, epoch: number, storeSeq = 0): Journal =>
  openJournal(folder, epoch, recoverJournal(folder, storeSeq))
const segments = (folder: string): string[] =>
  readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))

describe('recovery', () => {
  test('what was settled is shipped, what was only intended is open, with how far it came', async () => {
    const folder = newFolder()
    const journal = open(folder, 1)
    for (const id of ['a', 'b', 'c']) void journal.intend(intent(id))
    void journal.settle(settlement('b'))
    void journal.progress({ requestId: 'c', inputTokens: 5, outputTokens: 7 })
    void journal.returnLease('org_1', 12n)
    await journal.written()
    journal.close()

    const { lastSeq, unshipped, open: left } = recoverJournal(folder, 0)
    expect(lastSeq).toBe(2)
    expect(unshipped.map(({ seq, text }) => [seq, (JSON.parse(text) as { kind: string }).kind])).toEqual([
      [1, 'settle'],
      [2, 'return-lease'],
    ])
    expect(
      left.map(({ epoch, intent: { requestId }, progress }) => [epoch, requestId, progress?.outputTokens ?? null]),
    ).toEqual([
      [1, 'a', null],
      [1, 'c', 7],
    ])
  })

  test('an intent stays open across restarts and segments until it is settled, under its own epoch', async () => {
    const folder = newFolder()
    const first = open(folder, 1)
    void first.intend(intent('a'))
    void first.settle(settlement('x'))
    await first.written()
    first.close()
    open(folder, 2, 1).close()
    const third = open(folder, 3, 1)
    const { open: left } = recoverJournal(folder, 1)
    expect(left.map(({ epoch, intent: { requestId } }) => [epoch, requestId])).toEqual([[1, 'a']])
    void third.settle(settlement('a'), 1)
    await third.written()
    third.close()
    expect(recoverJournal(folder, 1).open).toEqual([])
    expect(
      recoverJournal(folder, 1).unshipped.map(({ text }) => (JSON.parse(text) as { epoch: number }).epoch),
    ).toEqual([1])
  })

  test('records that the store lost are found again in older segments', async () => {
    const folder = newFolder()
    for (const epoch of [1, 2, 3]) {
      const journal = open(folder, epoch, epoch - 1)
      void journal.settle(settlement(`r${epoch}`))
      await journal.written()
      journal.close()
    }
    expect(recoverJournal(folder, 3).unshipped).toEqual([])
    expect(recoverJournal(folder, 1).unshipped.map(({ seq }) => seq)).toEqual([2, 3])
    expect(recoverJournal(folder, 0).unshipped.map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  test('any prefix of the file recovers: whole records before the cut, nothing of the torn one', async () => {
    const folder = newFolder()
    const journal = open(folder, 1)
    for (let number = 1; number <= 5; number += 1) {
      void journal.intend(intent(`r${number}`))
      void journal.settle(settlement(`r${number}`))
    }
    await journal.written()
    journal.close()
    const [segment] = segments(folder)
    const bytes = readFileSync(segment!)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (cut) => {
        writeFileSync(segment!, bytes)
        truncateSync(segment!, cut)
        // A record whose line end alone is missing is whole.
        const wholeLines =
          bytes
            .subarray(0, cut + 1)
            .toString('latin1')
            .split('\n').length - 1
        const { unshipped, open: left } = recoverJournal(folder, 0)
        expect(unshipped).toHaveLength(Math.max(0, Math.floor((wholeLines - 1) / 2)))
        expect(left).toHaveLength(wholeLines > 1 ? (wholeLines - 1) % 2 : 0)
      }),
    )
  })

  test('a line whose checksum is wrong ends the segment, whatever follows', async () => {
    const folder = newFolder()
    const journal = open(folder, 1)
    void journal.settle(settlement('a'))
    await journal.written()
    journal.close()
    appendFileSync(segments(folder)[0]!, '00000000 {"kind":"settle","seq":2}\n')
    expect(recoverJournal(folder, 0).lastSeq).toBe(1)
  })
})

describe('shipping', () => {
  test('sequence numbers have no gap, across restarts too', async () => {
    const folder = newFolder()
    const seqs: number[] = []
    for (const epoch of [1, 2]) {
      const journal = open(folder, epoch)
      for (let number = 0; number < 3; number += 1) void journal.settle(settlement(`${epoch}-${number}`))
      await journal.written()
      seqs.push(...journal.unshipped(100).map(({ seq }) => seq))
      await journal.written()
      journal.close()
    }
    expect(seqs).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6])
  })

  test('what the store has is not offered again', async () => {
    const journal = open(newFolder(), 1)
    for (const id of ['a', 'b', 'c']) void journal.settle(settlement(id))
    await journal.written()
    journal.shipped(2)
    expect(journal.unshipped(10).map(({ seq }) => seq)).toEqual([3])
    await journal.written()
    journal.close()
  })

  test('old segments go only once everything is shipped, and the newest stays', async () => {
    const folder = newFolder()
    open(folder, 1).close()
    const journal = open(folder, 2)
    void journal.settle(settlement('a'))
    await journal.written()
    journal.prune(Date.now() + 1_000, 0)
    expect(segments(folder)).toHaveLength(2)
    journal.shipped(1)
    journal.prune(Date.now() + 1_000, 0)
    expect(segments(folder)).toHaveLength(1)
    await journal.written()
    journal.close()
  })
})
