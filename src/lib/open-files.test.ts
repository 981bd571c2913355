import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionShare, openFilesMax } from './open-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'open-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the limit of open files is the soft one, as Linux writes it, and 1,024 where nobody says', () => {
  const path = join(folder, 'limits')
  const limitOf = (soft: string): number => {
    writeFileSync(
      path,
      `Limit  Soft Limit  Hard Limit  Units\nMax processes  7 7 processes\nMax open files            ${soft} 9 files\n`,
    )
    return openFilesMax(path)
  }
  expect([limitOf('256'), limitOf('unlimited'), limitOf('some')]).toEqual([256, Infinity, 1_024])
  expect(openFilesMax(join(folder, 'none'))).toBe(1_024)
})

test('clients and upstreams share what the process does not need itself', () => {
  expect([256, 1_024, 20_000].map(connectionShare)).toEqual([64, 448, 9_936])
  for (const filesMax of [256, 1_000, 65_536]) expect(2 * connectionShare(filesMax)).toBeLessThanOrEqual(filesMax - 128)
  expect([connectionShare(0), connectionShare(Infinity)]).toEqual([16, Infinity])
})
