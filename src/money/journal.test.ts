import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Nano } from '../lib/amounts.ts'
import { reservationOf } from '../store/store-fixtures.ts'
import type { Settlement } from '../store/store.ts'
import { blocksIn, createSliceReader, type FileSlice } from '../lib/blocks.ts'
import { intent } from './journal-fixtures.ts'
import { openJournal, recoverJournal as recover, type Journal } from './journal.ts'
import type { Recovered } from './journal-recovery.ts'

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mart-journal-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const returned = (amount: bigint) => ({ organizationId: 'org_1', mode: 'live' as const, amountNano: amount as Nano })
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

/** Nothing here was written before there were modes. */
const recoverJournal = (folder: string, storeSeq: number): Recovered =>
  recover(folder, { lastSeq: storeSeq, hasLeased: false }, () => {
    throw new Error('every intent says its mode')
  })
const open = (folder: string, epoch: number, storeSeq = 0): Promise<Journal> =>
  openJournal(folder, epoch, recoverJournal(folder, storeSeq))
/** Three lives, each with a segment and a record of its own, shipped before the next. */
async function liveThrice(folder: string): Promise<void> {
  for (const epoch of [1, 2, 3]) {
    const journal = await open(folder, epoch, epoch - 1)
    void journal.settle(settlement(`r${epoch}`))
    await journal.synced()
    await journal.close()
  }
}
const segments = (folder: string): string[] =>
  readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))

type Shipped = { readonly kind: string; readonly seq: number; readonly epoch: number }
/** The records of these slices that are to be shipped. */
const linesOf = (slice: FileSlice): string[] => {
  const reader = createSliceReader()
  try {
    return reader.linesOf(slice)
  } finally {
    reader.close()
  }
}
const shippedIn = (slices: FileSlice[]): Shipped[] =>
  slices
    .flatMap((slice) => linesOf(slice).map((line) => JSON.parse(line) as Shipped))
    .filter(({ kind, seq }) => kind !== 'segment' && seq)
const unshippedIn = ({ unshipped }: Recovered): Shipped[] =>
  shippedIn(unshipped.flatMap((next) => ('loss' in next ? [] : [next])))
const seqsOf = (records: readonly Shipped[]): number[] => records.map(({ seq }) => seq)
const numbersOf = (after: number, to: number): number[] =>
  Array.from({ length: to - after }, (_, index) => after + 1 + index)
const nextOf = (journal: Journal, max: number): Shipped[] => {
  const next = journal.unshipped(max)
  return next?.records ? shippedIn([next.records]) : []
}

