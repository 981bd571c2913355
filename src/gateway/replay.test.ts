import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createByteQueue } from '../lib/byte-queue.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { openKeptAnswers } from '../money/kept-answers.ts'
import { keyOf } from '../store/store-fixtures.ts'
import type { KeyUse } from '../store/store.ts'
import { genai } from './dialects/genai/envelope.ts'
import { openai } from './dialects/openai/envelope.ts'
import type { GatewayError } from './errors.ts'
import type { KeptHead } from './keep-answer.ts'
import type { RequestEnded } from './observe.ts'
import { replay, type Repeat } from './replay.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const first: KeyUse = {
  requestId: 'req_first',
  organizationId: 'acme',
  mode: 'live',
  keyHash: 'k',
  fingerprint: 'f',
  chargeNano: '278250',
  usedAt: 1_000,
}
const events = 'text/event-stream'
const whole: KeptHead = { status: 200, headers: { 'content-type': 'application/json' }, streamed: false }
const streamed = (type: string): KeptHead => ({ status: 200, headers: { 'content-type': type }, streamed: true })

async function keepFirst(head: KeptHead, body: Uint8Array | string, isWhole = true) {
  folders.push(mkdtempSync(join(tmpdir(), 'mart-replay-')))
  const folder = join(folders.at(-1)!, 'answers')
  const mib = 1024 * 1024
  const limits = {
    answers: 'kept',
    answerBytesMax: 64 * mib,
    organizationBytesMax: 64 * mib,
    bytesMax: 64 * mib,
  } as const
  const keptAnswers = openKeptAnswers(folder, { limits: () => limits, clock: { now: () => 1_000 } })
  const keeping = keptAnswers.begin(first, head)!
  await keeping.add(Buffer.from(body))
  await keeping.end(isWhole)
  const ended: RequestEnded[] = []
  const left = { many: 0 }
  const answers = createByteQueue(() => ({ bytesMax: 8 * mib, ownBytesMax: 8 * mib, patienceMs: 1_000 }))
  const deps = {
    keptAnswers,
    answers,
    log: { error: () => undefined },
    clock: { now: () => 5_000, monotonic: () => 30 },
    limits: { standings: () => ({ requests: { limit: 60, remaining: 59, resetMs: 1_000 }, tokens: null }) },
    observer: { requestEnded: (told: RequestEnded) => ended.push(told) },
  }
  const again = (dialect: Repeat['operation']['dialect'] = openai): Promise<HttpAnswer> => {
    const operation = { dialect, name: 'chat.completions' } as const
    const place = { takeTokens: () => null, leave: () => void (left.many += 1), room: null, kept: null }
    const key = keyOf({ id: 'key-1', organizationId: 'acme' })
    const repeat = {
      requestId: 'req_again',
      startedAt: 10,
      traceparent: null,
      address: '192.0.2.7',
      operation,
      key,
      place,
    }
    return replay(first, repeat, deps as never)
  }
  return { again, ended, answers, folder, left }
}
const takenOf = ({ body }: HttpAnswer) => new Response(body as ReadableStream).bytes()
/** Only Linux tells. */
const tells = existsSync('/proc/self/fd')
const openFilesIn = (folder: string): string[] =>
  (tells ? readdirSync('/proc/self/fd') : []).filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  })

test('an answer that was whole: its bytes, status and headers, as another request’s that owes nothing and is told as a replay', async () => {
  const head = { ...whole, headers: { ...whole.headers, 'openai-processing-ms': '123', 'x-mart-region': 'eu' } }
  const { again, ended, left } = await keepFirst(head, '{"a":1}')
  const { status, headers, body } = await again()
  expect([status, Buffer.from(body as Uint8Array).toString()]).toEqual([200, '{"a":1}'])
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'openai-processing-ms': '123',
    'x-mart-region': 'eu',
    'x-request-id': 'req_again',
    'idempotent-replayed': 'true',
    'original-request': 'req_first',
    'x-mart-charge-usd': '0.00',
    'x-ratelimit-remaining-requests': '59',
  })
  expect(left.many).toBe(1)
  expect(ended).toMatchObject([
    { requestId: 'req_again', replayOf: 'req_first', status: 200, failure: null, settlement: null, durationMs: 20 },
  ])
})

