import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { JobState } from '../money/reservations.ts'
import { failuresOf } from '../store/contract-steps.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Settlement } from '../store/store.ts'
import { batchOf, reservationOf, type Entry } from '../store/store-fixtures.ts'
import { nextCheckAt } from './next-check.ts'
import { createPoller, type Poller } from './poll-reservations.ts'

const done = (videoSecond: number): Extract<JobState, { readonly state: 'done' }> => ({
  state: 'done',
  usage: { videoSecond },
  tier: null,
  servedModel: null,
  vendorUsage: null,
})
const pending: JobState = { state: 'pending', nextCheckAt: null }
const failed = { state: 'void', why: 'failed' } as const
const cancelled = { state: 'void', why: 'cancelled' } as const
const second = 100_000_000n
const granted = 1_000n * second
type Answer = JobState | Error

/** A store with what is reserved, a provider that answers as it is told, and pollers of several nodes; time is moved by hand. */
async function world() {
  const store = openSqliteStore({ path: ':memory:' })
  for (const id of ['acme', 'beta']) {
    await store.createOrganization({ id, name: id, createdAt: 1 })
    await store.grantCredit({ organizationId: id, mode: 'live', amountNano: granted, note: null, idempotencyKey: id })
  }
  /** `set`: by how much the system's clock was set. */
  const time = { now: 0, set: 0 }
  const asked: { readonly requestId: string; readonly at: number }[] = []
  const errors: { event: string }[] = []
  const ended: Settlement[] = []
  /** `isAway`: the store takes no journal. */
  const load = { now: 0, most: 0, isFull: false, isAway: false }
  let answer: (requestId: string, signal: AbortSignal) => Answer | Promise<Answer> = () => pending

  /** `left`: what its predecessor had journaled and not shipped, which it ships before all else. */
  async function nodeOf(name: string, left: readonly Entry[] = []) {
    const node = await store.openNode(name)
    let { lastSeq } = node
    const journal: Entry[] = [...left]
    const ship = async (): Promise<void> => {
      if (load.isAway) throw new Error('the store is away')
      const entries = journal.splice(0)
      await store.applyJournal(batchOf(node, lastSeq, entries))
      lastSeq += entries.length
    }
    const write = (kind: 'settle-reservation' | 'void') => async (settlement: Settlement) => {
      if (load.isFull) throw new Error('the disk is full')
      journal.push({ kind, epoch: node.epoch, settlement })
    }
    const poller: Poller = createPoller({
      store,
      journal: { settleReservation: write('settle-reservation'), voidReservation: write('void') },
      ship,
      async ask({ settlement: { requestId } }, signal) {
        asked.push({ requestId, at: time.now })
        load.now += 1
        load.most = Math.max(load.most, load.now)
        const said = await Promise.resolve(answer(requestId, signal)).finally(() => (load.now -= 1))
        if (said instanceof Error) throw said
        return said
      },
      onEnded: (settlement) => void ended.push(settlement),
      nodeId: node.nodeId,
      epoch: node.epoch,
      clock: { now: () => time.now + time.set, monotonic: () => time.now },
      log: { info: () => undefined, error: (line: unknown) => void errors.push(line as { event: string }) },
    })
    await ship()
    return { poller, ship, journal, node }
  }
  const first = await nodeOf('a')
  /** One of 8 s, which is $0.80. */
  async function reserve(
    requestId: string,
    organizationId = 'acme',
    expiresAt = 90_000,
    isShipped = true,
  ): Promise<void> {
    const { node, journal, ship } = first
    await store.leaseCredit({ ...node, organizationId, mode: 'live', wantTotalNano: granted })
    const of = { requestId, organizationId, mode: 'live' } as const
    const reservation = reservationOf(String(8n * second), of, { firstCheckAt: 1_000, expiresAt })
    journal.push({ kind: 'reserve', epoch: node.epoch, reservation })
    if (isShipped) await ship()
  }
  /** Lets time pass in steps of a second, with whatever the pollers do in it. */
  async function pass(seconds: number, ...pollers: readonly Poller[]): Promise<void> {
    for (let step = 0; step < seconds; step += 1) {
      time.now += 1_000
      for (const poller of pollers) await poller.tick()
      for (let turn = 0; turn < 40; turn += 1) await Promise.resolve()
    }
  }
  const verified = async (): Promise<void> => expect(failuresOf(await store.verifyLedger())).toEqual([])
  const says = (next: typeof answer): void => void (answer = next)
  return { store, time, asked, errors, ended, load, ...first, nodeOf, reserve, pass, verified, says }
}

