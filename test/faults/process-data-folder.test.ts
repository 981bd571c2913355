/** The files of a data folder: who may read them, and what becomes of a start, or a server, whose database is not what it was. */
import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { freePort, startServer, type Server } from '../support/start-server.ts'
import * as books from './books.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const quick = { way: ways.chat, sandbox: 'tokens=20' } as const

let server: Server
afterEach(() => server.stop())

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
const readableByOthers = (folder: string): string[] =>
  filesOf(folder).filter((path) => (statSync(path).mode & 0o077) !== 0)

test('nobody else can read a file of the data folder, whatever the folder’s mode and the umask; older files are closed', async () => {
  const folder = testFolder('open')
  chmodSync(folder, 0o777)
  const umask = process.umask(0)
  try {
    server = await startServer({ dataDir: folder })
    const account = await support.openHouse(server)
    expect((await support.shoot(server, account, quick)).whole).toBe(true)
    expect(filesOf(folder).length).toBeGreaterThanOrEqual(6)
    expect(readableByOthers(folder)).toEqual([])
    await server.kill('SIGKILL')
    const files = filesOf(folder)
    for (const path of files) chmodSync(path, 0o666)
    await server.restart()
    expect(readableByOthers(folder)).toEqual([])
    expect(server.output()).toContain('"event":"file-closed-to-others"')
    await books.expectBooks({ server, account }, [])
  } finally {
    process.umask(umask)
  }
}, 40_000)

for (const [what, lose] of [
  ['deleted', (path: string) => rmSync(path)],
  ['emptied', (path: string) => truncateSync(path, 0)],
] as const)
  test(`a database that was ${what} beside a journal with history is no first run: refused in one line, and nothing is made`, async () => {
    server = await startServer()
    const account = await support.openHouse(server)
    await support.shoot(server, account, quick)
    await server.kill('SIGKILL')
    for (const name of ['mart.db-wal', 'mart.db-shm']) rmSync(join(server.dataDir, name), { force: true })
    lose(join(server.dataDir, 'mart.db'))
    const before = filesOf(server.dataDir).length
    for (const option of [[], ['--accept-loss']]) {
      const line = await server.refusedStart(...option)
      expect(line).toContain('mart.db is missing')
      expect(line).toContain('restore a backup into an empty folder (mart restore FILE)')
    }
    expect(filesOf(server.dataDir).length).toBe(before)
  }, 40_000)

/** Makes the root page of a table one that is none. */
function breakPage(path: string, table: string): void {
  const db = new Database(path)
  const { page } = db
    .query<{ page: number }, [string]>('select rootpage as page from sqlite_schema where name = ?')
    .get(table)!
  const { page_size: bytes } = db.query<{ page_size: number }, []>('pragma page_size').get()!
  db.run('pragma wal_checkpoint(truncate)')
  db.close()
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.from([0x55, 0xaa, 0x55]), 0, 3, (page - 1) * bytes)
  closeSync(file)
}

test('a bit that flips in the database’s log, or a log that is cut short or gone, is no torn end: the start is refused and says what is lost', async () => {
  server = await startServer()
  const account = await support.openHouse(server)
  for (let number = 0; number < 3; number += 1) await support.shoot(server, account, quick)
  await server.kill('SIGKILL')
  const log = join(server.dataDir, 'mart.db-wal')
  const whole = readFileSync(log)
  const flipped = Buffer.from(whole)
  flipped[whole.length >> 1]! ^= 1
  writeFileSync(log, flipped)
  expect(await server.refusedStart()).toMatch(
    /mart\.db-wal is damaged: frame \d+ of it cannot be read, and what was changed behind that is lost\. .*--accept-loss\)$/,
  )
  for (const bytes of [whole.length >> 1, 0]) {
    truncateSync(log, bytes)
    expect(await server.refusedStart()).toMatch(
      /mart\.db is older than it was: \d+ of its last changes are lost .*--accept-loss\)$/,
    )
  }
  writeFileSync(log, whole)
  await server.restart()
  await books.expectBalance({ server, account })
}, 40_000)

test('a damaged page is found at the start: said in the log and the metrics, and the server is not ready', async () => {
  const port = await freePort()
  const config = join(testFolder('config'), 'mart.yaml')
  await Bun.write(config, `metrics: { port: ${port} }\n`)
  server = await startServer({ env: { MART_CONFIG: config } })
  const account = await support.openHouse(server)
  await support.shoot(server, account, quick)
  const fault = async (): Promise<string | undefined> =>
    /mart_data_fault\{fault="database-damaged"\} (\d)/.exec(
      await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    )?.[1]
  expect(await fault()).toBe('0')
  await server.kill()
  breakPage(join(server.dataDir, 'mart.db'), 'transfer')
  server.begin()
  const reason = await eventually(
    async () => {
      const response = await fetch(`${server.baseUrl}/readyz`).catch(() => null)
      const said = response?.status === 503 ? ((await response.json()) as { reason: string }).reason : null
      return said === 'starting' ? null : said
    },
    20_000,
    () => server.output(),
  )
  expect(reason).toContain('the database is damaged')
  expect(reason).toContain('mart restore FILE')
  expect(await fault()).toBe('1')
  expect(server.output()).toContain('"event":"database-damaged"')
  // Another start would find the same.
  expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200)
}, 40_000)

test('a page that the start needs and cannot read refuses it in one line', async () => {
  server = await startServer()
  await server.kill()
  const path = join(server.dataDir, 'mart.db')
  breakPage(path, 'virtual_key')
  expect(await server.refusedStart()).toMatch(/the database is damaged: .*; restore a backup \(mart restore FILE\)$/)
  const bytes = readFileSync(path)
  bytes.fill(0x20, 0, 64)
  await Bun.write(path, bytes)
  expect(await server.refusedStart()).toContain('cannot be opened: file is not a database; restore a backup')
}, 40_000)
