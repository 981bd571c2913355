/**
 * A disk that fills up under load: refused unpaid while it lasts, served again by itself when there is room, with
 * every promise kept and the same process all along.
 */
import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type Server } from '../support/start-server.ts'
import * as books from './books.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

const quick = { way: ways.chat, sandbox: 'tokens=20' } as const
const rounds = 3

let house: books.House
let server: Server
const started = async (dataDir?: string): Promise<void> => {
  server = await startServer(dataDir === undefined ? {} : { dataDir })
  house = { server, account: await support.openHouse(server) }
}
afterEach(() => server.stop())

/** Requests run while it fills, while it is full, and while there is room again. */
async function fillUnderLoad(fill: () => void, makeRoom: () => void): Promise<void> {
  const shots: support.Shot[] = []
  const pid = server.pid()
  for (let round = 0; round < rounds; round += 1) {
    const load = support.startLoad(server, [house.account], 16, support.mixed)
    await Bun.sleep(300)
    fill()
    expect(await books.untilUnready(server)).toContain('the disk is full')
    await load.stop()
    const refused = load.shots.filter(({ status }) => status === 503)
    expect(refused.length).toBeGreaterThan(0)
    refused.forEach(books.expectUnpaidRefused)
    await books.expectNothingServed(house)
    // Another start would help nobody.
    expect((await fetch(`${server.baseUrl}/healthz`)).status).toBe(200)
    makeRoom()
    await books.untilReady(server)
    expect((await support.shoot(server, house.account, quick)).whole).toBe(true)
    shots.push(...load.shots)
    await books.expectBooks(house, shots)
  }
  expect([server.pid(), shots.filter(({ whole }) => whole).length > rounds]).toEqual([pid, true])
  await server.kill('SIGKILL')
  await server.restart()
  await books.expectBooks(house, shots)
}

/** Sets limits of a process that runs; Linux has it. */
const prlimit = Bun.which('prlimit')
test.skipIf(prlimit === null)(
  'a file that may grow no further: 503 while it lasts, and service by itself when it may, nothing lost or doubled',
  async () => {
    await started()
    // The limit is on the size of any file, so the journal, and the store beside it, cannot grow.
    const fill = (): void => limitFileSize(String(statSync(support.newestSegment(server)).size + 5_000))
    await fillUnderLoad(fill, () => limitFileSize('unlimited'))
  },
  60_000,
)

/** The soft limit alone, which may be raised again. A write across it comes out short; the next one fails. */
function limitFileSize(bytes: string): void {
  const { status, stderr } = spawnSync(prlimit!, [`--pid=${server.pid()}`, `--fsize=${bytes}:`], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

const [mount, unmount] = [Bun.which('mount'), Bun.which('umount')]
/** Only root may, and not in every container. */
const isMountedAt = (folder: string): boolean =>
  mount !== null &&
  unmount !== null &&
  spawnSync(mount, ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]).status === 0

describe('a disk of 24 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mart-small-'))
  const isMounted = isMountedAt(folder)
  afterAll(() => {
    if (isMounted) spawnSync(unmount!, ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  test.skipIf(!isMounted)(
    'that fills up (a tmpfs; needs root): 503 while it lasts, and service by itself, the journal and the database with it',
    async () => {
      await started(join(folder, 'data'))
      const filler = join(folder, 'filler')
      await fillUnderLoad(
        () => fillWith(filler),
        () => unlinkSync(filler),
      )
    },
    60_000,
  )
})

/** Writes until there is no room for a byte more. */
function fillWith(path: string): void {
  const file = openSync(path, 'w')
  const bytes = Buffer.alloc(64 * 1024)
  for (let size = bytes.length; size >= 1;) {
    try {
      writeSync(file, bytes, 0, size)
    } catch {
      size >>= 1
    }
  }
  closeSync(file)
}