test('a job is asked about at growing pauses until it ends, whether or not a client ever asks, and is charged once', async () => {
  const { store, poller, reserve, pass, says, asked, ended, verified } = await world()
  await reserve('r1')
  await pass(20, poller)
  expect(asked.map(({ at }) => at)).toEqual([1_000, 2_000, 4_000, 7_000, 11_000, 17_000])
  says(() => done(8))
  await pass(40, poller)
  expect(asked.length).toBe(7)
  expect(ended).toMatchObject([{ requestId: 'r1', chargeNano: '800000000', ending: 'completed' }])
  expect(await store.balance('acme', 'live')).toMatchObject({ balanceNano: granted - 8n * second, reservedNano: 0n })
  await verified()
})

test('pauses grow to half a minute, and a provider that says when is asked then, within bounds', () => {
  expect([0, 1, 5, 8, 9, 1_000].map((checks) => nextCheckAt(checks, null, 0))).toEqual([
    1_000, 1_500, 7_594, 25_629, 30_000, 30_000,
  ])
  expect([7, 5_000, 9_000_000].map((wanted) => nextCheckAt(0, wanted, 0))).toEqual([1_000, 5_000, 300_000])
})

test('fifty jobs in progress are asked about sixteen at once, and all end exactly once, over a restart', async () => {
  const { store, poller, nodeOf, reserve, pass, says, ended, load, verified } = await world()
  for (let n = 0; n < 50; n += 1) await reserve(`r${n}`, n % 2 ? 'acme' : 'beta')
  await pass(5, poller)
  await poller.stop()
  says((requestId) => (requestId.endsWith('3') ? failed : done(8)))
  const again = await nodeOf('a')
  await pass(40, again.poller)
  expect(load.most).toBe(16)
  expect(new Set(ended.map(({ requestId }) => requestId)).size).toBe(50)
  expect(ended.length).toBe(50)
  const charged = (await store.balance('acme', 'live')).balanceNano + (await store.balance('beta', 'live')).balanceNano
  expect(charged).toBe(2n * granted - 45n * 8n * second)
  expect(await store.dueReservations(1e12, 100)).toEqual([])
  await verified()
})

test('one organization’s thousand jobs do not keep another’s waiting', async () => {
  const { poller, reserve, pass, asked, says } = await world()
  for (let n = 0; n < 60; n += 1) await reserve(`many${n}`)
  await reserve('one', 'beta')
  says(() => new Promise(() => undefined))
  await pass(1, poller)
  expect(asked.length).toBe(16)
  expect(asked.slice(0, 2).map(({ requestId }) => requestId)).toContain('one')
})

test('a provider that does not answer about one job holds up no other', async () => {
  const { poller, reserve, pass, says, ended } = await world()
  for (const id of ['slow', 'r1', 'r2']) await reserve(id)
  says((requestId) => (requestId === 'slow' ? new Promise(() => undefined) : done(8)))
  await pass(3, poller)
  expect(ended.map(({ requestId }) => requestId)).toEqual(['r1', 'r2'])
})

test('what cannot be reached is asked about again, and given up when its time is over: nothing is charged, and an alert names it', async () => {
  const { store, poller, reserve, pass, says, asked, errors, ended, verified } = await world()
  await reserve('r1', 'acme', 60_000)
  says(() => new Error('connection refused'))
  await pass(59, poller)
  expect(ended).toEqual([])
  expect(asked.length).toBeGreaterThan(7)
  await pass(40, poller)
  expect(ended).toMatchObject([{ requestId: 'r1', ending: 'expired', chargeNano: '0' }])
  expect(errors).toMatchObject([{ event: 'reservation-given-up', requestId: 'r1', last: 'connection refused' }])
  expect(await store.balance('acme', 'live')).toMatchObject({ balanceNano: granted, reservedNano: 0n })
  await verified()
})