describe('recovery', () => {
  test('what was settled is shipped, what was only intended is open, with how far it came', async () => {
    const folder = newFolder()
    const journal = await open(folder, 1)
    for (const id of ['a', 'b', 'c']) void journal.intend(intent(id))
    void journal.settle(settlement('b'))
    void journal.progress({ requestId: 'c', inputTokens: 5, outputTokens: 7 })
    void journal.returnLease(returned(12n))
    await journal.synced()
    await journal.close()

    const recovered = recoverJournal(folder, 0)
    const { lastSeq, open: left } = recovered
    expect(lastSeq).toBe(2)
    expect(unshippedIn(recovered).map(({ seq, kind }) => [seq, kind])).toEqual([
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

  test('what is reserved is open no more, and how it ends is shipped in order; what is deferred and was not reserved is told apart', async () => {
    const folder = newFolder()
    const journal = await open(folder, 1)
    for (const id of ['a', 'b']) void journal.intend({ ...intent(id), deferred: true })
    void journal.intend(intent('c'))
    const of = { requestId: 'a', organizationId: 'org_1', mode: 'live' } as const
    void journal.reserve(reservationOf('700', of))
    void journal.settleReservation(settlement('a'))
    void journal.voidReservation(settlement('b0'))
    await journal.synced()
    await journal.close()
    await (await open(folder, 2)).close()

    const recovered = recoverJournal(folder, 0)
    expect(unshippedIn(recovered).map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'reserve'],
      [2, 'settle-reservation'],
      [3, 'void'],
    ])
    expect(recovered.open.map(({ intent: { requestId, deferred } }) => [requestId, deferred ?? false])).toEqual([
      ['b', true],
      ['c', false],
    ])
  })

  test('an intent stays open across restarts and segments until it is settled, under its own epoch', async () => {
    const folder = newFolder()
    const first = await open(folder, 1)
    void first.intend(intent('a'))
    void first.settle(settlement('x'))
    await first.synced()
    await first.close()
    await (await open(folder, 2, 1)).close()
    const third = await open(folder, 3, 1)
    const { open: left } = recoverJournal(folder, 1)
    expect(left.map(({ epoch, intent: { requestId } }) => [epoch, requestId])).toEqual([[1, 'a']])
    void third.settle(settlement('a'), 1)
    await third.synced()
    await third.close()
    expect(recoverJournal(folder, 1).open).toEqual([])
    expect(unshippedIn(recoverJournal(folder, 1)).map(({ epoch }) => epoch)).toEqual([1])
  })

  test('one turn may bring any number of records, as a recovery does that settles all it finds', async () => {
    const folder = newFolder()
    const journal = await open(folder, 1)
    const many = 200_000
    for (let number = 1; number <= many; number += 1) void journal.returnLease(returned(1n))
    await journal.synced()
    expect(journal.unshippedMany()).toBe(many)
    expect(journal.unshipped(1_000)?.toSeq).toBe(many)
    await journal.close()
    const { lastSeq, unshipped } = recoverJournal(folder, 0)
    expect([lastSeq, unshipped.length, unshipped[0]?.records]).toEqual([many, 1, many])
  })

  test('records that the store lost are found again in older segments', async () => {
    const folder = newFolder()
    await liveThrice(folder)
    expect(recoverJournal(folder, 3).unshipped).toEqual([])
    expect(seqsOf(unshippedIn(recoverJournal(folder, 1)))).toEqual([2, 3])
    expect(seqsOf(unshippedIn(recoverJournal(folder, 0)))).toEqual([1, 2, 3])
  })

  test('any prefix of the file recovers: whole blocks before the cut, nothing of the torn one', async () => {
    const folder = newFolder()
    const journal = await open(folder, 1)
    for (let number = 1; number <= 5; number += 1) {
      void journal.intend(intent(`r${number}`))
      // Of every other one, intent and settlement are written in different turns.
      if (number % 2 === 0) await journal.synced()
      void journal.settle(settlement(`r${number}`))
      await journal.synced()
    }
    await journal.close()
    const [segment] = segments(folder)
    const bytes = readFileSync(segment!)
    const blocks = [...blocksIn(bytes)].map(({ end, lines }) => ({ end, text: lines.join() }))
    expect(blocks).toHaveLength(1 + 5 + 2)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (cut) => {
        writeFileSync(segment!, bytes)
        truncateSync(segment!, cut)
        const whole = blocks.filter(({ end }) => end <= cut)
        const many = (kind: string): number => whole.filter(({ text }) => text.includes(`"kind":"${kind}"`)).length
        const recovered = recoverJournal(folder, 0)
        expect(seqsOf(unshippedIn(recovered))).toEqual(Array.from({ length: many('settle') }, (_, index) => index + 1))
        expect(recovered.open).toHaveLength(many('intent') - many('settle'))
      }),
    )
  })

  test('whatever one byte does: all that can be read is applied, and what cannot is named, unless it is the torn end', async () => {
    const folder = newFolder()
    const journal = await open(folder, 1)
    for (const id of ['a', 'b', 'c', 'd']) {
      void journal.settle(settlement(id))
      await journal.synced()
    }
    await journal.close()
    const [segment] = segments(folder)
    const bytes = readFileSync(segment!)
    const blocks = [...blocksIn(bytes)]
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const wrong = Buffer.from(bytes)
        wrong[at]! ^= change
        writeFileSync(segment!, wrong)
        const hit = blocks.findIndex(({ end }) => at < end)
        const recovered = recoverJournal(folder, 0)
        expect(seqsOf(unshippedIn(recovered))).toEqual([1, 2, 3, 4].filter((seq) => seq !== hit))
        const place = `bytes ${blocks[hit]!.start} to ${blocks[hit]!.end} of journal-00000001.log`
        const missing =
          hit === 0 ? 'no numbered record is missing, notes of requests that had begun may be' : `record ${hit} is lost`
        expect(recovered.losses.map(({ detail }) => detail)).toEqual(
          hit === 4 ? [] : [`${place} cannot be read: ${missing}`],
        )
        expect(recovered.torn.length).toBe(hit === 4 ? 1 : 0)
        expect(recovered.lastSeq).toBe(hit === 4 ? 3 : 4)
      }),
    )
  })

  test('many bytes may be wrong, or missing: numbers are applied or lost, each exactly once, and in order', async () => {
    const folder = newFolder()
    const many = 12
    const journal = await open(folder, 1)
    for (let number = 1; number <= many; number += 1) {
      void journal.intend(intent(`r${number}`))
      void journal.settle(settlement(`r${number}`))
      await journal.synced()
    }
    await journal.close()
    const [segment] = segments(folder)
    const bytes = readFileSync(segment!)
    const hole = fc.record({
      at: fc.nat(bytes.length - 1),
      length: fc.integer({ min: 1, max: 900 }),
      cuts: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(hole, { minLength: 1, maxLength: 4 }), fc.nat(many), (holes, storeSeq) => {
        let left = Buffer.from(bytes)
        for (const { at, length, cuts } of holes)
          if (cuts) left = Buffer.concat([left.subarray(0, at), left.subarray(at + length)])
          else left.fill(0, Math.min(at, left.length), Math.min(at + length, left.length))
        writeFileSync(segment!, left)
        const recovered = recoverJournal(folder, storeSeq)
        const numbers = recovered.unshipped.flatMap((next) =>
          'loss' in next
            ? numbersOf(next.loss.afterSeq, next.loss.toSeq)
            : seqsOf(shippedIn([next])).filter((seq) => seq > storeSeq),
        )
        expect(numbers).toEqual(numbersOf(storeSeq, recovered.lastSeq))
      }),
    )
  })

  test('a journal that is missing, empty or ends before what the store has is a loss; one of a node that never promised is none', async () => {
    const folder = newFolder()
    const details = (storeSeq: number, hasLeased: boolean): string[] =>
      recover(folder, { lastSeq: storeSeq, hasLeased }, () => 'live').losses.map(({ detail }) => detail)
    const behind = 'what was written behind that and not shipped is lost'
    expect(details(0, false)).toEqual([])
    expect(details(0, true)).toEqual([`there is no journal, and the store has up to record 0: ${behind}`])
    writeFileSync(join(folder, 'journal-00000001.log'), '')
    expect(details(7, true)).toEqual([`there is no journal, and the store has up to record 7: ${behind}`])
    rmSync(join(folder, 'journal-00000001.log'))
    const journal = await open(folder, 1)
    for (const id of ['a', 'b']) void journal.settle(settlement(id))
    await journal.synced()
    await journal.close()
    expect(details(2, true)).toEqual([])
    expect(details(3, true)).toEqual([`the journal ends at record 2, and the store has up to record 3: ${behind}`])
  })

  test('a segment that is missing between others is a loss of its records', async () => {
    const folder = newFolder()
    await liveThrice(folder)
    rmSync(segments(folder)[1]!)
    const { losses, lastSeq } = recoverJournal(folder, 0)
    expect(losses).toEqual([{ afterSeq: 1, toSeq: 2, detail: 'record 2 is lost' }])
    expect(lastSeq).toBe(3)
  })

  test('a file that is no longer what was written is not shipped', async () => {
    const folder = newFolder()
    const journal = await open(folder, 1)
    void journal.settle(settlement('a'))
    await journal.synced()
    const records = journal.unshipped(10)!.records!
    const bytes = readFileSync(records.path)
    expect(() => linesOf({ ...records, end: records.end + 1 })).toThrow('ends before')
    bytes[records.end - 5]! ^= 1
    writeFileSync(records.path, bytes)
    expect(() => linesOf(records)).toThrow(`is not what was written, from byte ${records.start} on`)
    await journal.close()
  })
})

