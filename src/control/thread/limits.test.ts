import { afterAll, expect, test } from 'bun:test'
import net from 'node:net'
import { eventually } from '../../../test/support/eventually.ts'
import { systemClock } from '../../lib/clock.ts'
import type { LogEvent } from '../../lib/log-text.ts'
import { listen } from '../../lib/http-server/http-server.ts'
import { defaultPeopleSettings } from '../people/settings.ts'
import { requestsMax, startControlThread } from './start-control-thread.ts'

const deps = {
  settings: { dataDir: '/nowhere', publicUrl: null, people: defaultPeopleSettings, secret: 'x' },
  admin: () => Promise.resolve({ status: 200, json: {} }),
  ship: () => Promise.resolve(),
  takeRejections: () => [],
  originOf: () => 'http://gateway.test',
  addressOf: () => '127.0.0.1',
  clock: systemClock,
  log: { info: () => undefined, error: () => undefined },
  worker: new URL('test-worker.ts', import.meta.url),
} as const
const control = startControlThread(deps)
const failed: unknown[] = []
const server = listen({
  hostname: '127.0.0.1',
  port: 0,
  handle: control.handle,
  clock: systemClock,
  failed: (error) => failed.push(error),
})
afterAll(async () => {
  server.close()
  await control.stop()
})

const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`)
const counts = async () => {
  const response = await get('/api/counts')
  return (await response.json()) as { pulled: number; cancelled: number }
}

const clientsMany = 50
/** Much more than a socket's buffers take of an endless answer, and nothing beside what a stream would be that is not held back. */
const pulledOfOneMax = 200

/** The same twice in a row: nothing is made any more. */
async function settled(): Promise<number> {
  let last = -1
  return eventually(
    async () => {
      const { pulled } = await counts()
      const isStill = pulled === last
      last = pulled
      return isStill ? pulled : null
    },
    10_000,
    () => `still making: ${last}`,
  )
}

test('fifty readers of endless answers who take nothing make nothing be made, and leave nothing open when they go', async () => {
  const before = process.memoryUsage.rss()
  const sockets = await Promise.all(
    Array.from({ length: clientsMany }, async () => {
      const socket = net.connect(server.port, '127.0.0.1')
      await new Promise((resolve) => socket.once('connect', resolve))
      socket.pause()
      socket.write('GET /api/endless HTTP/1.1\r\nhost: a\r\n\r\n')
      return socket
    }),
  )
  await eventually(
    async () => ((await counts()).pulled >= clientsMany ? true : null),
    10_000,
    () => 'they do not begin',
  )
  const pulled = await settled()
  expect(pulled).toBeLessThan(clientsMany * pulledOfOneMax)
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 * 1024 * 1024)
  for (const socket of sockets) socket.destroy()
  await eventually(
    async () => ((await counts()).cancelled === clientsMany ? true : null),
    10_000,
    () => 'their streams go on',
  )
  expect(failed).toEqual([])
})

test('a body of more than 128 KiB is refused before it is handed over', async () => {
  const post = (bytes: number) =>
    fetch(`http://127.0.0.1:${server.port}/api/echo`, { method: 'POST', body: 'x'.repeat(bytes) })
  expect((await post(128 * 1024)).status).toBe(201)
  const refused = await post(128 * 1024 + 1)
  expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
    413,
    'body_too_large',
  ])
})

test('more requests at once than there may be are asked to come again, and those that are over make room', async () => {
  const leaving: (() => void)[] = []
  const onLeave = (listener: () => void): void => void leaving.push(listener)
  const ask = async (target: string) =>
    control.handle({ method: 'GET', target, headers: { entries: () => [] }, onLeave } as never)
  const waiting = Array.from({ length: requestsMax }, () => ask('/api/never'))
  await eventually(
    () => Promise.resolve(leaving.length >= requestsMax || null),
    5_000,
    () => `${leaving.length} wait`,
  )
  const refused = await ask('/api/counts')
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
  for (const leave of leaving) leave()
  await Promise.all(waiting)
  expect((await ask('/api/counts')).status).toBe(200)
})

test('a thread that is stuck is ended after the time that a request may take, and started again', async () => {
  const died: unknown[] = []
  const log = { info: () => undefined, error: (event: LogEvent) => void died.push(event['reason']) }
  const stuck = startControlThread({ ...deps, log, headMsMax: 500 })
  const ask = async (target: string) =>
    stuck.handle({ method: 'GET', target, headers: { entries: () => [] }, onLeave: () => undefined } as never)
  expect((await ask('/api/counts')).status).toBe(200)
  expect((await ask('/api/loop')).status).toBe(503)
  expect(died).toEqual(['it answered nothing in time'])
  await eventually(
    async () => ((await ask('/api/counts')).status === 200 ? true : null),
    10_000,
    () => 'it stays dead',
  )
  await stuck.stop()
})
