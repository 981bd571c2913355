import { afterAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHeadedFile, openHeadedFile } from './headed-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'mart-headed-'))
afterAll(() => rmSync(folder, { recursive: true }))
let number = 0
const newPath = (): string => join(folder, String((number += 1)))

const bodyIn = async (path: string) => {
  const file = (await openHeadedFile(path))!
  const body = await file.read(0, file.bodyBytes)
  await file.close()
  return { head: file.head, isWhole: file.isWhole, body: Buffer.from(body) }
}

test('whatever the pieces, what is read is what was added, in its order, and whole once it was sealed', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.jsonValue(), async (list, head) => {
      const path = newPath()
      const writer = createHeadedFile(path, { head })
      for (const piece of list) {
        const mine = piece.slice()
        if (writer.add(mine)) await writer.flush()
        // Whose it is may use its memory again.
        mine.fill(0)
      }
      await writer.flush()
      const body = Buffer.concat(list)
      expect(await bodyIn(path)).toEqual({ head: JSON.parse(JSON.stringify({ head })), isWhole: false, body })
      await writer.seal()
      expect(await bodyIn(path)).toMatchObject({ isWhole: true, body })
      expect(statSync(path)).toMatchObject({ size: writer.bytes() })
    }),
    { numRuns: 40 },
  )
})

test('wherever a file is torn, it is not taken for whole, and what stands is the beginning of what was added', async () => {
  const path = newPath()
  const writer = createHeadedFile(path, { a: 1 })
  writer.add(new Uint8Array(100).fill(97))
  await writer.seal()
  const whole = readFileSync(path)
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(path, whole)
    truncateSync(path, length)
    const file = await openHeadedFile(path)
    if (file === null) continue
    expect(file.isWhole).toBe(false)
    expect(Buffer.from(await file.read(0, 1_000)).toString()).toBe('a'.repeat(file.bodyBytes))
    await file.close()
  }
})

test('a bit that flips anywhere of a whole file is found before any of it is believed', async () => {
  const path = newPath()
  const writer = createHeadedFile(path, { a: 'b' })
  writer.add(new Uint8Array(300_000).fill(97))
  await writer.seal()
  const whole = readFileSync(path)
  const isBelieved = async (): Promise<boolean> => {
    const file = await openHeadedFile(path)
    const isSound = file !== null && file.isWhole && (await file.isSound())
    await file?.close()
    return isSound
  }
  expect(await isBelieved()).toBe(true)
  const places = [...Array(70).keys(), 100_000, 262_143, 262_144, whole.length - 1]
  for (const at of places) {
    const flipped = Buffer.from(whole)
    flipped[at]! ^= 1
    writeFileSync(path, flipped)
    expect([at, await isBelieved()]).toEqual([at, false])
  }
})

test('nobody but its owner can read it, and no file that is there already is written over', async () => {
  const path = newPath()
  const writer = createHeadedFile(path, {})
  await writer.seal()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const rejection = await createHeadedFile(path, {})
    .seal()
    .catch((error: NodeJS.ErrnoException) => error.code)
  expect(rejection).toBe('EEXIST')
})

test('what was opened can be read although it is removed; where there is none, or none of ours, there is null', async () => {
  const path = newPath()
  const writer = createHeadedFile(path, {})
  writer.add(Buffer.from('to be kept'))
  await writer.seal()
  const file = (await openHeadedFile(path))!
  unlinkSync(path)
  expect(Buffer.from(await file.read(3, 4)).toString()).toBe('be k')
  await file.close()
  expect(await openHeadedFile(path)).toBeNull()
  writeFileSync(path, 'something else, long enough to have a prefix')
  expect(await openHeadedFile(path)).toBeNull()
})

test('little is gathered before it should be written', async () => {
  const path = newPath()
  const writer = createHeadedFile(path, {})
  expect(writer.add(new Uint8Array(1_000))).toBe(false)
  expect(writer.add(new Uint8Array(20_000))).toBe(true)
  await writer.flush()
  expect(statSync(path).size).toBe(writer.bytes())
})