describe('shipping', () => {
  test('sequence numbers have no gap, across restarts too', async () => {
    const folder = newFolder()
    const seqs: number[] = []
    for (const epoch of [1, 2]) {
      const journal = await open(folder, epoch)
      for (let number = 0; number < 3; number += 1) void journal.settle(settlement(`${epoch}-${number}`))
      await journal.synced()
      for (let next = journal.unshipped(100); next; next = journal.unshipped(100)) {
        seqs.push(...seqsOf(shippedIn([next.records!])))
        journal.shipped(next.toSeq)
      }
      await journal.close()
    }
    expect(seqs).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6])
  })

  test('what the store has is not offered again', async () => {
    const journal = await open(newFolder(), 1)
    for (const id of ['a', 'b', 'c']) {
      void journal.intend(intent(id))
      void journal.settle(settlement(id))
      if (id !== 'a') await journal.synced()
    }
    expect(seqsOf(nextOf(journal, 10))).toEqual([1, 2, 3])
    // Never less than a whole block, never more than asked for beyond it.
    expect(seqsOf(nextOf(journal, 1))).toEqual([1, 2])
    expect(journal.unshippedMany()).toBe(3)
    journal.shipped(2)
    expect(seqsOf(nextOf(journal, 10))).toEqual([3])
    expect(journal.unshippedMany()).toBe(1)
    journal.shipped(3)
    expect(journal.unshipped(10)).toBeNull()
    await journal.synced()
    await journal.close()
  })

  test('old segments go only once everything is shipped, and the newest stays', async () => {
    const folder = newFolder()
    await (await open(folder, 1)).close()
    const journal = await open(folder, 2)
    void journal.settle(settlement('a'))
    await journal.synced()
    journal.prune(Date.now() + 1_000, 0)
    expect(segments(folder)).toHaveLength(2)
    journal.shipped(1)
    journal.prune(Date.now() + 1_000, 0)
    expect(segments(folder)).toHaveLength(1)
    await journal.synced()
    await journal.close()
  })
})
