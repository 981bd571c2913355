/** Random schedules of nodes that spend test and live money, crash, lose replies and repeat themselves; money must come out exact. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { OpenStore } from './contract-steps.ts'
import { modes, StoreRefusal, type Store } from './store.ts'
import { batchOf, noon, settlementOf, type Entry } from './store-fixtures.ts'

const organizations = ['acme', 'beta'] as const
/** Whose money: an organization has some of each mode. */
const purses = organizations.flatMap((organizationId) => modes.map((mode) => ({ organizationId, mode }) as const))
type Purse = (typeof purses)[number]

type Step =
  | { readonly kind: 'grant'; readonly to: Purse; readonly amount: number; readonly twice: boolean }
  | { readonly kind: 'revoke'; readonly from: Purse; readonly amount: number; readonly twice: boolean }
  | {
      readonly kind: 'ask'
      readonly node: number
      readonly of: Purse
      readonly amount: number
      readonly lost: boolean
    }
  | {
      readonly kind: 'settle'
      readonly node: number
      readonly of: Purse
      readonly share: number
      readonly over: number
    }
  | { readonly kind: 'return'; readonly node: number; readonly of: Purse; readonly share: number }
  | {
      readonly kind: 'ship'
      readonly node: number
      readonly size: number
      readonly fate: 'replied' | 'lost' | 'twice' | 'late'
    }
  | { readonly kind: 'crash'; readonly node: number; readonly inDoubt: number }

const node = fc.integer({ min: 0, max: 2 })
const of = fc.constantFrom(...purses)
const share = fc.integer({ min: 0, max: 100 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('grant'), to: of, amount: fc.integer({ min: 1, max: 100_000 }), twice: fc.boolean() }),
  fc.record({
    kind: fc.constant('revoke'),
    from: of,
    amount: fc.integer({ min: 1, max: 60_000 }),
    twice: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('ask'), node, of, amount: fc.integer({ min: 1, max: 40_000 }), lost: fc.boolean() }),
  fc.record({
    kind: fc.constant('settle'),
    node,
    of,
    share,
    over: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: share }),
  }),
  fc.record({ kind: fc.constant('return'), node, of, share }),
  fc.record({
    kind: fc.constant('ship'),
    node,
    size: fc.integer({ min: 1, max: 5 }),
    fate: fc.constantFrom('replied', 'lost', 'twice', 'late'),
  }),
  fc.record({ kind: fc.constant('crash'), node, inDoubt: share }),
)

/** A node as it knows itself: its journal survives a crash, its leases do not. */
type SimulatedNode = {
  readonly name: string
  id: { nodeId: number; epoch: number }
  readonly journal: Entry[]
  shippedTo: number
  leases: Map<Purse, { granted: bigint; gone: bigint }>
}
type World = {
  readonly store: Store
  readonly nodes: SimulatedNode[]
  readonly granted: Map<Purse, bigint>
  readonly charged: Map<Purse, bigint>
  requests: number
  grants: number
}

/** Runs `runs` random schedules, each on a store of its own. */
export function describeSchedules(open: OpenStore, runs: number): void {
  test('after any schedule of crashes, lost replies and repeated batches, balances of both modes are grants less charges, they never mix, and the ledger verifies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        const { store, close } = await open()
        try {
          const world = await beginWorld(store)
          for (const next of steps) await take(world, next)
          await quiesce(world)
          await expectExact(world)
        } finally {
          await close()
        }
      }),
      { numRuns: runs },
    )
  }, 60_000)
}

async function beginWorld(store: Store): Promise<World> {
  for (const id of organizations) await store.createOrganization({ id, name: id, createdAt: noon })
  const nodes: SimulatedNode[] = []
  for (const name of ['node-a', 'node-b', 'node-c']) {
    nodes.push({ name, id: await store.openNode(name), journal: [], shippedTo: 0, leases: new Map() })
  }
  return { store, nodes, granted: new Map(), charged: new Map(), requests: 0, grants: 0 }
}

async function take(world: World, next: Step): Promise<void> {
  switch (next.kind) {
    case 'grant':
      return grant(world, next)
    case 'revoke':
      return revoke(world, next)
    case 'ask':
      return ask(world, next)
    case 'settle':
      return settle(world, world.nodes[next.node]!, next)
    case 'return':
      return giveBack(world.nodes[next.node]!, next)
    case 'ship':
      return ship(world.store, world.nodes[next.node]!, next)
    case 'crash':
      return crash(world, world.nodes[next.node]!, next.inDoubt)
  }
}

async function grant(world: World, { to, amount, twice }: Extract<Step, { kind: 'grant' }>): Promise<void> {
  const given = {
    ...to,
    amountNano: BigInt(amount),
    note: null,
    idempotencyKey: `grant-${++world.grants}`,
  }
  await world.store.grantCredit(given)
  if (twice) await world.store.grantCredit(given)
  add(world.granted, to, given.amountNano)
}

/** All of it, once, or nothing where less is left: then it is told how much, to the nano. */
async function revoke(world: World, { from, amount, twice }: Extract<Step, { kind: 'revoke' }>): Promise<void> {
  const asked = { ...from, amountNano: BigInt(amount), note: null, idempotencyKey: `revocation-${++world.grants}` }
  const { balanceNano, leasedNano } = await world.store.balance(from.organizationId, from.mode)
  const left = balanceNano > leasedNano ? balanceNano - leasedNano : 0n
  const answer = await world.store.revokeCredit(asked)
  if (asked.amountNano > left) return expect(answer).toEqual({ reversals: null, revocableNano: left })
  expect(answer.reversals!.reduce((total, { amountNano }) => total + amountNano, 0n)).toBe(asked.amountNano)
  if (twice) expect(await world.store.revokeCredit(asked)).toEqual(answer)
  add(world.granted, from, -asked.amountNano)
}

