/** What the client is told in the end, for each fault and for several of them, in both dialects (decision 0006). */
import { describe, expect, test } from 'bun:test'
import type { Adapter, Deployment } from '../upstreams/deployment.ts'
import { createFleet, type Candidates } from '../upstreams/fleet.ts'
import type { Trouble } from '../upstreams/health.ts'
import { genai } from './dialects/genai/envelope.ts'
import { openai } from './dialects/openai/envelope.ts'
import { tryInTurn, UpstreamError, type Ask } from './failover.ts'
import { failureFor, retryMs } from './trouble.ts'

const deployment = (id: string, rpm: number | null): Deployment => ({
  id,
  provider: 'p',
  kind: 'openai',
  model: 'gpt-5.4',
  upstreamModel: null,
  region: 'us',
  simulated: false,
  priority: Number(id),
  weight: 1,
  rpm,
  tpm: null,
  outputTokensMax: null,
  pricePpm: 1_000_000n,
  costPpm: 1_000_000n,
  onAbort: 'drain',
  isTracked: true,
  adapter: { dialects: ['openai'], operations: ['chat.completions'] } as unknown as Adapter,
})
const candidatesOf = (many: number, rpm: number | null = null): Candidates =>
  createFleet(
    Array.from({ length: many }, (_, at) => deployment(String(at), rpm)),
    { us: { serves: ['us'], mayChoose: [] } },
  ).serving({ model: { id: 'gpt-5.4', dialect: 'openai' }, operation: { name: 'chat.completions' } }, 'us', 'live')!

/** A fault, and the time to come back that the upstream named, ms. */
type Fault = Trouble | readonly [Trouble, number]
const now = 1_000_000
const deps = { clock: { now: () => now, monotonic: () => now }, failover: { attemptsMax: 3, jitterMs: 0 } }

/** Asks candidates that fail like this, in turn; those that come after them serve. */
async function failing(candidates: Candidates, faults: readonly Fault[], attemptsMax = 10): Promise<UpstreamError> {
  const ask: Ask = { candidates, affinity: null, tokens: 10, until: now + 1, attemptsMax }
  const asking = tryInTurn(
    ask,
    async ({ deployment: { id, rpm }, health }) => {
      const fault = faults[Number(id)]
      if (fault === undefined) return { answer: 'served' }
      const [trouble, retryAfterMs] = typeof fault === 'string' ? [fault, null] : fault
      health.begin(deployment(id, rpm), 10, now)
      health.failed(trouble, retryAfterMs, now)
      health.ended()
      const failure = failureFor(trouble, { retryAfterMs: retryAfterMs ?? retryMs })
      const attempt = {
        deployment: id,
        region: 'us',
        status: null,
        error: trouble,
        startedMs: 0,
        endedMs: 0,
        firstByteMs: null,
      }
      return { trouble, retryAfterMs, attempt, failure, isRepeatable: true, isRenewed: false }
    },
    deps,
  )
  const error = await asking.catch((thrown: unknown) => thrown)
  if (!(error instanceof UpstreamError)) throw new Error('it was served')
  return error
}

const told = ({ failure }: UpstreamError) => {
  const [answer, google] = [openai.errorAnswer(failure), genai.errorAnswer(failure)]
  const { error } = JSON.parse(answer.body as string) as { error: { code: string } }
  const { error: googles } = JSON.parse(google.body as string) as { error: { code: number; status: string } }
  expect(google.status).toBe(answer.status)
  expect(googles.code).toBe(answer.status)
  return [answer.status, error.code, googles.status, answer.headers['x-should-retry'] ?? null] as const
}

const limited = [429, 'rate_limit_exceeded', 'RESOURCE_EXHAUSTED', null] as const
const broken = [503, 'upstream_failed', 'UNAVAILABLE', null] as const
const lasting = [503, 'upstream_failed', 'UNAVAILABLE', 'false'] as const
const slow = [504, 'upstream_timeout', 'DEADLINE_EXCEEDED', null] as const

describe('the final status', () => {
  test.each([
    ['rate', limited],
    ['upstream', broken],
    ['connect', broken],
    ['conflict', broken],
    ['timeout', slow],
    ['quota', lasting],
    ['credential', lasting],
    ['missing', lasting],
  ] as const)('where everybody fails by %s', async (trouble, expected) => {
    for (const many of [1, 2, 3])
      expect(
        told(
          await failing(
            candidatesOf(many),
            Array.from({ length: many }, () => trouble),
          ),
        ),
      ).toEqual(expected)
  })

  const mixed: readonly (readonly [faults: readonly Fault[], expected: ReturnType<typeof told>])[] = [
    [['rate', 'upstream'], broken],
    [['upstream', 'rate'], broken],
    [['conflict', 'rate'], broken],
    [['rate', 'timeout'], slow],
    [['timeout', 'upstream'], broken],
    [['rate', 'credential'], limited],
    [['quota', 'rate'], limited],
    [['missing', 'timeout'], slow],
    [['quota', 'connect'], broken],
    [['quota', 'credential', 'missing'], lasting],
    [['rate', 'timeout', 'upstream'], broken],
  ]
  test.each(mixed)('of several faults, %j', async (faults, expected) => {
    expect(told(await failing(candidatesOf(faults.length), faults))).toEqual(expected)
  })

  test('counts those that could not be asked by what keeps calls away from them', async () => {
    const resting = candidatesOf(2)
    resting.list[1]!.health.failed('rate', 9_000, now)
    expect(told(await failing(resting, ['rate']))).toEqual(limited)

    const open = candidatesOf(2)
    for (let times = 0; times < 5; times += 1) open.list[1]!.health.failed('upstream', null, now)
    expect(told(await failing(open, ['rate']))).toEqual(broken)

    const unpaid = candidatesOf(2)
    for (const { health } of unpaid.list) health.failed('quota', null, now)
    expect(told(await failing(unpaid, []))).toEqual(lasting)

    const full = candidatesOf(2, 1)
    for (const { deployment: each, health } of full.list) health.begin(each, 10, now)
    expect(told(await failing(full, []))).toEqual(limited)

    const drained = candidatesOf(2)
    for (const { health } of drained.list) health.isDrained = true
    expect(told(await failing(drained, []))).toEqual(broken)
  })

  test('leaves out those that would have been asked next', async () => {
    expect(told(await failing(candidatesOf(4), ['rate', 'rate'], 2))).toEqual(limited)
  })
})

describe('when to come back', () => {
  const secondsOf = ({ failure }: UpstreamError): readonly string[] => {
    const header = openai.errorAnswer(failure).headers['retry-after'] as string
    const delay = /"retryDelay":"(\d+)s"/.exec(genai.errorAnswer(failure).body as string)?.[1]
    return [header, delay!]
  }
  test('is as the only one says', async () => {
    expect(secondsOf(await failing(candidatesOf(1), [['rate', 37_000]]))).toEqual(['37', '37'])
  })
  test('is when the first of several is free again', async () => {
    const faults: readonly Fault[] = [
      ['rate', 37_000],
      ['rate', 12_000],
    ]
    expect(secondsOf(await failing(candidatesOf(2), faults))).toEqual(['12', '12'])
    const resting = candidatesOf(3)
    for (const [at, seconds] of [40, 7, 20].entries()) resting.list[at]!.health.failed('rate', seconds * 1_000, now)
    expect(secondsOf(await failing(resting, []))).toEqual(['7', '7'])
  })
})
