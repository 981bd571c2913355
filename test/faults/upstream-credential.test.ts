/** A wrong upstream key looks like an overloaded model to customers, and like a wrong key to whoever can mend it. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { DeploymentJson, ListJson, Receipt } from '../../src/control/contract.ts'
import { mart, runMart } from '../support/mart.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const mine = { pose: 'openai', account: 'mine' } as const
const google = { pose: 'vertex', account: 'google' } as const
let fleet: up.Fleet
beforeAll(async () => {
  fleet = await up.startFleet([mine, google])
}, ways.startMsMax)
afterAll(() => fleet?.server.stop())

const linesOf = (requestId: string): readonly string[] =>
  fleet.server
    .output()
    .split('\n')
    .filter((line) => line.includes(requestId))

test('a wrong upstream key is named to the operator, with its status and when, and to nobody else', async () => {
  await up.break_(fleet.server, mine, { status: 401 })
  const refused = await up.asked(fleet, up.chat)
  const unasked = await up.asked(fleet, up.chat)
  expect([refused.status, unasked.status]).toEqual([503, 503])

  const { data } = await mart<ListJson<DeploymentJson>>(fleet.server, ['deployment', 'list'])
  expect(data[0]).toMatchObject({ id: 'mine', state: 'resting', lastFault: { fault: 'credential', status: 401 } })
  const { stdout } = await runMart(fleet.server, ['deployment', 'list'])
  expect(stdout).toMatch(/^mine: its credential was refused \(401\) \d+ s ago$/m)

  const customers = await ways.settledOf(fleet.server, fleet.customer, refused.requestId)
  expect(customers.attempts).toMatchObject([{ deployment: 'mine', status: null, error: 'unavailable' }])
  const operators = await mart<Receipt>(fleet.server, ['receipt', refused.requestId])
  expect(operators.attempts).toMatchObject([{ deployment: 'mine', status: 401, error: 'credential' }])

  const output = fleet.server.output()
  expect(output).toContain('"message":"providers.mine: its credential was refused (401); check apiKey"')
  expect(output).not.toContain('heldBack')
  for (const { requestId } of [refused, unasked]) expect(linesOf(requestId)).toHaveLength(1)
  for (const told of [output, stdout, JSON.stringify(data)]) expect(told).not.toContain('key-mine')
})

test('and no more once it is mended and a call was served', async () => {
  await up.mend(fleet.server, mine)
  await mart(fleet.server, ['deployment', 'resume', 'mine'])
  expect((await up.asked(fleet, up.chat)).status).toBe(200)
  const { data } = await mart<ListJson<DeploymentJson>>(fleet.server, ['deployment', 'list'])
  expect(data[0]).toMatchObject({ state: 'healthy', lastFault: null })
})

test('a service account that gets no token is a wrong credential too', async () => {
  await up.break_(fleet.server, google, { tokenStatus: 401 })
  const refused = await up.asked(fleet, up.generate)
  expect(refused.status).toBe(503)
  const { data } = await mart<ListJson<DeploymentJson>>(fleet.server, ['deployment', 'list'])
  expect(data[1]).toMatchObject({ id: 'google', state: 'resting', lastFault: { fault: 'credential' } })
  expect(fleet.server.output()).toContain(
    '"message":"providers.google: its credential was refused; check serviceAccount or accessToken"',
  )
  expect(linesOf(refused.requestId)).toHaveLength(1)
})
