/** Random schedules of reservations that are made, settled, voided, repeated and shipped by nodes that crash, against a model of a few lines; money must come out exact. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { failuresOf, type OpenStore } from './contract-steps.ts'
import type { Reservation } from './reservations.ts'
import { modes, type Mode, type OpenedNode, type Store } from './store.ts'
import { batchOf, endOf, noon, reservationOf, settlementOf, type Entry } from './store-fixtures.ts'

const purses = ['acme', 'beta'].flatMap((organizationId) => modes.map((mode) => ({ organizationId, mode }) as const))
type Purse = { readonly organizationId: string; readonly mode: Mode }
const nameOf = ({ organizationId, mode }: Purse): string => `${organizationId} ${mode}`

type Step =
  | { readonly kind: 'grant'; readonly of: Purse; readonly amount: number }
  | { readonly kind: 'reserve' | 'spend'; readonly node: number; readonly of: Purse; readonly amount: number }
  | {
      readonly kind: 'end'
      readonly node: number
      readonly which: number
      readonly share: number
      readonly times: number
    }
  | { readonly kind: 'ship'; readonly node: number; readonly size: number; readonly fate: 'replied' | 'lost' | 'twice' }
  | { readonly kind: 'crash'; readonly node: number }

const node = fc.integer({ min: 0, max: 1 })
const of = fc.constantFrom(...purses)
const amount = fc.integer({ min: 0, max: 5_000 })
/** Of what is reserved, in percent; −1 voids. */
const share = fc.oneof(fc.integer({ min: -1, max: 100 }), fc.constantFrom(-1, 0, 100))
const weighted = (weight: number, of: Record<string, fc.Arbitrary<unknown>>) => ({ weight, arbitrary: fc.record(of) })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    weighted(1, { kind: fc.constant('grant'), of, amount: fc.integer({ min: 1, max: 20_000 }) }),
    weighted(4, { kind: fc.constantFrom('reserve', 'reserve', 'spend'), node, of, amount }),
    weighted(4, {
      kind: fc.constant('end'),
      node,
      which: fc.nat(),
      share,
      times: fc.integer({ min: 1, max: 3 }),
    }),
    weighted(3, {
      kind: fc.constant('ship'),
      node,
      size: fc.integer({ min: 1, max: 9 }),
      fate: fc.constantFrom('replied', 'lost', 'twice'),
    }),
    weighted(1, { kind: fc.constant('crash'), node }),
  ) as fc.Arbitrary<Step>,
  { minLength: 10, maxLength: 60 },
)

/** A node with what it has journaled, how far the store has it, and what it has leased and spent in this epoch. */
type Node = {
  opened: OpenedNode
  journal: Entry[]
  shipped: number
  granted: Map<string, bigint>
  spent: Map<string, bigint>
}
type Reserved = { readonly amount: bigint; readonly of: Purse; charge: bigint | null }

/** What must be so, however it came about. */
class Model {
  readonly granted = new Map<string, bigint>()
  readonly spent = new Map<string, bigint>()
  readonly reservations = new Map<string, Reserved>()

  apply(entry: Entry): void {
    if (entry.kind === 'settle') add(this.spent, entry.settlement, BigInt(entry.settlement.chargeNano))
    if (entry.kind === 'reserve') {
      const { requestId, organizationId, mode, holdNano } = entry.reservation.settlement
      this.reservations.set(requestId, { amount: BigInt(holdNano), of: { organizationId, mode }, charge: null })
    }
    if (entry.kind === 'settle-reservation' || entry.kind === 'void')
      this.reservations.get(entry.settlement.requestId)!.charge ??= BigInt(entry.settlement.chargeNano)
  }

  balanceOf(purse: Purse): { balanceNano: bigint; reservedNano: bigint } {
    const own = [...this.reservations.values()].filter((each) => nameOf(each.of) === nameOf(purse))
    const charged = own.reduce((sum, { charge }) => sum + (charge ?? 0n), this.spent.get(nameOf(purse)) ?? 0n)
    const reservedNano = own.reduce((sum, each) => sum + (each.charge === null ? each.amount : 0n), 0n)
    return { balanceNano: (this.granted.get(nameOf(purse)) ?? 0n) - charged, reservedNano }
  }
}

const add = (sums: Map<string, bigint>, purse: Purse, nano: bigint): void =>
  void sums.set(nameOf(purse), (sums.get(nameOf(purse)) ?? 0n) + nano)

const freshNode = (opened: OpenedNode): Node => ({
  opened,
  journal: [],
  shipped: 0,
  granted: new Map(),
  spent: new Map(),
})