test('a large one is counted in memory until its client has taken it', async () => {
  const { again, answers } = await keepFirst(whole, new Uint8Array(3_000_000))
  const answer = await again()
  expect(answers.heldBytes()).toBe(3_000_000)
  answer.released!()
  expect(answers.heldBytes()).toBe(0)
})

test('a stream is given as fast as its client takes it, and its file is open no longer than that', async () => {
  const body = crypto.getRandomValues(new Uint8Array(60_000))
  const { again, folder } = await keepFirst(streamed(events), Buffer.concat(Array.from({ length: 20 }, () => body)))
  const answer = await again()
  expect(answer.headers['x-mart-charge-usd']).toBeUndefined()
  expect(openFilesIn(folder)).toHaveLength(tells ? 1 : 0)
  expect(Buffer.from(await takenOf(answer)).equals(Buffer.concat(Array.from({ length: 20 }, () => body)))).toBe(true)
  expect(openFilesIn(folder)).toEqual([])
  // One that leaves early, while a piece is being read for it.
  const reader = ((await again()).body as ReadableStream<Uint8Array>).getReader()
  expect((await reader.read()).value!.length).toBeLessThan(100_000)
  const reading = reader.read()
  await reader.cancel()
  await reading
  expect(openFilesIn(folder)).toEqual([])
})

describe('a stream that was never whole', () => {
  for (const dialect of [openai, genai])
    test(`${dialect.name}: ends in words that name the first request and its charge`, async () => {
      const { again } = await keepFirst(streamed(`${events}; charset=utf-8`), 'data: {"a":1}\n\ndata: {"b', false)
      const [given, broken, words = ''] = Buffer.from(await takenOf(await again(dialect)))
        .toString()
        .split('\n\n')
      expect([given, broken]).toEqual(['data: {"a":1}', 'data: {"b'])
      const { error } = JSON.parse(words.replace('data: ', '')) as { error: Record<string, unknown> }
      expect(error['message']).toContain('req_first, which broke off and was charged $0.00027825')
    })

  test('breaks its connection where it is an array, behind all that there was', async () => {
    const { again, folder } = await keepFirst(streamed('application/json'), '[{"a":1}', false)
    const reader = ((await again(genai)).body as ReadableStream<Uint8Array>).getReader()
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('[{"a":1}')
    expect(await reader.read().catch((error: Error) => error.message)).toContain('broke off here')
    expect(openFilesIn(folder)).toEqual([])
  })
})

test('what is not kept, is not what was written, or was to be given in one piece and is not whole, is refused with the receipt, and nobody is told of a replay', async () => {
  const half = await keepFirst(whole, '{"a":', false)
  const error = await half.again().catch((thrown: unknown) => thrown)
  expect((error as GatewayError).details.facts).toMatchObject({ receipt: '/v1/receipts/req_first' })
  expect([half.ended, openFilesIn(half.folder), half.left.many]).toEqual([[], [], 0])
  const flipped = await keepFirst(whole, '{"a":1}')
  const path = join(flipped.folder, 'req_first')
  writeFileSync(path, readFileSync(path, 'latin1').replace('{"a":1}', '{"a":3}'), 'latin1')
  expect(await flipped.again().catch((thrown: GatewayError) => thrown.code)).toBe('idempotency_key_used')
  expect([flipped.ended, openFilesIn(flipped.folder)]).toEqual([[], []])
  const gone = await keepFirst(whole, '{}')
  rmSync(join(gone.folder, 'req_first'))
  expect(await gone.again().catch((thrown: GatewayError) => thrown.code)).toBe('idempotency_key_used')
})
