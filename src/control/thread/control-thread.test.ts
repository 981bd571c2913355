import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually } from '../../../test/support/eventually.ts'
import type { HttpAnswer, HttpRequest } from '../../lib/http-server/contract.ts'
import type { LogEvent } from '../../lib/log-text.ts'
import type { Source } from '../../lib/source.ts'
import type { Rejection } from '../../store/reports-db/reports-db.ts'
import type { AdminCall } from '../inside-admin.ts'
import { addressHeader } from '../address-header.ts'
import { defaultPeopleSettings } from '../people/settings.ts'
import { startControlThread, type ControlThreadDeps } from './start-control-thread.ts'

const time = { now: 0 }
const clock = { now: () => time.now, monotonic: () => time.now }
const asked: AdminCall[] = []
const events: LogEvent[] = []
const shipped: string[] = []
const deps: ControlThreadDeps = {
  settings: { dataDir: '/nowhere', publicUrl: null, people: defaultPeopleSettings, secret: 'x' },
  admin: (call) => {
    asked.push(call)
    return Promise.resolve({ status: 200, json: { data: [] } })
  },
  ship: () => Promise.resolve(void shipped.push('shipped')),
  takeRejections: () => [{ rejection: { id: 'req_1' } as Rejection, others: 2 }],
  originOf: () => 'https://gateway.example',
  addressOf: () => '203.0.113.7',
  clock,
  log: { info: () => undefined, error: (event) => void events.push(event) },
  worker: new URL('test-worker.ts', import.meta.url),
}
const control = startControlThread(deps)
beforeAll(() => counts())
afterAll(() => control.stop())

/** A request, and what is done when its client leaves. */
function requestOf(target: string, body: string | null = null, headers: Record<string, string> = {}) {
  const listeners: (() => void)[] = []
  const request = {
    method: body === null ? 'GET' : 'POST',
    target,
    headers: { get: (name: string) => headers[name] ?? null, entries: () => Object.entries(headers) },
    bytes: () => new TextEncoder().encode(body ?? ''),
    onLeave: (listener: () => void) => void listeners.push(listener),
  } as unknown as HttpRequest
  return { request, leave: () => listeners.forEach((listener) => listener()) }
}

const ask = async (target: string, ...rest: [body?: string, headers?: Record<string, string>]): Promise<HttpAnswer> =>
  control.handle(requestOf(target, ...rest).request)

const json = ({ body }: HttpAnswer) =>
  JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array)) as Record<string, unknown>

async function counts() {
  return json(await ask('/api/counts')) as { pulled: number; cancelled: number; aborted: number }
}

/** Why there is no next piece. */
const troubleOf = (source: Source): Promise<string> => source.read().then(() => 'none', String)

describe('a request', () => {
  test('is handed over whole, and its answer comes back with each of its cookies', async () => {
    const answer = await ask('/api/echo?a=1', '{"b":2}', { 'x-mine': 'yes' })
    expect(answer.status).toBe(201)
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(json(answer)).toMatchObject({
      href: 'https://gateway.example/api/echo?a=1',
      method: 'POST',
      body: '{"b":2}',
      headers: { 'x-mine': 'yes' },
    })
  })

  test('says from which address it is, and not what its client says of that', async () => {
    const { headers } = json(await ask('/api/echo', '{}', { [addressHeader]: '192.0.2.1' }))
    expect(headers).toMatchObject({ [addressHeader]: '203.0.113.7' })
  })

  test('that fails over there is a 503 that asks to try again', async () => {
    const answer = await ask('/api/failing')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
  })

  test('whose client leaves before the answer is aborted over there', async () => {
    const { request, leave } = requestOf('/api/never')
    const before = (await counts()).aborted
    const answering = control.handle(request)
    await counts()
    leave()
    await answering
    expect((await counts()).aborted).toBe(before + 1)
  })
})

describe('an answer that streams', () => {
  test('is read over there only as fast as its client reads, so that a slow one costs no memory', async () => {
    const before = (await counts()).pulled
    const { body } = await ask('/api/endless')
    const source = body as Source
    for (let piece = 1; piece <= 3; piece += 1) {
      const { value } = await source.read()
      expect(value?.length).toBe(65_536)
      expect((await counts()).pulled).toBe(before + piece)
    }
    await source.cancel()
  })

  test('ends over there when its client leaves', async () => {
    const before = (await counts()).cancelled
    const { body } = await ask('/api/endless')
    const source = body as Source
    await source.read()
    await source.cancel()
    expect((await counts()).cancelled).toBe(before + 1)
  })

  test('breaks off here where it breaks over there, behind all that it gave', async () => {
    const source = (await ask('/api/breaking')).body as Source
    const given = [await source.read(), await source.read()].map(({ value }) => new TextDecoder().decode(value))
    expect(given).toEqual(['one', 'two'])
    expect(await troubleOf(source)).toContain('gave no more')
  })
})

describe('the control thread', () => {
  test('asks the admin API here, for whom it is asked', async () => {
    expect(json(await ask('/api/admin-call'))).toEqual({ status: 200, json: { data: [] } })
    expect(asked).toEqual([
      { method: 'GET', path: '/organizations', actor: { kind: 'person', id: 'per_1', name: 'Ann' } },
    ])
  })

  test('has the journal shipped here', async () => {
    await ask('/api/ship')
    expect(shipped).toEqual(['shipped'])
  })

  test('is told here of calls that were turned away', async () => {
    expect(json(await ask('/api/rejections'))).toEqual([{ rejection: { id: 'req_1' }, others: 2 }] as never)
  })

  test('that dies leaves nobody waiting, rests for a second, and is then started again', async () => {
    const stream = (await ask('/api/endless')).body as Source
    await stream.read()
    const waiting = ask('/api/never')
    const dying = await ask('/api/exit')
    expect([(await waiting).status, dying.status]).toEqual([503, 503])
    expect(await troubleOf(stream)).toContain('ended')
    expect(events.at(-1)?.event).toBe('control-thread-died')
    expect((await ask('/api/counts')).status).toBe(503)
    time.now += 1_000
    const again = await eventually(
      async () => ((await ask('/api/counts')).status === 200 ? true : null),
      5_000,
      () => 'dead',
    )
    expect(again).toBe(true)
  })

  test('is waited for while it starts, also where its start fails at first; where it does not start at all, that is said', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mart-control-'))
    const started = async (failures: string): Promise<number[]> => {
      writeFileSync(join(dataDir, 'failures'), failures)
      const thread = startControlThread({ ...deps, settings: { ...deps.settings, dataDir } })
      const answers = await Promise.all([1, 2, 3].map(() => thread.handle(requestOf('/api/counts').request)))
      await thread.stop()
      return answers.map(({ status }) => status)
    }
    expect(await started('..')).toEqual([200, 200, 200])
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['control-thread-died', 'control-thread-died'])
    expect(await started('...')).toEqual([503, 503, 503])
    rmSync(dataDir, { recursive: true })
  })

  test('that is stopped ends what is live, and answers nothing more', async () => {
    const stopping = startControlThread(deps)
    const { request } = requestOf('/api/endless')
    const stream = (await stopping.handle(request)).body as Source
    await stream.read()
    await stopping.stop()
    expect(await troubleOf(stream)).toContain('ended')
    expect((await stopping.handle(requestOf('/api/counts').request)).status).toBe(503)
  })
})
