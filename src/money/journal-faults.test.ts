import { afterEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Nano } from '../lib/amounts.ts'
import { blocksIn } from '../lib/blocks.ts'
import { localDisk, type JournalDisk } from './journal-disk.ts'
import { intent } from './journal-fixtures.ts'
import { openJournal, recoverJournal, type Journal } from './journal.ts'
import type { Recovered } from './journal-recovery.ts'
import { segmentsIn } from './journal-segments.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

type Opened = { readonly journal: Journal; readonly folder: string; readonly told: (string | null)[] }
async function openOn(disk: Partial<JournalDisk>): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'mart-journal-'))
  folders.push(folder)
  const told: (string | null)[] = []
  const journal = await openJournal(folder, 1, recover(folder), {
    // Where a test says how a write goes, every one goes so.
    disk: { ...localDisk, retryMs: 2, ...(disk.write ? { writeNow: () => 0 } : {}), ...disk },
    onTrouble: (trouble) => told.push(trouble?.kind ?? null),
  })
  return { journal, folder, told }
}
const recover = (folder: string): Recovered => recoverJournal(folder, { lastSeq: 0, hasLeased: false }, () => 'live')

const giveBack = (journal: Journal, amount: bigint): Promise<void> =>
  journal.returnLease({ organizationId: 'org_1', mode: 'live', amountNano: amount as Nano })
const isWritten = (writing: Promise<void>): Promise<boolean> =>
  writing.then(
    () => true,
    () => false,
  )