async function run(store: Store, schedule: readonly Step[]): Promise<void> {
  const model = new Model()
  for (const id of ['acme', 'beta']) await store.createOrganization({ id, name: id, createdAt: noon })
  for (const purse of purses) await grant(store, model, { of: purse, amount: 20_000, idempotencyKey: nameOf(purse) })
  const nodes = [freshNode(await store.openNode('a')), freshNode(await store.openNode('b'))]
  const made: Reservation[] = []
  for (const [index, step] of schedule.entries()) {
    if (step.kind === 'grant') {
      await grant(store, model, { ...step, idempotencyKey: `grant ${index}` })
      continue
    }
    const at = nodes[step.node]!
    if (step.kind === 'reserve' || step.kind === 'spend') {
      if (!(await take(store, at, step.of, BigInt(step.amount)))) continue
      at.journal.push(entryOf(step, `r${index}`, at.opened.epoch, made))
    } else if (step.kind === 'end') {
      const reservation = made[step.which % Math.max(1, made.length)]
      // A poller reads what is reserved out of the store.
      if (!reservation || !model.reservations.has(reservation.settlement.requestId)) continue
      for (let time = 0; time < step.times; time += 1)
        at.journal.push(endingOf(reservation, step.share, at.opened.epoch))
    } else if (step.kind === 'ship') await ship(store, at, model, step)
    else await crash(store, at, model)
  }
  for (const each of nodes) await crash(store, each, model)
  await expectAsModelled(store, model)
}

async function grant(
  store: Store,
  model: Model,
  { of: purse, amount: nano, idempotencyKey }: { of: Purse; amount: number; idempotencyKey: string },
): Promise<void> {
  await store.grantCredit({ ...purse, amountNano: BigInt(nano), note: null, idempotencyKey })
  add(model.granted, purse, BigInt(nano))
}

/** Leases what the node lacks; false where it cannot be had. */
async function take(store: Store, at: Node, purse: Purse, amountNano: bigint): Promise<boolean> {
  const name = nameOf(purse)
  const wantTotalNano = (at.spent.get(name) ?? 0n) + amountNano
  const { nodeId, epoch } = at.opened
  const { grantedNano } = await store.leaseCredit({ nodeId, epoch, ...purse, wantTotalNano })
  at.granted.set(name, grantedNano)
  if (grantedNano < wantTotalNano) return false
  at.spent.set(name, wantTotalNano)
  return true
}

function entryOf(
  step: Extract<Step, { kind: 'reserve' | 'spend' }>,
  requestId: string,
  epoch: number,
  made: Reservation[],
): Entry {
  const chargeNano = String(step.amount)
  if (step.kind === 'spend')
    return { kind: 'settle', epoch, settlement: settlementOf({ requestId, ...step.of, chargeNano }) }
  const reservation = reservationOf(chargeNano, { requestId, ...step.of })
  made.push(reservation)
  return { kind: 'reserve', epoch, reservation }
}

function endingOf(reservation: Reservation, share: number, epoch: number): Entry {
  const charge = (BigInt(reservation.settlement.holdNano) * BigInt(Math.max(0, share))) / 100n
  return { ...endOf(reservation, String(charge), share < 0 ? 'void' : 'settle-reservation'), epoch }
}

async function ship(
  store: Store,
  at: Node,
  model: Model,
  { size, fate }: Pick<Extract<Step, { kind: 'ship' }>, 'size' | 'fate'>,
): Promise<void> {
  const entries = at.journal.slice(at.shipped, at.shipped + size)
  const batch = batchOf(at.opened, at.opened.lastSeq + at.shipped, entries)
  expect((await store.applyJournal(batch)).applied).toBe(true)
  for (const entry of entries) model.apply(entry)
  at.shipped += entries.length
  if (fate !== 'replied' && entries.length > 0)
    expect(await store.applyJournal(batch)).toEqual({ applied: false, lastSeq: at.opened.lastSeq + at.shipped })
}

/** The node comes up again, ships what its predecessor had journaled, and ends its epoch. */
async function crash(store: Store, at: Node, model: Model): Promise<void> {
  const rest = at.journal.slice(at.shipped)
  const opened = await store.openNode(at.opened.nodeId === 1 ? 'a' : 'b')
  const end: Entry = { kind: 'end-epoch', epoch: at.opened.epoch }
  expect((await store.applyJournal(batchOf(opened, opened.lastSeq, [...rest, end]))).applied).toBe(true)
  for (const entry of rest) model.apply(entry)
  Object.assign(at, freshNode({ ...opened, lastSeq: opened.lastSeq + rest.length + 1 }))
}

async function expectAsModelled(store: Store, model: Model): Promise<void> {
  expect(failuresOf(await store.verifyLedger())).toEqual([])
  for (const purse of purses)
    expect([purse, await store.balance(purse.organizationId, purse.mode)]).toEqual([
      purse,
      { ...model.balanceOf(purse), leasedNano: 0n },
    ])
  const open = [...model.reservations].filter(([, { charge }]) => charge === null).map(([id]) => id)
  const due = await store.dueReservations(1_000, 1_000)
  expect(due.map(({ reservation }) => reservation.settlement.requestId).toSorted()).toEqual(open.toSorted())
  for (const [id, { charge }] of model.reservations)
    expect([id, (await store.receipt(id))?.chargeNano]).toEqual([id, String(charge ?? 0n)])
}

/** Each schedule in a store of its own. */
export function describeReservationSchedules(open: OpenStore, schedules: number): void {
  test('after any schedule of reservations, their ends, repeats and crashes, what is available, reserved and charged adds up to what was granted', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (schedule) => {
        const { store, close } = await open()
        try {
          await run(store, schedule)
        } finally {
          await close()
        }
      }),
      { numRuns: schedules },
    )
  }, 60_000)
}
