import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { KeyUse, Mode } from '../store/store.ts'
import { createIdempotencyKeys, usedSince, waitersMax, type Holder, type IdempotencyKeys } from './idempotency-keys.ts'

const dayMs = 86_400_000
const keyOf = (keyHash: string, organizationId = 'acme', mode: Mode = 'live') => ({ organizationId, mode, keyHash })
const useOf = (key: ReturnType<typeof keyOf>, requestId: string, usedAt = 0): KeyUse => ({
  ...key,
  fingerprint: 'f',
  requestId,
  chargeNano: '5',
  usedAt,
})
const claimFor = (keys: IdempotencyKeys, key: ReturnType<typeof keyOf>, requestId: string) =>
  keys.claim(key, { requestId, fingerprint: 'f' })
const open = (max?: number) => {
  const time = { now: 0 }
  return { time, keys: createIdempotencyKeys({ now: () => time.now }, max) }
}

test('a key belongs to the request that came with it first, and to another once that gives it back', () => {
  const { keys } = open()
  expect(claimFor(keys, keyOf('k'), 'r1')).toBeNull()
  expect(claimFor(keys, keyOf('k'), 'r2')).toEqual({ state: 'in-use', requestId: 'r1', fingerprint: 'f' })
  keys.free(keyOf('k'), 'r2')
  expect(claimFor(keys, keyOf('k'), 'r3')).toEqual({ state: 'in-use', requestId: 'r1', fingerprint: 'f' })
  keys.free(keyOf('k'), 'r1')
  expect(claimFor(keys, keyOf('k'), 'r4')).toBeNull()
})

test('a key is taken while a request has it, and for a day once one has used it up', () => {
  const { keys, time } = open()
  const seen: boolean[] = [keys.isTaken(keyOf('k'))]
  claimFor(keys, keyOf('k'), 'r1')
  seen.push(keys.isTaken(keyOf('k')), keys.isTaken(keyOf('k', 'beta')))
  keys.use(useOf(keyOf('k'), 'r1', 1_000))
  time.now = 1_000 + dayMs
  seen.push(keys.isTaken(keyOf('k')))
  time.now += 1
  seen.push(keys.isTaken(keyOf('k')))
  expect(seen).toEqual([false, true, false, true, false])
})

test('a used key stays used for a day from the end of its request, and is free again then', () => {
  const { keys, time } = open()
  claimFor(keys, keyOf('k'), 'r1')
  const use = useOf(keyOf('k'), 'r1', 1_000)
  keys.use(use)
  time.now = 1_000 + dayMs
  expect(claimFor(keys, keyOf('k'), 'r2')).toEqual({ state: 'used', use })
  time.now += 1
  expect(claimFor(keys, keyOf('k'), 'r3')).toBeNull()
})

test('the same key of another organization or mode is another key', () => {
  const { keys } = open()
  keys.use(useOf(keyOf('k'), 'r1'))
  expect(claimFor(keys, keyOf('k', 'other'), 'r2')).toBeNull()
  expect(claimFor(keys, keyOf('k', 'acme', 'test'), 'r3')).toBeNull()
  expect(claimFor(keys, keyOf('k'), 'r4')).toMatchObject({ state: 'used' })
})

test('beyond the bound, whoever has the most keys loses the oldest, and nobody else any', () => {
  const { keys } = open(10)
  for (const n of [1, 2, 3]) keys.use(useOf(keyOf(`small-${n}`, 'small'), `s${n}`))
  for (let n = 1; n <= 1_000; n += 1) keys.use(useOf(keyOf(`flood-${n}`, 'flood'), `f${n}`))
  const stateOf = (key: ReturnType<typeof keyOf>) => claimFor(keys, key, 'again')?.state ?? 'free'
  expect([1, 2, 3].map((n) => stateOf(keyOf(`small-${n}`, 'small')))).toEqual(['used', 'used', 'used'])
  expect([993, 994, 1_000].map((n) => stateOf(keyOf(`flood-${n}`, 'flood')))).toEqual(['free', 'used', 'used'])
})

test('what a restart takes over is used as before, within the bound, and what is older than a day is forgotten', () => {
  const { keys, time } = open(3)
  keys.load([1, 2, 3, 4].map((n) => useOf(keyOf(`k${n}`), `r${n}`, n)))
  const states = () => [1, 2, 3, 4].map((n) => claimFor(keys, keyOf(`k${n}`), 'again')?.state ?? 'free')
  time.now = dayMs
  expect(states()).toEqual(['free', 'used', 'used', 'used'])
  time.now = dayMs + 3
  keys.forgetOld()
  time.now = 0
  for (const n of [1, 2, 3, 4]) keys.free(keyOf(`k${n}`), 'again')
  expect(states()).toEqual(['free', 'free', 'used', 'used'])
})

/** Waits, and tells what has come of it so far. */
function waitFor(keys: IdempotencyKeys, requestId: string, key = keyOf('k')) {
  const patience = new AbortController()
  let holder: Holder | 'mine' | 'waits' = 'waits'
  void keys.wait(key, requestId, patience.signal).then((got) => (holder = got ?? 'mine'))
  return {
    leave: () => patience.abort(),
    async stands() {
      await Promise.resolve()
      return typeof holder === 'string' ? holder : holder.state
    },
  }
}

