/** The configuration changes under a running gateway: what is good serves at once, what is bad changes nothing. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { renameSync, writeFileSync } from 'node:fs'
import { eventually } from '../support/eventually.ts'
import { mart, runMart } from '../support/mart.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const one = { pose: 'openai', account: 'one' } as const
const two = { pose: 'openai', account: 'two' } as const

let fleet: up.Fleet
beforeAll(async () => {
  // Both credentials are in the environment from the start; the file names one of them.
  fleet = await up.startFleet([one, { ...two, more: { enabled: false } }])
}, ways.startMsMax)
afterAll(() => fleet.server.stop())

const noticedMsMax = 5_000
const servedBy = async (account: string): Promise<void> => {
  let last = ''
  await eventually(
    async () => {
      const got = await up.asked(fleet, up.chat)
      last = (await ways.settledOf(fleet.server, fleet.customer, got.requestId)).upstream
      return last === account ? true : null
    },
    noticedMsMax,
    () => `served by ${last}, not by ${account}`,
  )
}
const replace = (text: string): void => {
  writeFileSync(`${fleet.configPath}.new`, text)
  renameSync(`${fleet.configPath}.new`, fleet.configPath)
}

test('a new file serves without a restart, and a bad one leaves the old one serving and says why', async () => {
  await servedBy('one')
  replace(up.configOf([{ ...one, more: { enabled: false } }, two]))
  await servedBy('two')

  replace('providers: [this is no mapping]')
  const said = (): Promise<true | null> =>
    Promise.resolve(fleet.server.output().includes('config-refused') ? true : null)
  await eventually(said, noticedMsMax, () => `nothing was said:\n${fleet.server.output()}`)
  await servedBy('two')
  const answer = await ways.operate<{ ok: boolean; reason?: string }>(fleet.server, 'POST', '/config/reload', {})
  expect(answer.ok).toBe(false)
  expect(answer.reason).toContain('providers')

  replace(up.configOf([one, { ...two, more: { enabled: false } }]))
  process.kill(fleet.server.pid(), 'SIGHUP')
  await servedBy('one')
})

test('a request under way ends where it began, by the configuration it was admitted under', async () => {
  const slow = up.asked(fleet, up.chatStream, { sandbox: 'tokens=40 chunk_ms=40' })
  await Bun.sleep(300)
  replace(
    up.configOf([
      { ...one, more: { enabled: false } },
      { ...two, more: { pricePpm: 2_000_000 } },
    ]),
  )
  await servedBy('two')
  await up.expectServedBy(fleet, await slow, ['one'])
})

test('a price that a deployment multiplies is what its requests are charged', async () => {
  const got = await up.asked(fleet, up.chat)
  const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
  const [seen] = await up.seenOf(fleet.server, got.requestId)
  expect(receipt.pricePpm).toBe(2_000_000)
  expect(BigInt(receipt.chargeNano)).toBe(2n * ways.costNano(seen!.model, seen!.usage))
})

test('an operator does all of it by `mart`', async () => {
  type Line = { readonly id: string; readonly state: string }
  const states = async (): Promise<Record<string, string>> => {
    const { data } = await mart<{ data: Line[] }>(fleet.server, ['deployment', 'list'])
    return Object.fromEntries(data.map(({ id, state }) => [id, state]))
  }
  const sandbox = { 'sandbox-us': 'healthy', 'sandbox-eu': 'healthy' }
  expect(await states()).toEqual({ two: 'healthy', ...sandbox })
  expect((await mart<Line>(fleet.server, ['deployment', 'drain', 'two'])).state).toBe('drained')
  expect(await states()).toEqual({ two: 'drained', ...sandbox })
  expect((await up.asked(fleet, up.chat)).status).toBe(503)
  expect((await mart<Line>(fleet.server, ['deployment', 'resume', 'two'])).state).toBe('healthy')
  expect((await up.asked(fleet, up.chat)).status).toBe(200)
  expect(await mart<object>(fleet.server, ['config', 'reload'])).toEqual({ ok: true, changed: false, needRestart: [] })
  for (const id of ['two', 'sandbox-us'])
    expect(await mart<object>(fleet.server, ['deployment', 'test', id])).toMatchObject({
      ok: true,
      status: 200,
      fault: null,
    })
  const unknown = await runMart(fleet.server, ['deployment', 'drain', 'nobody'])
  expect({ code: unknown.code, lines: unknown.stderr.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 })
  const { stdout } = await runMart(fleet.server, ['deployment', 'list'])
  expect(stdout).toContain('two')
}, 30_000)