const errorOf = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: as the test wants it`), { code })

/** The amounts in the file, in its order; each record carries the number behind the one before. */
function amountsIn(folder: string): bigint[] {
  const lines = segmentsIn(folder).flatMap((path) => [...blocksIn(readFileSync(path))].flatMap((block) => block.lines))
  const records = lines
    .map((line) => JSON.parse(line) as { kind: string; seq: number; amountNano: string })
    .filter(({ kind }) => kind === 'return-lease')
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1))
  return records.map(({ amountNano }) => BigInt(amountNano))
}
const isWhole = (path: string): boolean => {
  const bytes = readFileSync(path)
  return [...blocksIn(bytes)].at(-1)?.end === bytes.length
}

/** Calls back when it is let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

describe('a slow disk', () => {
  test('a sync that does not end holds up no write, and nothing that is not synced is shipped', async () => {
    const syncing = gate()
    const { journal } = await openOn({ sync: (file) => syncing.opened.then(() => localDisk.sync(file)) })
    for (let amount = 1n; amount <= 3n; amount += 1n) await giveBack(journal, amount)
    expect(journal.unshipped(10)).toBeNull()
    const synced = journal.synced()
    await giveBack(journal, 4n)
    syncing.open()
    await synced
    expect(journal.unshipped(10)?.toSeq).toBeGreaterThanOrEqual(3)
    await journal.close()
  })

  test('a write that takes long keeps waiting who waits for it and nobody else; what comes meanwhile is one block', async () => {
    const writing = gate()
    let blocks = 0
    const { journal, folder } = await openOn({
      write: (file, bytes, at, done) => {
        if (at === 0) return localDisk.write(file, bytes, at, done)
        blocks += 1
        void writing.opened.then(() => localDisk.write(file, bytes, at, done))
      },
    })
    const first = giveBack(journal, 1n)
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    const rest = [2n, 3n, 4n].map((amount) => giveBack(journal, amount))
    // The loop turns as if there were no disk.
    const turns = await Promise.race([first.then(() => 0), turnsOf(100)])
    expect([turns, blocks]).toEqual([100, 1])
    writing.open()
    await Promise.all([first, ...rest])
    expect([blocks, amountsIn(folder)]).toEqual([2, [1n, 2n, 3n, 4n]])
    await journal.close()
  })

  test('a write is on the event loop only where the disk was quick a moment ago and no sync is under way', async () => {
    const syncing = gate()
    let isSlow = false
    let now = 0
    const { journal } = await openOn({
      // The disk of whoever runs this may be slow.
      sync: () => (isSlow ? syncing.opened : Promise.resolve()),
      writeNow: (file, bytes, at) => {
        now += 1
        return localDisk.writeNow(file, bytes, at)
      },
    })
    // Nothing is known of a disk that was not synced yet, or not for a while.
    await giveBack(journal, 1n)
    expect(now).toBe(0)
    await journal.synced()
    await giveBack(journal, 2n)
    expect(now).toBe(1)
    isSlow = true
    const synced = journal.synced()
    for (let amount = 3n; amount <= 20n; amount += 1n) await giveBack(journal, amount)
    expect(now).toBe(1)
    syncing.open()
    await synced
    await journal.close()
  })

  test('a disk that was slow is written to off the event loop for a while', async () => {
    let now = 0
    const { journal } = await openOn({
      sync: (file) => new Promise((resolve) => setTimeout(resolve, 110)).then(() => localDisk.sync(file)),
      writeNow: (file, bytes, at) => {
        now += 1
        return localDisk.writeNow(file, bytes, at)
      },
    })
    for (let amount = 1n; amount <= 3n; amount += 1n) {
      await giveBack(journal, amount)
      await journal.synced()
    }
    expect(now).toBe(0)
    await journal.close()
  })
})

async function turnsOf(many: number): Promise<number> {
  for (let turn = 0; turn < many; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  return many
}

describe('a disk that is full', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG'])
    test(`${code}: what was not written is told so, and with room again the journal goes on by itself, without a gap`, async () => {
      let isFull = false
      const { journal, folder, told } = await openOn({
        write: (file, bytes, at, done) => (isFull ? done(errorOf(code), 0) : localDisk.write(file, bytes, at, done)),
      })
      await giveBack(journal, 1n)
      isFull = true
      expect(await Promise.all([isWritten(giveBack(journal, 2n)), isWritten(giveBack(journal, 3n))])).toEqual([
        false,
        false,
      ])
      expect(journal.trouble()).toEqual({
        kind: 'full',
        reason: `the journal cannot be written: the disk is full (${code})`,
      })
      expect(await isWritten(giveBack(journal, 4n))).toBe(false)
      expect(await isWritten(journal.synced())).toBe(false)
      isFull = false
      await journal.writable()
      expect(journal.trouble()).toBeNull()
      await giveBack(journal, 5n)
      await journal.synced()
      expect([amountsIn(folder), journal.lastSeq(), journal.unshipped(10)?.toSeq, told]).toEqual([
        [1n, 5n],
        2,
        2,
        ['full', null],
      ])
      await journal.close()
    })

  test('a block that was written in part is cut off before the next one', async () => {
    let room = Number.POSITIVE_INFINITY
    const { journal, folder } = await openOn({
      write: (file, bytes, at, done) => {
        if (room === 0) return done(errorOf('ENOSPC'), 0)
        const part = bytes.subarray(0, room)
        room -= part.length
        localDisk.write(file, part, at, done)
      },
    })
    await giveBack(journal, 1n)
    room = 30
    expect(await isWritten(giveBack(journal, 2n))).toBe(false)
    room = Number.POSITIVE_INFINITY
    await journal.writable()
    await giveBack(journal, 3n)
    await journal.close()
    const [segment] = segmentsIn(folder)
    expect([isWhole(segment!), amountsIn(folder)]).toEqual([true, [1n, 3n]])
  })

  test('one that is full when it syncs: what was written is written again, and shipped once it is safe', async () => {
    let isFull = true
    const { journal, folder, told } = await openOn({
      sync: (file) => (isFull ? Promise.reject(errorOf('ENOSPC')) : localDisk.sync(file)),
    })
    const first = await isWritten(giveBack(journal, 1n))
    expect(await isWritten(journal.synced())).toBe(false)
    isFull = false
    await journal.writable()
    await giveBack(journal, 2n)
    await journal.synced()
    expect([amountsIn(folder), told]).toEqual([first ? [1n, 2n] : [2n], ['full', null]])
    expect(journal.unshippedMany()).toBe(first ? 2 : 1)
    await journal.close()
  })

  test('an intent that was not written is not open, and one whose settlement was not written still is', async () => {
    let isFull = false
    const { journal, folder } = await openOn({
      write: (file, bytes, at, done) => (isFull ? done(errorOf('ENOSPC'), 0) : localDisk.write(file, bytes, at, done)),
    })
    await journal.intend(intent('a'))
    await journal.progress({ requestId: 'a', inputTokens: 1, outputTokens: 7 })
    isFull = true
    expect(await isWritten(journal.intend(intent('b')))).toBe(false)
    expect(await isWritten(journal.endEpoch(1))).toBe(false)
    expect([journal.progressOf('a')?.outputTokens, journal.progressOf('b')]).toEqual([7, null])
    isFull = false
    await journal.writable()
    await journal.close()
    expect(recover(folder).open.map(({ intent: { requestId } }) => requestId)).toEqual(['a'])
  })

  test('however it fails and comes back: the file has what was acknowledged, once and in order, and nothing else', async () => {
    const failures = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'none', 'part', 'sync'), {
      minLength: 5,
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(failures, async (schedule) => {
        const ways = [...schedule]
        let isSyncBad = false
        const { journal, folder } = await openOn({
          write: (file, bytes, at, done) => {
            const way = ways.shift() ?? 'ok'
            isSyncBad = way === 'sync'
            if (way === 'none') return done(errorOf('ENOSPC'), 0)
            if (way !== 'part') return localDisk.write(file, bytes, at, done)
            localDisk.write(file, bytes.subarray(0, bytes.length >> 1), at, () => done(errorOf('ENOSPC'), 0))
          },
          sync: (file) => (isSyncBad ? Promise.reject(errorOf('EDQUOT')) : localDisk.sync(file)),
        }).catch(() => ({ journal: null, folder: '' }))
        if (journal === null) return
        const acknowledged: bigint[] = []
        for (let amount = 1n; amount <= 20n; amount += 1n) {
          if (await isWritten(giveBack(journal, amount))) acknowledged.push(amount)
          else await journal.writable()
        }
        ways.length = 0
        isSyncBad = false
        await journal.writable()
        await journal.close()
        expect(amountsIn(folder)).toEqual(acknowledged)
      }),
      { numRuns: 40 },
    )
  }, 20_000)
})

test('a disk that fails otherwise is not trusted again: EIO is said, and lasts until a restart', async () => {
  let isBad = false
  const { journal, folder, told } = await openOn({
    sync: (file) => (isBad ? Promise.reject(errorOf('EIO')) : localDisk.sync(file)),
  })
  await giveBack(journal, 1n)
  await journal.synced()
  isBad = true
  await isWritten(giveBack(journal, 2n))
  expect(await isWritten(journal.synced())).toBe(false)
  isBad = false
  await turnsOf(200)
  expect(journal.trouble()).toEqual({
    kind: 'broken',
    reason: 'the journal cannot be written: EIO; restart to recover',
  })
  expect(await isWritten(giveBack(journal, 3n))).toBe(false)
  expect(told).toEqual(['broken'])
  await journal.close()
  expect(amountsIn(folder)[0]).toBe(1n)
})
