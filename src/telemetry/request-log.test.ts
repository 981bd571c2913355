import { describe, expect, test } from 'bun:test'
import { formatUsd } from '../lib/amounts.ts'
import { timeOfDay } from '../lib/log-text.ts'
import { createRequestLog } from './request-log.ts'
import type { RequestEnded } from '../gateway/observe.ts'
import { forbidden, refusedAttempt, rejected, served, startedAt, stillClock } from './test-request.ts'

/** Lines as they were written. */
function collected() {
  const texts: string[] = []
  const parsed = (): Record<string, unknown>[] => texts.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { texts, lines: { add: (line: string) => void texts.push(line) }, parsed }
}
const jsonLog = (lines: { readonly add: (line: string) => void }, clock = stillClock()) =>
  createRequestLog({ lines, style: 'json', clock, requests: true, addresses: true })

describe('a request is one line', () => {
  test('of names and figures, in the shape of the log', () => {
    const { lines, parsed } = collected()
    const log = jsonLog(lines)
    log.requestEnded(served())
    expect(parsed()).toEqual([
      {
        at: '2026-03-05T12:00:00.000Z',
        level: 'info',
        event: 'request',
        requestId: 'req_1',
        address: '192.0.2.7',
        organizationId: 'org_1',
        keyId: 'key_1',
        mode: 'live',
        endpoint: 'chat.completions',
        dialect: 'openai',
        model: 'gpt-5.4',
        servedModel: 'gpt-5.4-2026-03-05',
        deployment: 'openai-eu',
        region: 'eu',
        status: 200,
        failure: null,
        error: null,
        ending: 'completed',
        replayOf: null,
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

  test('without an address where addresses are not to be logged, for programs and for people', () => {
    for (const style of ['json', 'text'] as const) {
      const { lines, texts } = collected()
      createRequestLog({ lines, style, clock: stillClock(), requests: true, addresses: false }).requestEnded(served())
      expect(texts.join()).not.toContain('192.0.2.7')
      if (style === 'json') expect(JSON.parse(texts[0]!)).toMatchObject({ address: null })
    }
  })

  test('unless its address has tried too many keys, of which one line tells for all', () => {
    const { lines, texts } = collected()
    jsonLog(lines).requestEnded(rejected({ status: 429, failure: 'too_many_wrong_keys' }))
    expect(texts).toEqual([])
  })

  test('with the same fields when it was never admitted', () => {
    const { lines, parsed } = collected()
    const log = jsonLog(lines)
    log.requestEnded(served())
    log.requestEnded(rejected())
    const [first, second] = parsed()
    expect(Object.keys(second!)).toEqual(Object.keys(first!))
    expect(second).toMatchObject({
      status: 401,
      failure: 'invalid_key',
      deployment: null,
      chargeNano: '0',
      attempts: 0,
    })
  })

  test('that holds no prompt, no secret and no words of an upstream', () => {
    const { lines, texts } = collected()
    const log = jsonLog(lines)
    log.requestEnded(
      served({ model: `models/${forbidden[0]}` }, { servedModel: `${forbidden[2]} ${'x'.repeat(9_999)}` }),
    )
    for (const each of forbidden) expect(texts.join('\n')).not.toContain(each)
    expect(texts.join('\n').length).toBeLessThan(1_000)
  })
})

const unpaid = (deployment: string) =>
  ({
    event: 'upstream-out-of-quota',
    deployment,
    provider: 'openai',
    message: 'providers.openai: its account is out of money or quota (429); top it up',
  }) as const

describe('alerts', () => {
  test('are one line a minute for each deployment and event', () => {
    const { lines, parsed } = collected()
    const clock = stillClock()
    const log = jsonLog(lines, clock)
    const alert = (deployment: string): void => log.alert(unpaid(deployment))
    for (const deployment of ['openai-eu', 'openai-eu', 'openai-eu', 'openai-us']) alert(deployment)
    clock.pass(60_000)
    alert('openai-eu')
    const told = parsed().map(({ level, event, deployment, repeats }) => [level, event, deployment, repeats])
    expect(told).toEqual([
      ['error', 'upstream-out-of-quota', 'openai-eu', undefined],
      ['error', 'upstream-out-of-quota', 'openai-us', undefined],
      ['error', 'upstream-out-of-quota', 'openai-eu', 2],
    ])
  })
})

describe('for people, a request is one line', () => {
  const lineOf = (ended: RequestEnded, style: 'text' | 'coloured' = 'text'): string => {
    const { lines, texts } = collected()
    createRequestLog({ lines, style, clock: stillClock(), requests: true, addresses: true }).requestEnded(ended)
    expect(texts).toHaveLength(1)
    return texts[0]!
  }
  const words = (line: string): string => line.replaceAll(/ +/g, ' ')
  const at = timeOfDay(startedAt)

  test('of when, how it went, what of which model, how long, how much, its charge, its ending and its id', () => {
    expect(words(lineOf(served()))).toBe(
      `${at} 200 chat.completions gpt-5.4 1,235 ms 100→42 tokens $${formatUsd(1_234_567n)} completed attempts=2 output-clamped 192.0.2.7 req_1`,
    )
    expect(words(lineOf(rejected()))).toBe(`${at} 401 chat.completions - 1,235 ms invalid_key 192.0.2.7 req_2`)
    const cut = served(
      { status: 502, failure: 'upstream_failed' },
      { ending: 'upstream-failed', flags: [], attempts: [{ ...refusedAttempt, status: 401, error: 'credential' }] },
    )
    expect(words(lineOf(cut))).toEndWith('upstream_failed azure-eu:credential 192.0.2.7 req_1')
    const unasked = served(
      { status: 503, failure: 'upstream_failed' },
      { ending: 'upstream-failed', flags: [], attempts: [] },
    )
    expect(words(lineOf(unasked))).toEndWith('upstream_failed all-at-rest 192.0.2.7 req_1')
  })

  test('in columns, so that one stands below the other', () => {
    const [first, second] = [lineOf(served({ durationMs: 3 })), lineOf(served({ durationMs: 123_456 }))]
    expect(first.indexOf(' ms ')).toBe(second.indexOf(' ms '))
  })

  test('in colours, which are all that is added, where the terminal has them', () => {
    const coloured = lineOf(served(), 'coloured')
    expect(coloured).toContain('\u001B[32m200\u001B[0m')
    expect(Bun.stripANSI(coloured)).toBe(lineOf(served()))
    expect(lineOf(served({ status: 503 }), 'coloured')).toContain('\u001B[31m503')
  })

  test('with nothing in it that a terminal would act on, and no secret', () => {
    const line = lineOf(served({ model: `gpt\u001B[2J\u009B2J\r\n${forbidden[0]} ${'x'.repeat(9_999)}` }))
    // oxlint-disable-next-line no-control-regex -- those are meant
    expect(line).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/)
    expect(line).not.toContain(forbidden[0]!)
    expect(line.length).toBeLessThan(400)
  })

  test('with test money that says so', () => {
    expect(words(lineOf(served({}, { mode: 'test' })))).toContain(` $${formatUsd(1_234_567n)} test completed`)
  })

  test('and an alert is another, also where requests have none', () => {
    const { lines, texts } = collected()
    const log = createRequestLog({ lines, style: 'text', clock: stillClock(), requests: false, addresses: true })
    log.requestEnded(served())
    log.alert(unpaid('openai-eu'))
    log.alert({ event: 'no-real-provider', model: 'gpt-5.4' })
    expect(texts).toEqual([
      `${at} error upstream-out-of-quota: providers.openai: its account is out of money or quota (429); top it up deployment=openai-eu provider=openai`,
      `${at} error no-real-provider model=gpt-5.4`,
    ])
  })
})
