/** The configuration changes under a running gateway: what is good serves at once, what is bad changes nothing. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { renameSync, writeFileSync } from 'node:fs'
import { eventually } from '../support/eventually.ts'
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