async function ask(
  world: World,
  { node: index, of: purse, amount, lost }: Extract<Step, { kind: 'ask' }>,
): Promise<void> {
  const asking = world.nodes[index]!
  const lease = leaseOf(asking, purse)
  const { grantedNano, availableNano } = await world.store.leaseCredit({
    ...asking.id,
    ...purse,
    wantTotalNano: lease.granted + BigInt(amount),
  })
  expect(grantedNano >= lease.granted).toBe(true)
  if (availableNano > 0n) expect(grantedNano >= lease.granted + BigInt(amount)).toBe(true)
  if (!lost) lease.granted = grantedNano
}

function settle(
  world: World,
  spending: SimulatedNode,
  { of: purse, share: part, over }: Extract<Step, { kind: 'settle' }>,
): void {
  const lease = leaseOf(spending, purse)
  const left = lease.granted - lease.gone
  const charge = (left > 0n ? (left * BigInt(part)) / 100n : 0n) + BigInt(over) * 200n
  lease.gone += charge
  spending.journal.push(settleEntry(world, purse, charge, spending.id.epoch))
}

function settleEntry(world: World, purse: Purse, charge: bigint, epoch: number): Entry {
  add(world.charged, purse, charge)
  world.requests += 1
  const admittedAt = noon + world.requests * 47_000
  return {
    kind: 'settle',
    epoch,
    settlement: settlementOf({
      requestId: `r${world.requests}`,
      ...purse,
      chargeNano: String(charge),
      admittedAt,
    }),
  }
}

function giveBack(returning: SimulatedNode, { of: purse, share: part }: Extract<Step, { kind: 'return' }>): void {
  const lease = leaseOf(returning, purse)
  const amount = ((lease.granted - lease.gone) * BigInt(part)) / 100n
  if (amount <= 0n) return
  lease.gone += amount
  returning.journal.push({
    kind: 'return-lease',
    epoch: returning.id.epoch,
    ...purse,
    amountNano: String(amount),
  })
}

async function ship(
  store: Store,
  shipping: SimulatedNode,
  { size, fate }: Pick<Extract<Step, { kind: 'ship' }>, 'size' | 'fate'>,
): Promise<void> {
  const batch = batchAfter(shipping, fate === 'late' ? Math.max(0, shipping.shippedTo - 2) : shipping.shippedTo, size)
  const result = await store.applyJournal(batch)
  if (fate === 'lost') return
  shipping.shippedTo = result.lastSeq
  if (fate === 'twice' && batch.records.length > 0) {
    expect(await store.applyJournal(batch)).toEqual({ applied: false, lastSeq: result.lastSeq })
  }
}

const batchAfter = (shipping: SimulatedNode, fromSeq: number, size: number): ReturnType<typeof batchOf> =>
  batchOf(shipping.id, fromSeq, shipping.journal.slice(fromSeq, fromSeq + size))

/** What the node was relaying is settled in doubt from the dead epoch's lease, and that epoch ends. */
async function crash(world: World, crashed: SimulatedNode, inDoubt: number): Promise<void> {
  const zombie = crashed.id
  const opened = await world.store.openNode(crashed.name)
  for (const [purse, lease] of crashed.leases) {
    const charge = ((lease.granted - lease.gone) * BigInt(inDoubt)) / 100n
    if (charge > 0n) crashed.journal.push(settleEntry(world, purse, charge, zombie.epoch))
  }
  crashed.journal.push({ kind: 'end-epoch', epoch: zombie.epoch })
  Object.assign(crashed, { id: opened, leases: new Map(), shippedTo: opened.lastSeq })
  const refused = await world.store.applyJournal(batchOf(zombie, opened.lastSeq, [])).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StoreRefusal)
}

async function quiesce({ store, nodes }: World): Promise<void> {
  for (const ending of nodes) {
    ending.journal.push({ kind: 'end-epoch', epoch: ending.id.epoch })
    while (ending.shippedTo < ending.journal.length) await ship(store, ending, { size: 7, fate: 'replied' })
  }
}

async function expectExact({ store, granted, charged, requests }: World): Promise<void> {
  let inDebt = false
  for (const purse of purses) {
    const expected = (granted.get(purse) ?? 0n) - (charged.get(purse) ?? 0n)
    expect(await store.balance(purse.organizationId, purse.mode)).toEqual({
      balanceNano: expected,
      leasedNano: 0n,
      reservedNano: 0n,
    })
    inDebt ||= expected < 0n
  }
  const failed = (await store.verifyLedger()).filter(({ ok }) => !ok).map(({ name }) => name)
  expect(failed).toEqual(inDebt ? ['no-credit-below-zero'] : [])
  let counted = 0
  for (const purse of purses) {
    const [row] = await store.usage({ ...purse, by: 'key', from: 0, to: noon * 2 })
    expect(row?.chargeNano ?? 0n).toBe(charged.get(purse) ?? 0n)
    counted += row?.requests ?? 0
  }
  expect(counted).toBe(requests)
}

function leaseOf(owner: SimulatedNode, purse: Purse): { granted: bigint; gone: bigint } {
  const lease = owner.leases.get(purse) ?? { granted: 0n, gone: 0n }
  owner.leases.set(purse, lease)
  return lease
}

const add = (sums: Map<Purse, bigint>, purse: Purse, amount: bigint): unknown =>
  sums.set(purse, (sums.get(purse) ?? 0n) + amount)
