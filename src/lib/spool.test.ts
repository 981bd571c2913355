import { describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pattern } from './http/test-bytes.ts'
import type { Source } from './source.ts'
import { createSpool, memoryBytesMax, reserveBytesOf, SpoolFullError, type Spool } from './spool.ts'
import { testFolder } from './test-folder.ts'

const troubles: unknown[] = []
function spool(limits = { bytesMax: 1e9, ownBytesMax: 1e9 }): Spool & { directory: string } {
  const directory = path.join(testFolder('spool'), 'spool')
  return { ...createSpool({ directory, limits: () => limits, failed: (error) => troubles.push(error) }), directory }
}

async function bytesOf(source: Source): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let piece = await source.read(); !piece.done; piece = await source.read()) pieces.push(piece.value)
  return Buffer.concat(pieces)
}

/** Files of a spool that are open in this process. */
const openIn = (directory: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory)
    } catch {
      return false
    }
  }).length

describe('a body that is kept', () => {
  for (const length of [0, 1, 300_000, memoryBytesMax, memoryBytesMax + 1, 11_000_000])
    test(`of ${length} bytes is what was given, whole or in part, as often as is asked`, async () => {
      const { keep } = spool()
      const kept = keep('org', null)
      const body = pattern(length)
      for (let at = 0; at < length; at += 100_000) await kept.append(body.subarray(at, at + 100_000))
      expect(kept.bytes).toBe(length)
      const whole = kept.source(0, length)
      expect(whole.length).toBe(length)
      for (const source of [whole, whole.open()]) expect(body.equals(await bytesOf(source))).toBe(true)
      const some = kept.source(length >> 2, length >> 1)
      expect((await bytesOf(some)).equals(body.subarray(length >> 2, length >> 1))).toBe(true)
      kept.free()
    })

  test('has no file while it is small, and one without a name, which is gone with it, once it is large', async () => {
    const { keep, directory, heldBytes } = spool()
    const kept = keep('org', null)
    await kept.append(pattern(memoryBytesMax))
    expect([openIn(directory), heldBytes()]).toEqual([0, 0])
    await kept.append(pattern(10))
    expect([openIn(directory), heldBytes()]).toEqual([1, memoryBytesMax + 10])
    expect(readdirSync(directory)).toEqual([])
    kept.free()
    kept.free()
    while (openIn(directory) > 0) await Bun.sleep(2)
    expect([openIn(directory), heldBytes(), troubles.length]).toEqual([0, 0, 0])
  })

  test('is refused before any of it has come where there is no room for its length, and what it had is given back', async () => {
    const { keep, heldBytes } = spool({ bytesMax: 30e6, ownBytesMax: 20e6 })
    const one = keep('one', 20e6)
    await one.append(Buffer.alloc(20e6))
    expect(heldBytes()).toBe(20e6)
    expect(() => keep('one', 5e6)).toThrow(new SpoolFullError('own-full'))
    expect(() => keep('other', 11e6)).toThrow(new SpoolFullError('all-full'))
    // What fits into memory needs no room in files.
    keep('one', 1e6).free()
    one.free()
    expect(heldBytes()).toBe(0)
    keep('one', 20e6).free()
    expect(() => keep('one', 21e6)).toThrow(new SpoolFullError('own-full'))
  })

  test('takes room by what has come: any number that are announced and slow keep nobody out, and who is too much then is told', async () => {
    const { keep, heldBytes } = spool({ bytesMax: 30e6, ownBytesMax: 20e6 })
    const slow = ['one', 'two', 'three'].flatMap((owner) => Array.from({ length: 10 }, () => keep(owner, 20e6)))
    for (const each of slow) await each.append(Buffer.alloc(1_000))
    expect(heldBytes()).toBe(0)
    const quick = keep('four', 20e6)
    await quick.append(Buffer.alloc(20e6))
    const [late] = slow
    await late!.append(Buffer.alloc(9e6))
    expect(late!.append(Buffer.alloc(2e6))).rejects.toThrow(new SpoolFullError('all-full'))
    for (const each of [...slow, quick]) each.free()
    expect(heldBytes()).toBe(0)
  })

  test('leaves a tenth of the disk free, and two GiB of a large one: beyond that it is refused as where its share is full', async () => {
    expect([2e9, 100e9].map((bytes) => reserveBytesOf({ bytes }))).toEqual([2e8, 2 * 1024 ** 3])
    const disk = { bytes: 1e9, freeBytes: 140e6 }
    const folder = testFolder('spool')
    const limits = () => ({ bytesMax: 1e12, ownBytesMax: 1e12 })
    const { keep, heldBytes } = createSpool({ directory: folder, limits, failed: () => {}, disk: async () => disk })
    const kept = keep('one', null)
    const adding = async (): Promise<void> => {
      for (;;) {
        await kept.append(Buffer.alloc(1e6))
        disk.freeBytes -= 1e6
      }
    }
    expect(await adding().catch((error: unknown) => error)).toEqual(new SpoolFullError('all-full'))
    expect(disk.freeBytes).toBeGreaterThan(99e6)
    expect(disk.freeBytes).toBeLessThan(106e6)
    kept.free()
    expect(heldBytes()).toBe(0)
    // What is small is in memory, whatever the disk has.
    await keep('one', 1e6).append(Buffer.alloc(1e6))
  })

  test('that does not say its length is refused as soon as it is too much', async () => {
    const { keep, heldBytes } = spool({ bytesMax: 10e6, ownBytesMax: 10e6 })
    const kept = keep('org', null)
    const adding = async (): Promise<void> => {
      for (let nth = 0; nth < 20; nth++) await kept.append(Buffer.alloc(1_000_000))
    }
    expect(adding()).rejects.toThrow(SpoolFullError)
    await adding().catch(() => undefined)
    expect(heldBytes()).toBeLessThanOrEqual(10e6)
    kept.free()
    expect(heldBytes()).toBe(0)
  })
})

test('a body that is freed while it is read gives its own bytes or an error, and never those of another', async () => {
  const { keep } = spool()
  for (let nth = 0; nth < 20; nth++) {
    const mine = keep('one', null)
    await mine.append(Buffer.alloc(memoryBytesMax + 1, 1))
    const source = mine.source(0, mine.bytes)
    const reading = bytesOf(source).catch(() => Buffer.alloc(0))
    if (nth % 2 > 0) await Bun.sleep(0)
    mine.free()
    const other = keep('other', null)
    await other.append(Buffer.alloc(memoryBytesMax + 1, 2))
    expect((await reading).includes(2)).toBe(false)
    other.free()
  }
})

test('what a crash left is removed at the start, and nothing else', () => {
  const directory = path.join(testFolder('spool'), 'spool')
  mkdirSync(directory)
  writeFileSync(path.join(directory, 'x.body'), 'left')
  writeFileSync(path.join(directory, 'README'), 'kept')
  createSpool({ directory, limits: () => ({ bytesMax: 1, ownBytesMax: 1 }), failed: () => undefined })
  expect(readdirSync(directory)).toEqual(['README'])
})

test('its folder is its owner’s alone', () => {
  expect(statSync(spool().directory).mode & 0o777).toBe(0o700)
})
