import { describe, expect, test } from 'bun:test'
import { createLineWriter } from './line-writer.ts'
import { createRequestLog } from './request-log.ts'
import { forbidden, rejected, served, stillClock } from './test-request.ts'

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A stderr that takes everything at once. */
function collected() {
  const writes: string[] = []
  const write = (bytes: Uint8Array, written: () => void): void => {
    writes.push(textOf(bytes))
    written()
  }
  const lines = (): Record<string, unknown>[] =>
    writes
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { writes, write, lines }
}

/** A stderr that nobody reads, until `read` is called. */
function blocked() {
  const writes: string[] = []
  let waiting: (() => void) | null = null
  return {
    writes,
    write: (bytes: Uint8Array, written: () => void) => {
      writes.push(textOf(bytes))
      waiting = written
    },
    read: () => {
      const written = waiting
      waiting = null
      written?.()
    },
  }
}

describe('a request is one line', () => {
  test('of names and figures, in the shape of the log', async () => {
    const { write, lines } = collected()
    const log = createRequestLog({ write, clock: stillClock() })
    log.requestEnded(served())
    await log.flush()
    expect(lines()).toEqual([
      {
        at: '2026-03-05T12:00:00.000Z',
        level: 'info',
        event: 'request',
        requestId: 'req_1',
        organizationId: 'org_1',
        keyId: 'key_1',
        endpoint: 'chat.completions',
        dialect: 'openai',
        model: 'gpt-5.4',
        servedModel: 'gpt-5.4-2026-03-05',
        deployment: 'openai-eu',
        region: 'eu',
        status: 200,
        failure: null,
        ending: 'completed',
        streamed: true,
        attempts: 2,
        inputTokens: 80,
        cachedInputTokens: 20,
        outputTokens: 30,
        reasoningTokens: 12,
        chargeNano: '1234567',
        firstByteMs: 250,
        durationMs: 1234.6,
        flags: ['output-clamped'],
      },
    ])
  })

  test('with the same fields when it was never admitted', async () => {
    const { write, lines } = collected()
    const log = createRequestLog({ write, clock: stillClock() })
    log.requestEnded(served())
    log.requestEnded(rejected())
    await log.flush()
    const [first, second] = lines()
    expect(Object.keys(second!)).toEqual(Object.keys(first!))
    expect(second).toMatchObject({
      status: 401,
      failure: 'invalid_key',
      deployment: null,
      chargeNano: '0',
      attempts: 0,
    })
  })

  test('that holds no prompt, no secret and no words of an upstream', async () => {
    const { writes, write } = collected()
    const log = createRequestLog({ write, clock: stillClock() })
    log.requestEnded(
      served({ model: `models/${forbidden[0]}` }, { servedModel: `${forbidden[2]} ${'x'.repeat(9_999)}` }),
    )
    await log.flush()
    for (const each of forbidden) expect(writes.join('')).not.toContain(each)
    expect(writes.join('').length).toBeLessThan(1_000)
  })
})

describe('alerts', () => {
  test('are one line a minute for each deployment and event', async () => {
    const { write, lines } = collected()
    const clock = stillClock()
    const log = createRequestLog({ write, clock })
    const alert = (deployment: string): void => log.alert({ event: 'upstream-out-of-quota', deployment })
    for (const deployment of ['openai-eu', 'openai-eu', 'openai-eu', 'openai-us']) alert(deployment)
    clock.pass(60_000)
    alert('openai-eu')
    await log.flush()
    const told = lines().map(({ level, event, deployment, heldBack }) => [level, event, deployment, heldBack])
    expect(told).toEqual([
      ['error', 'upstream-out-of-quota', 'openai-eu', 0],
      ['error', 'upstream-out-of-quota', 'openai-us', 0],
      ['error', 'upstream-out-of-quota', 'openai-eu', 2],
    ])
  })
})

describe('writing', () => {
  test('gathers lines, one write at a time', async () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, String)
    for (const line of ['a', 'b']) lines.add(line)
    expect(writes).toEqual([])
    await Bun.sleep(80)
    expect(writes).toEqual(['a\nb\n'])
    lines.add('c')
    await Bun.sleep(80)
    expect(writes.length).toBe(1)
    read()
    await Bun.sleep(80)
    expect(writes).toEqual(['a\nb\n', 'c\n'])
  })

  test('to somebody who does not read drops lines, and tells how many', async () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, (count) => `dropped ${count}`)
    lines.add('first')
    await Bun.sleep(80)
    const megabyte = 'x'.repeat(1024 * 1024 - 1)
    for (let count = 0; count < 20; count += 1) lines.add(megabyte)
    read()
    await Bun.sleep(80)
    expect(writes.length).toBe(2)
    expect(writes[1]!.length).toBeLessThan(9 * 1024 * 1024)
    expect(writes[1]).toEndWith('\ndropped 12\n')
    read()
    lines.add('again')
    await Bun.sleep(80)
    expect(writes[2]).toBe('again\n')
  })

  test('leaves alone what is on its way', async () => {
    const written: Uint8Array[] = []
    const lines = createLineWriter((bytes) => void written.push(bytes), String)
    lines.add('on its way')
    await Bun.sleep(80)
    for (let count = 0; count < 10_000; count += 1) lines.add(`behind it ${'x'.repeat(100)}`)
    expect(written.map(textOf)).toEqual(['on its way\n'])
  })

  test('is finished by flush, which does not wait for ever', async () => {
    const { writes, write, read } = blocked()
    const lines = createLineWriter(write, String)
    lines.add('a')
    const before = performance.now()
    await lines.flush(30)
    expect(performance.now() - before).toBeGreaterThan(25)
    lines.add('b')
    let isFlushed = false
    const flushed = lines.flush(5_000).then(() => (isFlushed = true))
    await Bun.sleep(5)
    read()
    await Bun.sleep(5)
    expect([writes, isFlushed]).toEqual([['a\n', 'b\n'], false])
    read()
    await flushed
    expect(isFlushed).toBe(true)
  })
})