test('who waits for a key that is used up is told by whom; where it is given back, one of them has it and the others wait for that one', async () => {
  const { keys } = open()
  claimFor(keys, keyOf('k'), 'r1')
  const [second, third, fourth] = ['r2', 'r3', 'r4'].map((id) => waitFor(keys, id)) as [Waits, Waits, Waits]
  const standing = () => Promise.all([second, third, fourth].map((one) => one.stands()))
  expect(await standing()).toEqual(['waits', 'waits', 'waits'])
  keys.free(keyOf('k'), 'r1')
  expect(await standing()).toEqual(['mine', 'waits', 'waits'])
  // The first one's word counts no more.
  keys.free(keyOf('k'), 'r1')
  expect(await standing()).toEqual(['mine', 'waits', 'waits'])
  expect(claimFor(keys, keyOf('k'), 'r5')).toMatchObject({ state: 'in-use', requestId: 'r2' })
  keys.use(useOf(keyOf('k'), 'r2'))
  expect(await standing()).toEqual(['mine', 'used', 'used'])
  expect(claimFor(keys, keyOf('k'), 'r5')).toMatchObject({ state: 'used' })
})
type Waits = ReturnType<typeof waitFor>

test('who has left waits no longer and is not given the key; one whose patience is over before it begins does not wait', async () => {
  const { keys } = open()
  claimFor(keys, keyOf('k'), 'r1')
  const second = waitFor(keys, 'r2')
  const third = waitFor(keys, 'r3')
  second.leave()
  expect([await second.stands(), await third.stands()]).toEqual(['in-use', 'waits'])
  keys.free(keyOf('k'), 'r1')
  expect([await second.stands(), await third.stands()]).toEqual(['in-use', 'mine'])
  expect(await keys.wait(keyOf('k'), 'r4', AbortSignal.abort())).toMatchObject({ state: 'in-use', requestId: 'r3' })
})

test('so many wait for one key and no more, and each that leaves makes room for another', async () => {
  const { keys } = open()
  claimFor(keys, keyOf('k'), 'first')
  const waiters = Array.from({ length: waitersMax }, (_, index) => waitFor(keys, `w${index}`))
  expect(await waitFor(keys, 'one too many').stands()).toBe('in-use')
  waiters[3]!.leave()
  expect(await waitFor(keys, 'in its place').stands()).toBe('waits')
})

test('whatever comes at once, waits, leaves, ends or fails, and however often the process dies: at most one charge for a key in a day, one execution at a time, and nobody waits for nobody', async () => {
  type Step = {
    readonly does: 'ask' | 'serve' | 'fail' | 'leave' | 'restart' | 'wait'
    readonly key: number
    readonly at: number
  }
  const steps: fc.Arbitrary<Step> = fc.record({
    does: fc.constantFrom('ask', 'ask', 'ask', 'serve', 'serve', 'fail', 'leave', 'restart', 'wait'),
    key: fc.nat(3),
    at: fc.nat(),
  })
  type Caller = { readonly key: number; readonly requestId: string; readonly leave: () => void; holder: Holder | null }
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 80 }), async (list) => {
      const time = { now: 0 }
      let keys = createIdempotencyKeys({ now: () => time.now })
      let callers: Caller[] = []
      const charges: KeyUse[] = []
      const ask = (key: number, requestId: string): void => {
        const patience = new AbortController()
        const caller: Caller = {
          key,
          requestId,
          leave: () => patience.abort(),
          holder: claimFor(keys, keyOf(`k${key}`), requestId),
        }
        callers.push(caller)
        if (caller.holder?.state !== 'in-use') return
        void keys.wait(keyOf(`k${key}`), requestId, patience.signal).then((holder) => (caller.holder = holder))
      }
      const executing = (): Caller[] => callers.filter(({ holder }) => holder === null)
      for (const [index, { does, key, at }] of list.entries()) {
        const ended = executing()[at % (executing().length || 1)]
        if (does === 'ask') ask(key, `r${index}`)
        if (does === 'wait') time.now += at % dayMs
        if ((does === 'fail' || does === 'serve') && ended) {
          callers = callers.filter((caller) => caller !== ended)
          const use = useOf(keyOf(`k${ended.key}`), ended.requestId, time.now)
          if (does === 'fail') keys.free(keyOf(`k${ended.key}`), ended.requestId)
          else charges.push(use)
          if (does === 'serve') keys.use(use)
        }
        if (does === 'leave') {
          const left = callers.filter(({ holder }) => holder?.state === 'in-use')[0]
          left?.leave()
          callers = callers.filter((caller) => caller !== left)
        }
        if (does === 'restart') {
          // What was under way dies uncharged; what was charged was written first.
          callers = []
          keys = createIdempotencyKeys({ now: () => time.now })
          keys.load(charges.filter(({ usedAt }) => usedAt >= usedSince(time.now)))
        }
        await Promise.resolve()
        const busy = executing().map((caller) => caller.key)
        expect(new Set(busy).size).toBe(busy.length)
        for (const { holder, key: waitsFor } of callers)
          if (holder?.state === 'in-use') expect(busy).toContain(waitsFor)
      }
      for (const [index, { keyHash, usedAt }] of charges.entries()) {
        const later = charges.slice(index + 1).find((other) => other.keyHash === keyHash)
        if (later) expect(later.usedAt - usedAt).toBeGreaterThan(dayMs)
      }
    }),
    { numRuns: 500 },
  )
})