test('a clock that is set by an hour or two days, either way and back, ends no job before its time and lets none wait', async () => {
  const hour = 3_600_000
  for (const set of [hour, -hour, 48 * hour, -48 * hour]) {
    const { store, poller, reserve, pass, says, time, asked, errors, ended, verified } = await world()
    await reserve('r1', 'acme', 90_000)
    await pass(3, poller)
    time.set = set
    const before = asked.length
    await pass(60, poller)
    expect([set, asked.length > before, errors]).toEqual([set, true, []])
    time.set = 0
    const between = asked.length
    says(() => done(8))
    await pass(60, poller)
    expect([set, asked.length > between]).toEqual([set, true])
    expect(ended).toMatchObject([{ requestId: 'r1', chargeNano: '800000000', ending: 'completed' }])
    expect(await store.balance('acme', 'live')).toMatchObject({ reservedNano: 0n })
    await verified()
  }
})

test('a job that is done at the last moment is charged, not given up', async () => {
  const { poller, reserve, pass, says, ended } = await world()
  await reserve('r1', 'acme', 1_000)
  says(() => done(8))
  await pass(1, poller)
  expect(ended).toMatchObject([{ ending: 'completed' }])
})

test('one node at a time asks; another takes over when that one is gone, and both ending it charges once', async () => {
  const { store, poller, nodeOf, reserve, pass, says, asked, ended, verified } = await world()
  const other = await nodeOf('b')
  await reserve('r1')
  await pass(10, poller, other.poller)
  const before = asked.length
  expect(new Set(asked.map(({ at }) => at)).size).toBe(before)
  await pass(60, other.poller)
  expect(asked.length).toBeGreaterThan(before)
  says(() => done(8))
  await Promise.all([
    poller.tell('r1', { organizationId: 'acme', mode: 'live' }, { state: 'void', why: 'cancelled' }),
    other.poller.tell('r1', { organizationId: 'acme', mode: 'live' }, done(8)),
  ])
  await pass(3, poller, other.poller)
  expect(ended.length).toBe(2)
  expect((await store.balance('acme', 'live')).reservedNano).toBe(0n)
  await verified()
})

test('who sees it end first tells it, once, and only of its own organization’s', async () => {
  const { store, poller, reserve, pass, says, ended, asked } = await world()
  await reserve('r1')
  const of = { organizationId: 'acme', mode: 'live' } as const
  await poller.tell('r1', { ...of, organizationId: 'beta' }, { state: 'void', why: 'cancelled' })
  await poller.tell('r0', of, { state: 'void', why: 'cancelled' })
  expect(ended).toEqual([])
  says(() => done(8))
  await Promise.all([poller.tell('r1', of, done(4)), poller.tell('r1', of, done(4)), poller.tick()])
  await pass(20, poller)
  expect(ended).toMatchObject([{ requestId: 'r1', chargeNano: '400000000' }])
  expect(asked).toEqual([])
  expect((await store.receipt('r1'))?.chargeNano).toBe('400000000')
})

test('a job that somebody tells of while its provider is asked about it ends once: its budget is freed once', async () => {
  const { poller, reserve, pass, says, ended, verified } = await world()
  await reserve('r1')
  const provider = Promise.withResolvers<Answer>()
  says(() => provider.promise)
  await pass(1, poller)
  await poller.tell('r1', { organizationId: 'acme', mode: 'live' }, done(4))
  // The store has its end by now.
  await pass(2, poller)
  provider.resolve(done(8))
  await pass(20, poller)
  expect(ended).toMatchObject([{ requestId: 'r1', chargeNano: '400000000' }])
  await verified()
})

test('what was reserved a moment ago, and is not in the store yet, is told all the same', async () => {
  const { store, poller, reserve, ended } = await world()
  await reserve('r1', 'acme', 90_000, false)
  expect(await store.openReservation('r1', { organizationId: 'acme', mode: 'live' })).toBeNull()
  await poller.tell('r1', { organizationId: 'acme', mode: 'live' }, done(8))
  expect(ended).toMatchObject([{ requestId: 'r1', chargeNano: '800000000' }])
})

test('an end that the journal cannot take is no end yet: it is written when there is room, once', async () => {
  const { poller, reserve, pass, says, ended, errors, load, verified } = await world()
  await reserve('r1')
  says(() => done(8))
  load.isFull = true
  await pass(5, poller)
  expect([ended.length, errors[0]?.event]).toEqual([0, 'reservation-not-ended'])
  load.isFull = false
  await pass(30, poller)
  expect(ended.length).toBe(1)
  await verified()
})

