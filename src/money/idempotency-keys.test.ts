import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { KeyUse, Mode } from '../store/store.ts'
import { createIdempotencyKeys, usedSince } from './idempotency-keys.ts'

const dayMs = 86_400_000
const keyOf = (keyHash: string, organizationId = 'acme', mode: Mode = 'live') => ({ organizationId, mode, keyHash })
const useOf = (key: ReturnType<typeof keyOf>, requestId: string, usedAt = 0): KeyUse => ({
  ...key,
  fingerprint: 'f',
  requestId,
  chargeNano: '5',
  usedAt,
})
const open = (max?: number) => {
  const time = { now: 0 }
  return { time, keys: createIdempotencyKeys({ now: () => time.now }, max) }
}

test('a key belongs to the request that came with it first, and to another once that gives it back', () => {
  const { keys } = open()
  expect(keys.claim(keyOf('k'), 'r1')).toBeNull()
  expect(keys.claim(keyOf('k'), 'r2')).toEqual({ state: 'in-use', requestId: 'r1' })
  keys.free(keyOf('k'), 'r2')
  expect(keys.claim(keyOf('k'), 'r3')).toEqual({ state: 'in-use', requestId: 'r1' })
  keys.free(keyOf('k'), 'r1')
  expect(keys.claim(keyOf('k'), 'r4')).toBeNull()
})

test('a used key stays used for a day from the end of its request, and is free again then', () => {
  const { keys, time } = open()
  keys.claim(keyOf('k'), 'r1')
  const use = useOf(keyOf('k'), 'r1', 1_000)
  keys.use(use)
  time.now = 1_000 + dayMs
  expect(keys.claim(keyOf('k'), 'r2')).toEqual({ state: 'used', use })
  time.now += 1
  expect(keys.claim(keyOf('k'), 'r3')).toBeNull()
})

test('the same key of another organization or mode is another key', () => {
  const { keys } = open()
  keys.use(useOf(keyOf('k'), 'r1'))
  expect(keys.claim(keyOf('k', 'other'), 'r2')).toBeNull()
  expect(keys.claim(keyOf('k', 'acme', 'test'), 'r3')).toBeNull()
  expect(keys.claim(keyOf('k'), 'r4')).toMatchObject({ state: 'used' })
})

test('beyond the bound, whoever has the most keys loses the oldest, and nobody else any', () => {
  const { keys } = open(10)
  for (const n of [1, 2, 3]) keys.use(useOf(keyOf(`small-${n}`, 'small'), `s${n}`))
  for (let n = 1; n <= 1_000; n += 1) keys.use(useOf(keyOf(`flood-${n}`, 'flood'), `f${n}`))
  const stateOf = (key: ReturnType<typeof keyOf>) => keys.claim(key, 'again')?.state ?? 'free'
  expect([1, 2, 3].map((n) => stateOf(keyOf(`small-${n}`, 'small')))).toEqual(['used', 'used', 'used'])
  expect([993, 994, 1_000].map((n) => stateOf(keyOf(`flood-${n}`, 'flood')))).toEqual(['free', 'used', 'used'])
})

test('what a restart takes over is used as before, within the bound, and what is older than a day is forgotten', () => {
  const { keys, time } = open(3)
  keys.load([1, 2, 3, 4].map((n) => useOf(keyOf(`k${n}`), `r${n}`, n)))
  const states = () => [1, 2, 3, 4].map((n) => keys.claim(keyOf(`k${n}`), 'again')?.state ?? 'free')
  time.now = dayMs
  expect(states()).toEqual(['free', 'used', 'used', 'used'])
  time.now = dayMs + 3
  keys.forgetOld()
  time.now = 0
  for (const n of [1, 2, 3, 4]) keys.free(keyOf(`k${n}`), 'again')
  expect(states()).toEqual(['free', 'free', 'used', 'used'])
})

test('whatever comes at once, ends or fails, and however often the process dies: at most one charge for a key in a day', () => {
  type Step = {
    readonly does: 'ask' | 'serve' | 'fail' | 'restart' | 'wait'
    readonly key: number
    readonly at: number
  }
  const steps: fc.Arbitrary<Step> = fc.record({
    does: fc.constantFrom('ask', 'ask', 'ask', 'serve', 'serve', 'fail', 'restart', 'wait'),
    key: fc.nat(3),
    at: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 80 }), (list) => {
      const time = { now: 0 }
      let keys = createIdempotencyKeys({ now: () => time.now })
      let underWay: { readonly key: number; readonly requestId: string }[] = []
      const charges: KeyUse[] = []
      for (const [index, { does, key, at }] of list.entries()) {
        const [ended] = does === 'serve' || does === 'fail' ? underWay.splice(at % (underWay.length || 1), 1) : []
        if (does === 'ask' && keys.claim(keyOf(`k${key}`), `r${index}`) === null)
          underWay.push({ key, requestId: `r${index}` })
        if (does === 'wait') time.now += at % dayMs
        if (does === 'fail' && ended) keys.free(keyOf(`k${ended.key}`), ended.requestId)
        if (does === 'serve' && ended) {
          const use = useOf(keyOf(`k${ended.key}`), ended.requestId, time.now)
          charges.push(use)
          keys.use(use)
        }
        if (does === 'restart') {
          // What was under way dies uncharged; what was charged was written first.
          underWay = []
          keys = createIdempotencyKeys({ now: () => time.now })
          keys.load(charges.filter(({ usedAt }) => usedAt >= usedSince(time.now)))
        }
        const waiting = underWay.map((one) => one.key)
        expect(new Set(waiting).size).toBe(waiting.length)
      }
      for (const [index, { keyHash, usedAt }] of charges.entries()) {
        const later = charges.slice(index + 1).find((other) => other.keyHash === keyHash)
        if (later) expect(later.usedAt - usedAt).toBeGreaterThan(dayMs)
      }
    }),
    { numRuns: 500 },
  )
})
