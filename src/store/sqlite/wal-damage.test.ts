import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutDamage, walDamage } from './wal-damage.ts'

let folder: string
let db: Database
/** The files as a kill leaves them. */
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mart-wal-'))
  db = new Database(join(folder, 'live.db'))
  db.run('pragma journal_mode = wal')
  db.run('pragma wal_autocheckpoint = 0')
  db.run('create table t (n integer, words text)')
  path = join(folder, 'left.db')
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

function write(many: number): void {
  for (let n = 0; n < many; n += 1) db.run('insert into t values (?, ?)', [n, 'x'.repeat(3_000)])
}
function leave(): Buffer {
  for (const end of ['', '-wal']) copyFileSync(join(folder, `live.db${end}`), `${path}${end}`)
  return readFileSync(`${path}-wal`)
}
function flip(log: Buffer, at: number): void {
  const flipped = Buffer.from(log)
  flipped[at]! ^= 1 << (at % 8)
  writeFileSync(`${path}-wal`, flipped)
}
const frameBytes = 24 + 4096

test('a log as a kill leaves it is whole, however often it was begun anew, and so is none', () => {
  expect(walDamage(path)).toBeNull()
  for (const many of [1, 40, 3]) {
    write(many)
    leave()
    expect(walDamage(path)).toBeNull()
    db.run('pragma wal_checkpoint(restart)')
  }
})

test('one flipped bit anywhere before the last transaction is found', () => {
  write(20)
  const log = leave()
  const lastBegins = log.length - 3 * frameBytes
  for (let at = 0; at < lastBegins; at += 2_999) {
    flip(log, at)
    expect({ at, words: walDamage(path)?.words }).toEqual({ at, words: expect.stringContaining('cannot be read') })
  }
})

test('what is cut out stays beside, and what is written afterwards is whole', () => {
  write(20)
  const log = leave()
  flip(log, 20 * frameBytes)
  const damage = walDamage(path)!
  cutDamage(damage)
  expect(readFileSync(`${path}-wal-damaged`)).toHaveLength(log.length)
  const cut = new Database(path)
  cut.run('pragma wal_autocheckpoint = 0')
  expect(cut.query('select count(*) as many from t').get()).toEqual({ many: expect.any(Number) })
  for (const n of [1, 2]) cut.run('insert into t values (?, ?)', [n, 'behind'])
  expect(walDamage(path)).toBeNull()
  cut.close()
})

test('a torn end is no damage: whatever a kill or a power cut leaves of the last transaction', () => {
  write(20)
  const log = leave()
  for (let bytes = log.length; bytes >= log.length - frameBytes; bytes -= 256) {
    truncateSync(`${path}-wal`, bytes)
    expect(walDamage(path)).toBeNull()
  }
  flip(log, log.length - 100)
  expect(walDamage(path)).toBeNull()
})
