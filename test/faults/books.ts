/** The books of one organization at a server, held against what its clients were promised and what the sandbox served. */
import { expect } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import type { Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

export type House = { readonly server: Server; readonly account: Account }

const grantedNano = 100_000_000_000n
const noticedMsMax = 5_000

/** What was promised is kept, the count agrees, the ledger verifies, nothing is held. */
export async function expectBooks(house: House, shots: readonly support.Shot[]): Promise<void> {
  const { server, account } = house
  const served = await support.servedOnceQuiet(server, 0)
  // Asking for the balance ships the journal first; the store's own file may be a quarter of a second behind it.
  await ways.balanceOf(server, account)
  const rows = support.settlements(server)
  const whole = shots.filter((shot) => shot.whole)
  const faults = [
    ...support.promiseFaults(whole, rows),
    ...support.countFaults(rows, served),
    ...(await support.ledgerFaults(server)),
  ]
  expect(faults).toEqual([])
  await expectBalance(house)
}

/** The balance fell by the charges of the ledger's rows, and nothing is held or set apart. */
export async function expectBalance({ server, account }: House): Promise<void> {
  const charged = support.sum(support.settlements(server).map(({ chargeNano }) => chargeNano))
  const { balanceNano, heldNano } = await ways.balanceOf(server, account)
  expect({ balanceNano, heldNano }).toEqual({ balanceNano: grantedNano - charged, heldNano: 0n })
  expect(support.leftOver(server).parked).toBe(0n)
}

/** Refused for want of a place to write the bill; nothing went out. */
export function expectUnpaidRefused(shot: support.Shot): void {
  expect({ status: shot.status, text: shot.text }).toMatchObject({ status: 503 })
  expect(Number(shot.headers.get('retry-after'))).toBeGreaterThan(0)
  const error = ways.envelopeOf(shot, shot.way.dialect)
  if (shot.way.dialect === 'openai') expect(error.code).toBe('billing_unavailable')
  else expect(error.status).toBe('UNAVAILABLE')
}

export async function expectNothingServed({ server, account }: House): Promise<void> {
  const before = await ways.servedCount(server)
  for (const way of ways.ways) expectUnpaidRefused(await support.shoot(server, account, { way, sandbox: 'tokens=20' }))
  expect(await ways.servedCount(server)).toBe(before)
}

type Readiness = { readonly status: number; readonly reason: string | null }

async function readiness({ baseUrl }: Server): Promise<Readiness> {
  const response = await fetch(`${baseUrl}/readyz`)
  const { reason = null } = (await response.json()) as { reason?: string }
  return { status: response.status, reason }
}

/** Waits until the server says that it cannot serve, and gives why. */
export const untilUnready = (server: Server): Promise<string> =>
  eventually(
    async () => {
      const { status, reason } = await readiness(server)
      return status === 503 ? String(reason) : null
    },
    noticedMsMax,
    () => 'the server still says that it is ready',
  )

/** Waits until the server says by itself that it serves. */
export function untilReady(server: Server): Promise<true> {
  let last: Readiness | null = null
  return eventually(
    async () => ((last = await readiness(server)).status === 200 ? true : null),
    noticedMsMax,
    () => `the server is still not ready: ${last?.reason}`,
  )
}
