import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Adapter, Deployment } from './deployment.ts'
import { choose, createFleet, type Choice, type Candidate, type Candidates } from './fleet.ts'

const adapter = { dialects: ['openai'], operations: ['chat.completions'] } as unknown as Adapter
const deployment = (id: string, changes: Partial<Deployment> = {}): Deployment => ({
  id,
  provider: 'p',
  kind: 'openai',
  model: 'gpt-5.4',
  upstreamModel: null,
  region: 'us',
  simulated: false,
  priority: 0,
  weight: 1,
  rpm: null,
  tpm: null,
  outputTokensMax: null,
  pricePpm: 1_000_000n,
  costPpm: 1_000_000n,
  onAbort: 'drain',
  isTracked: true,
  adapter,
  ...changes,
})
const policies = { us: { serves: ['us', 'global'], mayChoose: ['eu'] }, eu: { serves: ['eu'], mayChoose: [] } }
const model = { id: 'gpt-5.4', dialect: 'openai' } as const
const operation = { name: 'chat.completions' } as const
const chat = { model, operation }
const servingOf = (deployments: readonly Deployment[], policy = 'us'): Candidates =>
  createFleet(deployments, policies).serving(chat, policy, 'live')!
const choice = (changes: Partial<Choice> = {}): Choice => ({
  affinity: null,
  tokens: 100,
  tried: [],
  now: 0,
  ...changes,
})
const idOf = (candidate: Candidate | null): string | null => candidate?.deployment.id ?? null
const shares = (serving: Candidates, times: number, ask: (round: number) => Choice): Map<string, number> => {
  const counts = new Map<string, number>()
  for (let round = 0; round < times; round += 1) {
    const id = idOf(choose(serving, ask(round)))!
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

describe('who may serve', () => {
  const fleet = createFleet(
    [
      deployment('us-1'),
      deployment('global-1', { region: 'global' }),
      deployment('eu-1', { region: 'eu' }),
      deployment('other', { model: 'gpt-5-nano' }),
      deployment('gemini', {
        model: null,
        adapter: { dialects: ['genai'], operations: ['generateContent'] } as unknown as Adapter,
      }),
      deployment('any', { model: null }),
    ],
    policies,
  )
  test('only deployments of the model, of its dialect and of the regions of the policy', () => {
    expect(fleet.serving(chat, 'us', 'live')!.list.map(idOf)).toEqual(['us-1', 'global-1', 'any'])
    expect(fleet.serving(chat, 'eu', 'live')!.list.map(idOf)).toEqual(['eu-1'])
    expect(fleet.serving({ model: { id: 'gemini-3.5-flash', dialect: 'genai' }, operation }, 'eu', 'live')).toBeNull()
    expect(fleet.serving(chat, 'unknown', 'live')).toBeNull()
  })

  test('and only those that can be asked for it', () => {
    const images = {
      model: { id: 'gpt-image-2', dialect: 'openai' },
      operation: { name: 'images.generations' },
    } as const
    const draws = { dialects: ['openai'], operations: ['images.generations'] } as unknown as Adapter
    const both = createFleet(
      [deployment('writes', { model: null }), deployment('draws', { model: null, adapter: draws })],
      policies,
    )
    expect(both.serving(images, 'us', 'live')!.list.map(idOf)).toEqual(['draws'])
    expect(both.serving(chat, 'us', 'live')!.list.map(idOf)).toEqual(['writes'])
  })
})

test('what is simulated serves test keys alone, and nothing else serves them', () => {
  const simulated = { simulated: true, kind: 'sandbox', model: null } as const
  const real = [deployment('real-1'), deployment('real-2', { priority: 1 }), deployment('real-eu', { region: 'eu' })]
  const sandbox = [deployment('sandbox-1', { ...simulated, priority: -1 }), deployment('sandbox-2', simulated)]
  const fleet = createFleet([...real, ...sandbox], policies)
  expect(fleet.serving(chat, 'us', 'live')!.list.map(idOf)).toEqual(['real-1', 'real-2'])
  expect(fleet.serving(chat, 'us', 'test')!.list.map(idOf)).toEqual(['sandbox-1', 'sandbox-2'])
  expect(fleet.serving(chat, 'eu', 'live')!.list.map(idOf)).toEqual(['real-eu'])
  expect(fleet.serving(chat, 'eu', 'test')).toBeNull()
  expect(fleet.serving({ model: { id: 'gpt-5-nano', dialect: 'openai' }, operation }, 'us', 'live')).toBeNull()
  // Lists are kept, and kept apart.
  expect(fleet.serving(chat, 'us', 'test')).toBe(fleet.serving(chat, 'us', 'test'))
})

describe('choosing', () => {
  test('a higher priority is used only when no lower one can serve', () => {
    const serving = servingOf([deployment('spare', { priority: 1 }), deployment('first')])
    expect(idOf(choose(serving, choice()))).toBe('first')
    serving.list[0]!.health.isDrained = true
    expect(idOf(choose(serving, choice()))).toBe('spare')
  })

  test('shares follow the weights', () => {
    const serving = servingOf([deployment('a', { weight: 1 }), deployment('b', { weight: 3 })])
    const counts = shares(serving, 8_000, () => choice())
    expect(counts.get('b')! / counts.get('a')!).toBeGreaterThan(2.5)
    expect(counts.get('b')! / counts.get('a')!).toBeLessThan(3.5)
  })

  test('the busier and the slower of two is left alone', () => {
    const serving = servingOf([deployment('a'), deployment('b')])
    const shareOfA = (): number => (shares(serving, 4_000, () => choice()).get('a') ?? 0) / 4_000
    serving.list[0]!.health.inFlight = 5
    expect(shareOfA()).toBeWithin(0.2, 0.3)
    serving.list[1]!.health.latencyMs = 100
    expect(shareOfA()).toBeWithin(0.7, 0.8)
  })

  test('never one that was tried, drained, resting, open, or at its ceiling, whatever happens to the fleet', () => {
    const change = fc.record({
      at: fc.integer({ min: 0, max: 5 }),
      what: fc.constantFrom('drain', 'rest', 'fail', 'call', 'ok'),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.constantFrom(null, 'prompt'), (changes, affinity) => {
        const serving = servingOf(
          Array.from({ length: 6 }, (_, at) => deployment(`d${at}`, { rpm: at === 5 ? 2 : null })),
        )
        for (const { at, what } of changes) {
          const { health, deployment: each } = serving.list[at]!
          if (what === 'drain') health.isDrained = !health.isDrained
          if (what === 'rest') health.failed('rate', 1_000, 0)
          if (what === 'fail') health.failed('upstream', null, 0)
          if (what === 'call') {
            health.begin(each, 1, 0)
            health.ended()
          }
          if (what === 'ok') health.succeeded(10, 0)
        }
        const tried = serving.list.slice(0, 1)
        const usable = serving.list.filter(
          (candidate) => !tried.includes(candidate) && candidate.health.isUsable(candidate.deployment, 1, 0),
        )
        const chosen = choose(serving, choice({ affinity, tried, tokens: 1 }))
        return usable.length === 0 ? chosen === null : usable.includes(chosen!)
      }),
    )
  })

  test('where every breaker is open, one is tried all the same, once', () => {
    const serving = servingOf([deployment('a'), deployment('b')])
    for (const { health } of serving.list) for (let n = 0; n < 5; n += 1) health.failed('upstream', null, 0)
    const chosen = choose(serving, choice())
    expect(chosen).not.toBeNull()
    expect(choose(serving, choice({ tried: [chosen!] }))).toBeNull()
  })

  test('one that asks for rest is not tried before its time', () => {
    const serving = servingOf([deployment('a')])
    serving.list[0]!.health.failed('rate', 2_000, 0)
    expect(choose(serving, choice({ now: 1_999 }))).toBeNull()
    expect(idOf(choose(serving, choice({ now: 2_000 })))).toBe('a')
  })
})

describe('prompts stay where they are cached', () => {
  const ids = Array.from({ length: 10 }, (_, at) => `d${at}`)
  const homes = (serving: Candidates): (string | null)[] =>
    Array.from({ length: 2_000 }, (_, prompt) => idOf(choose(serving, choice({ affinity: `prompt ${prompt}` }))))

  test('the same prompt goes to the same deployment, and prompts spread evenly', () => {
    const serving = servingOf(ids.map((id) => deployment(id)))
    expect(homes(serving)).toEqual(homes(serving))
    const counts = shares(serving, 5_000, (round) => choice({ affinity: `prompt ${round}` }))
    for (const id of ids) expect(counts.get(id)! / 500).toBeWithin(0.75, 1.25)
  })

  test('when one goes away, only its own prompts move, and they come back with it', () => {
    const serving = servingOf(ids.map((id) => deployment(id)))
    const before = homes(serving)
    serving.list[3]!.health.isDrained = true
    const without = homes(serving)
    before.forEach((id, at) => id !== 'd3' && expect(without[at]).toBe(id))
    expect(without.includes('d3')).toBe(false)
    serving.list[3]!.health.isDrained = false
    expect(homes(serving)).toEqual(before)
  })
})

describe('a breaker', () => {
  const opened = (): Candidate => {
    const [candidate] = servingOf([deployment('a'), deployment('b')]).list
    for (let n = 0; n < 5; n += 1) candidate!.health.failed('connect', null, 0)
    return candidate!
  }
  test('opens after five failures in a row, lets one call through when its time is over, and closes when that succeeds', () => {
    const { health, deployment: each } = opened()
    expect([health.state(0), health.isUsable(each, 1, 999)]).toEqual(['open', false])
    expect([health.state(1_000), health.isUsable(each, 1, 1_000)]).toEqual(['half-open', true])
    health.begin(each, 1, 1_000)
    expect(health.isUsable(each, 1, 1_000)).toBe(false)
    health.succeeded(5, 1_100)
    health.ended()
    expect([health.state(1_100), health.isUsable(each, 1, 1_100)]).toEqual(['healthy', true])
  })

  test('stays open twice as long after a probe that fails, up to a minute', () => {
    const { health, deployment: each } = opened()
    let now = 0
    for (const openMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      expect(health.restMs(now)).toBe(openMs)
      now += openMs
      health.begin(each, 1, now)
      health.failed('upstream', null, now)
      health.ended()
    }
  })

  test('four failures and a success leave it closed; what the client did wrong is no failure', () => {
    const [{ health } = opened()] = servingOf([deployment('a')]).list
    for (let n = 0; n < 4; n += 1) health.failed('upstream', null, 0)
    health.succeeded(1, 0)
    for (let n = 0; n < 4; n += 1) health.failed('upstream', null, 0)
    for (let n = 0; n < 50; n += 1) health.failed('client', null, 0)
    expect(health.state(0)).toBe('healthy')
  })
})

test('the vendor’s own word that nothing is left keeps calls away until it is whole again', () => {
  const [{ health, deployment: each }] = servingOf([deployment('a')]).list as [Candidate]
  health.learn({ requestsLeft: 0, requestsResetMs: 700, tokensLeft: 100, tokensResetMs: 60_000 }, 0)
  expect([health.isUsable(each, 1, 699), health.isUsable(each, 1, 700)]).toEqual([false, true])
})

test('what is known of a deployment outlives a new configuration, and an operator’s drain as well', () => {
  const before = createFleet([deployment('a'), deployment('b')], policies)
  before.list[0]!.health.isDrained = true
  before.list[1]!.health.latencyMs = 77
  const after = createFleet([deployment('b', { weight: 5 }), deployment('a'), deployment('c')], policies, before)
  expect(after.list.map(({ deployment: { id }, health }) => [id, health.isDrained, health.latencyMs])).toEqual([
    ['b', false, 77],
    ['a', true, 1],
    ['c', false, 1],
  ])
})
