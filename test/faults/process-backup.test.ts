/**
 * A backup that is made while requests run, restored into a new folder after the server was killed: every request that
 * was acknowledged before is there, the ledger verifies, and what the old server still has to say is fenced off.
 */
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { eventually } from '../support/eventually.ts'
import { plainEnvironment, run, type Ran } from '../support/program.ts'
import { startServer, type Server } from '../support/start-server.ts'
import type { Account } from '../support/mart.ts'
import * as books from './books.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

const quick = { way: ways.chat, sandbox: 'tokens=20' } as const
type Written = { readonly path: string; readonly lastSeq: number; readonly files: number; readonly ok: boolean }

let server: Server
let account: Account
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mart-backup-'))
  server = await startServer()
  account = await support.openHouse(server)
}, ways.startMsMax)
afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const command = (dataDir: string, ...words: string[]): Promise<Ran> =>
  run(process.execPath, ['src/cli.ts', ...words], { env: { ...plainEnvironment(), DATA_DIR: dataDir }, msMax: 30_000 })
async function json<T>(dataDir: string, ...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await command(dataDir, ...words, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as T
}

test('a backup made under load and restored after a kill has every request that was acknowledged before it, once', async () => {
  const load = support.startLoad(server, [account], 16, support.mixed)
  const isWhole = ({ whole }: (typeof load.shots)[number]): boolean => whole
  const hasMany = async (): Promise<true | null> => (load.shots.filter(isWhole).length > 16 ? true : null)
  await eventually(hasMany, 20_000, () => `${load.shots.length} answers`)
  const before = [...load.shots]
  const file = join(folder, 'backup.db')
  const written = await json<Written>(server.dataDir, 'backup', file)
  expect(written).toMatchObject({ path: file, ok: true })
  expect([written.lastSeq > 0, written.files > 0, statSync(file).mode & 0o777]).toEqual([true, true, 0o600])
  await Bun.sleep(300)
  await Promise.all([server.kill('SIGKILL'), load.stop()])

  const dataDir = join(folder, 'data')
  await json(dataDir, 'restore', file)
  const restored = await startServer({ dataDir, env: { MART_SANDBOX_URL: server.sandboxUrl! } })
  try {
    expect(await support.ledgerFaults(restored)).toEqual([])
    const whole = before.filter(isWhole)
    expect(support.promiseFaults(whole, support.settlements(restored))).toEqual([])
    await books.expectBalance({ server: restored, account })
    expect((await support.shoot(restored, account, quick)).whole).toBe(true)
    expect(await support.ledgerFaults(restored)).toEqual([])
  } finally {
    await restored.kill()
  }
  await expectFenced(dataDir)
  await restored.stop()
}, 60_000)

/** What the killed server would still send, of its own epoch, is refused by the restored store. */
async function expectFenced(dataDir: string): Promise<void> {
  const old = new Database(join(server.dataDir, 'mart.db'), { readonly: true })
  const { id, epoch, seq } = old
    .query<{ id: number; epoch: number; seq: number }, []>('select id, epoch, last_seq as seq from node')
    .get()!
  old.close()
  const store = openSqliteStore({ path: join(dataDir, 'mart.db') })
  const batch = { nodeId: id, epoch, fromSeq: seq, toSeq: seq, records: '' }
  const error: unknown = await store
    .applyJournal({ ...batch, fromSeq: seq + 1, toSeq: seq + 1 })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'node-fenced' })
  await store.close()
}

test('a backup of a server that is stopped is whole as well, and one folder can be made of it only once', async () => {
  const receipt = await ways.settledOf(server, account, (await support.shoot(server, account, quick)).requestId)
  await server.kill()
  const file = join(folder, 'backup.db')
  await json(server.dataDir, 'backup', file)
  const dataDir = join(folder, 'data')
  await json(dataDir, 'restore', file)
  const modes = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(dataDir, name)))
  expect(modes.filter((found) => found.isFile() && (found.mode & 0o077) !== 0)).toEqual([])
  const again = await command(dataDir, 'restore', file)
  expect(again).toMatchObject({ code: 1, stdout: '' })
  expect(again.stderr).toBe(`mart: ${dataDir} is not empty; a backup is restored into a new folder: set DATA_DIR\n`)
  const restored = await startServer({ dataDir, env: { MART_SANDBOX_URL: server.sandboxUrl! } })
  expect(await ways.settledOf(restored, account, receipt.requestId)).toEqual(receipt)
  expect(await support.ledgerFaults(restored)).toEqual([])
  await restored.stop()
}, 60_000)

test('a backup is never written over anything, and leaves nothing behind where it cannot be made', async () => {
  const file = join(folder, 'backup.db')
  writeFileSync(file, 'mine')
  expect(await command(server.dataDir, 'backup', file)).toMatchObject({
    code: 1,
    stderr: `mart: ${file} exists; a backup is never written over anything\n`,
  })
  expect(readFileSync(file, 'utf8')).toBe('mine')
  const nowhere = await command(folder, 'backup', join(folder, 'other.db'))
  expect(nowhere).toMatchObject({ code: 1, stderr: `mart: ${folder} holds no mart.db; set DATA_DIR\n` })
  expect(readdirSync(folder)).toEqual(['backup.db'])
}, 30_000)

test('a backup with a changed byte is not restored: it says so, and makes no folder', async () => {
  await support.shoot(server, account, quick)
  await server.kill()
  const file = join(folder, 'backup.db')
  await json(server.dataDir, 'backup', file)
  const bytes = readFileSync(file)
  // In the text of a journal block, which is in no page's structure.
  bytes[bytes.lastIndexOf('"kind":"segment"') + 9]! ^= 1
  writeFileSync(file, bytes)
  const dataDir = join(folder, 'data')
  const refused = await command(dataDir, 'restore', file)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(`${file} is damaged: journal/journal-`)
  writeFileSync(file, 'no database at all, but long enough to be looked at by somebody who expects one'.repeat(20))
  expect((await command(dataDir, 'restore', file)).stderr).toContain('file is not a database')
  expect(existsSync(dataDir)).toBe(false)
}, 30_000)
