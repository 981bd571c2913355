/** Whether every charge of a soak is in the count of who served it, once, and everything was given back. */
import { modes, type Mode, type Settlement } from '../../src/store/store.ts'
import * as support from '../faults/process-support.ts'
import * as ways from '../faults/request-support.ts'
import { eventually } from '../support/eventually.ts'
import { runMart } from '../support/mart.ts'
import type { Customer, World } from './world.ts'

export type Counted = Readonly<Record<Mode, readonly ways.Served[]>>

const countEveryMs = 5_000
const settledMsMax = 30_000
/** Of hundreds of thousands of requests, on a machine that others use. */
const verifiedMsMax = 600_000

/** Asks both judges while it goes on, because they forget what is long ago. */
export function startCounting({ judges, server }: World) {
  const counted: Record<Mode, ways.Served[]> = { test: [], live: [] }
  let isStopped = false
  const count = async (): Promise<void> => {
    for (const mode of modes)
      counted[mode].push(...(await ways.servedSince(judges[mode], counted[mode].at(-1)?.sequence ?? 0)))
  }
  const work = async (): Promise<void> => {
    for (let waitedMs = 0; !isStopped; waitedMs += 100) {
      if (waitedMs % countEveryMs === 0) await count()
      await Bun.sleep(100)
    }
  }
  const ended = work()
  return {
    /** Once nothing is under way any more. */
    async stop(): Promise<Counted> {
      isStopped = true
      await ended
      await untilNothingIsHeld(server)
      for (const mode of modes) await support.servedOnceQuiet(judges[mode], counted[mode].at(-1)?.sequence ?? 0)
      await count()
      return counted
    },
  }
}

async function untilNothingIsHeld(server: World['server']): Promise<void> {
  type Organization = { readonly id: string }
  const organizations = await ways.operate<{ data: Organization[] } | Organization[]>(server, 'GET', '/organizations')
  const list = Array.isArray(organizations) ? organizations : organizations.data
  let held: string[] = []
  await eventually(
    async () => {
      held = []
      for (const { id } of list)
        for (const mode of modes) {
          const { heldNano } = await ways.balanceOf(server, { organizationId: id, keyId: '', key: '' }, mode)
          if (heldNano !== 0n) held.push(`${id} (${mode}): ${heldNano}`)
        }
      return held.length === 0 ? true : null
    },
    settledMsMax,
    () => `nano-USD stay held: ${held.join(', ')}`,
  )
}

export async function booksFaults(world: World, counted: Counted, shots: readonly support.Shot[]) {
  const { server } = world
  const rows = support.settlements(server)
  const everybody = [...world.customers, world.poor, world.attacker, world.probe]
  const modeOf = new Map(everybody.map(({ keyId, mode }) => [keyId, mode]))
  const byMode = modes.map((mode) => ({ mode, own: rows.filter((row) => row.mode === mode), served: counted[mode] }))
  const verified = await runMart(server, ['ledger', 'verify', '--json'], verifiedMsMax)
  const faults = [
    ...support.promiseFaults(shots, rows),
    ...byMode.flatMap(({ own, served }) => support.countFaults(own, served)),
    ...byMode.flatMap(({ mode, own, served }) => totalFaults(mode, own, served)),
    ...rows.flatMap(({ requestId, keyId, mode }) =>
      modeOf.get(keyId) === mode ? [] : [`${requestId}: of the wrong mode`],
    ),
    ...(await support.ledgerFaults(server)),
    ...(verified.code === 0
      ? []
      : [`mart ledger verify: ${verified.code ?? 'did not end in time'} ${verified.stdout}${verified.stderr}`]),
    ...(await Promise.all(everybody.map((customer) => balanceFaults(world, customer, rows)))).flat(),
  ]
  return { faults, figures: figuresOf(rows, counted) }
}

function totalFaults(mode: Mode, rows: readonly Settlement[], served: readonly ways.Served[]): string[] {
  const { chargedNano, countedNano } = support.exactTotals(rows, served)
  if (chargedNano === countedNano) return []
  return [`${mode}: charged ${chargedNano}, what was served costs ${countedNano}`]
}

async function balanceFaults({ server }: World, customer: Customer, rows: readonly Settlement[]): Promise<string[]> {
  const own = rows.filter(({ organizationId }) => organizationId === customer.organizationId)
  const chargedNano = support.sum(own.map(({ chargeNano }) => chargeNano))
  const { balanceNano, heldNano } = await ways.balanceOf(server, customer, customer.mode)
  const leftNano = customer.grantedNano - chargedNano
  if (balanceNano === leftNano && heldNano === 0n) return []
  return [`${customer.organizationId}: ${balanceNano} of which ${heldNano} held, but ${leftNano} is left of its credit`]
}

function figuresOf(rows: readonly Settlement[], counted: Counted): Record<string, string | number> {
  const exact = rows.filter(support.isExact)
  return {
    'requests in the ledger': rows.length,
    'requests in the counts of who served them': counted.test.length + counted.live.length,
    'charged by the vendor’s own figures': exact.length,
    'charged, nano-USD': support.sum(rows.map(({ chargeNano }) => chargeNano)).toString(),
  }
}