test('of two who tell of an end that cannot be written, neither is told that it is', async () => {
  const { poller, reserve, ended, load } = await world()
  await reserve('r1')
  const tell = () => poller.tell('r1', { organizationId: 'acme', mode: 'live' }, done(8))
  load.isFull = true
  const told = await Promise.allSettled([tell(), tell()])
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  load.isFull = false
  await Promise.all([tell(), tell()])
  expect(ended).toHaveLength(1)
})

test('a stop asks nothing more, ends what is being asked, and leaves what is due to the next process', async () => {
  const { store, poller, nodeOf, reserve, pass, says, ended } = await world()
  await reserve('r1')
  says(
    (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
  )
  await pass(1, poller)
  await poller.stop()
  await pass(5, poller)
  expect(ended).toEqual([])
  expect(await store.dueReservations(1_000, 9)).toMatchObject([{ checks: 0 }])
  says(() => done(8))
  const again = await nodeOf('a')
  await pass(1, again.poller)
  expect(ended.length).toBe(1)
})

test('whatever jobs do, whoever cancels or tells of them and however often, and whenever nodes die with ends unshipped, each ends once and money adds up', async () => {
  const told = fc.record({
    at: fc.integer({ min: 1, max: 60 }),
    how: fc.constantFrom(done(5), cancelled),
    times: fc.integer({ min: 1, max: 3 }),
  })
  const job = fc.record({
    of: fc.constantFrom('acme', 'beta'),
    endsAt: fc.integer({ min: 0, max: 60 }),
    end: fc.constantFrom(done(8), done(3), done(0), done(20), failed, 'never' as const),
    told: fc.option(told),
    isFlaky: fc.boolean(),
    expiresAt: fc.integer({ min: 1, max: 120 }),
  })
  const times = fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 12 }), times, times, async (jobs, crashes, awayFrom) => {
      const { store, poller, journal, nodeOf, reserve, pass, says, time, load, ended, verified } = await world()
      for (const [index, { of, expiresAt }] of jobs.entries()) await reserve(`r${index}`, of, expiresAt * 1_000)
      says((requestId) => {
        const { endsAt, end, isFlaky } = jobs[Number(requestId.slice(1))]!
        if (isFlaky && (time.now / 1_000) % 3 === 0) return new Error('flaky')
        return end === 'never' || time.now < endsAt * 1_000 ? pending : end
      })
      let live: { readonly poller: Poller; readonly journal: Entry[] } = { poller, journal }
      for (let at = 1; at <= 200; at += 1) {
        load.isAway = awayFrom.some((from) => at >= from && at < from + 5)
        if (crashes.includes(at) || at === 200) {
          load.isAway = false
          void live.poller.stop()
          live = await nodeOf('a', live.journal)
        }
        for (const [index, { of, told: telling }] of jobs.entries())
          for (let time = 0; telling?.at === at && time < telling.times; time += 1)
            await live.poller
              .tell(`r${index}`, { organizationId: of, mode: 'live' }, telling.how)
              .catch(() => undefined)
        await pass(1, live.poller)
      }
      expect(await store.dueReservations(1e12, 100)).toEqual([])
      expect(ended.map(({ requestId }) => requestId).toSorted()).toEqual(jobs.map((_, index) => `r${index}`).toSorted())
      for (const of of ['acme', 'beta']) {
        const receipts = await Promise.all(
          jobs.flatMap((each, index) => (each.of === of ? [store.receipt(`r${index}`)] : [])),
        )
        const charged = receipts.reduce((sum, receipt) => sum + BigInt(receipt!.chargeNano), 0n)
        expect(await store.balance(of, 'live')).toMatchObject({ balanceNano: granted - charged, reservedNano: 0n })
      }
      const chargeOf = (end: JobState | 'never'): string =>
        String(end !== 'never' && end.state === 'done' ? BigInt(Math.min(8, end.usage.videoSecond ?? 0)) * second : 0n)
      for (const [index, { end, endsAt, expiresAt, isFlaky, told: telling }] of jobs.entries()) {
        const { ending, chargeNano } = (await store.receipt(`r${index}`))!
        if (telling) expect([chargeOf(telling.how), chargeOf(end), '0']).toContain(chargeNano)
        else if (end === 'never') expect([ending, chargeNano]).toEqual(['expired', '0'])
        else if (!isFlaky && endsAt + 31 < expiresAt) expect(chargeNano).toBe(chargeOf(end))
      }
      await verified()
    }),
    { numRuns: 25 },
  )
}, 60_000)
