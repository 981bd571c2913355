/** What an account can take: ceilings from the configuration, from the provider's own headers, and a host that takes nothing at all. */
import { afterEach, expect, test } from 'bun:test'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

let fleet: up.Fleet
afterEach(() => fleet.server.stop())

const first = { pose: 'openai', account: 'first' } as const
const spare = { pose: 'openai', account: 'spare', more: { priority: 1 } } as const

test(
  'a ceiling in the configuration is kept to, and what is above it goes elsewhere',
  async () => {
    fleet = await up.startFleet([{ ...first, more: { rpm: 3 } }, spare])
    const got = await Promise.all(Array.from({ length: 8 }, () => up.asked(fleet, up.chat)))
    expect(got.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    const seen = await up.seenAll(fleet.server)
    const servedBy = (account: string): number => seen.filter((each) => each.account === account).length
    expect([servedBy('first'), servedBy('spare')]).toEqual([3, 5])
  },
  ways.startMsMax,
)

test(
  'a ceiling on tokens counts what a request is expected to take in',
  async () => {
    fleet = await up.startFleet([{ ...first, more: { tpm: 400 } }, spare])
    const prompt = 'river '.repeat(200)
    for (const account of ['first', 'spare', 'spare'])
      await up.expectServedBy(fleet, await up.asked(fleet, up.chat, { prompt }), [account])
  },
  ways.startMsMax,
)

test(
  'what the provider’s headers say is left is not overrun: its 429 is met at most once',
  async () => {
    fleet = await up.startFleet([first, spare])
    await up.break_(fleet.server, first, { rpm: 4 })
    for (let times = 0; times < 10; times += 1) expect((await up.asked(fleet, up.chat)).status).toBe(200)
    const seen = await up.seenAll(fleet.server)
    expect(seen.filter(({ account }) => account === 'first')).toHaveLength(4)
    const { refused } = await up.accountOf(fleet.server, first)
    expect(refused['429'] ?? 0).toBeLessThanOrEqual(1)
  },
  ways.startMsMax,
)

test(
  'a host that takes no connection costs a moment, not the request',
  async () => {
    fleet = await up.startFleet([{ ...first, provider: { baseUrl: 'http://127.0.0.1:9/v1' } }, spare], {
      deadlines: { connectMs: 300 },
    })
    for (const way of [up.chat, up.chatStream]) {
      const receipt = await up.expectServedBy(fleet, await up.asked(fleet, way), ['first', 'spare'])
      expect(receipt.attempts[0]).toMatchObject({ status: null, error: 'connection failed', firstByteMs: null })
    }
    // What was surely never sent may go elsewhere even where it would have left something behind.
    await up.expectServedBy(fleet, await up.asked(fleet, up.chat, { fields: { store: true } }), ['first', 'spare'])
  },
  ways.startMsMax,
)
