/** A region policy is a promise: every way out of it is tried here, and none may be open. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

const us = [
  { pose: 'openai', account: 'usone' },
  { pose: 'ai-studio', account: 'ustwo' },
] as const
const eu = [
  { pose: 'azure', account: 'euone', region: 'eu' },
  { pose: 'vertex', account: 'eutwo', region: 'eu', location: 'eu' },
] as const
const euAccounts: readonly (string | null)[] = eu.map(({ account }) => account)

let fleet: up.Fleet
let european: up.Fleet
beforeAll(async () => {
  fleet = await up.startFleet([...us, ...eu])
  european = { ...fleet, customer: await ways.openPurse(fleet.server, '100', { region: 'eu', concurrency: null }) }
}, ways.startMsMax)
afterAll(() => fleet.server.stop())

const all = [up.chat, up.chatStream, up.generate, up.generateStream, up.generateArray]
const under = (policy: string, way: ways.Way): ways.Way => ({ ...way, path: `/${policy}${way.path}` })

describe('served where the policy says, and said so', () => {
  for (const way of all) {
    test(`${way.name}: us without a word, eu for a key of eu`, async () => {
      const [here, there] = [await up.asked(fleet, way), await up.asked(european, way)]
      expect([here.headers.get('x-mart-region'), there.headers.get('x-mart-region')]).toEqual(['us', 'eu'])
      const [ours, theirs] = [
        await ways.settledOf(fleet.server, fleet.customer, here.requestId),
        await ways.settledOf(fleet.server, european.customer, there.requestId),
      ]
      expect([ours.region, theirs.region]).toEqual(['us', 'eu'])
      expect(euAccounts).toContain(theirs.upstream)
      expect(euAccounts).not.toContain(ours.upstream)
    })

    test(`${way.name}: eu for one request, by its URL`, async () => {
      const got = await up.asked(fleet, under('eu', way))
      const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
      expect({ region: receipt.region, inEu: euAccounts.includes(receipt.upstream) }).toEqual({
        region: 'eu',
        inEu: true,
      })
    })

    test(`${way.name}: a key of eu cannot choose us`, async () => {
      const before = await ways.servedCount(fleet.server)
      const got = await up.asked(european, under('us', way))
      expect(got.status).toBe(403)
      expect(ways.envelopeOf(got, way.dialect).message).toContain("'eu'")
      expect(await ways.servedCount(fleet.server)).toBe(before)
    })
  }
})

describe('every way out of eu is closed', () => {
  // What each of them comes to in the end is the table of decision 0006; here it is no success.
  const failures = [{ status: 500 }, { status: 429, retryAfter: 1 }, { quota: true }, { reset: true }, { status: 401 }]
  const toldOf = [429, 503, 504]
  for (const way of all)
    for (const how of failures)
      test(`${way.name}: no failover out of it: ${JSON.stringify(how)}`, async () => {
        const before = (await up.seenAll(fleet.server)).length
        for (const at of eu) await up.break_(fleet.server, at, how)
        const asked = await Promise.all([up.asked(european, way), up.asked(fleet, under('eu', way))])
        for (const at of eu) {
          await up.mend(fleet.server, at)
          await ways.operate(fleet.server, 'POST', `/deployments/${at.account}/resume`, {})
        }
        for (const got of asked) expect(toldOf).toContain(got.status)
        const seen = (await up.seenAll(fleet.server)).slice(before)
        expect(seen.filter(({ account }) => !euAccounts.includes(account))).toEqual([])
      })

  test('drained by hand, eu serves nobody rather than elsewhere', async () => {
    for (const { account } of eu) await ways.operate(fleet.server, 'POST', `/deployments/${account}/drain`, {})
    const before = await ways.servedCount(fleet.server)
    for (const way of all) expect((await up.asked(european, way)).status).toBe(503)
    expect(await ways.servedCount(fleet.server)).toBe(before)
    for (const { account } of eu) await ways.operate(fleet.server, 'POST', `/deployments/${account}/resume`, {})
  })

  test('counting tokens stays inside as well', async () => {
    const before = (await up.seenAll(fleet.server)).length
    const count = { ...up.generate, path: up.generate.path.replace('generateContent', 'countTokens') }
    expect((await up.asked(european, count, { fields: {} })).headers.get('x-mart-region')).toBe('eu')
    const seen = (await up.seenAll(fleet.server)).slice(before)
    expect(seen.filter(({ account }) => !euAccounts.includes(account))).toEqual([])
  })

  test('a model that a region does not have is refused, naming the region and what it does serve', async () => {
    const split = await up.startFleet([
      { pose: 'openai', account: 'onlyus' },
      { pose: 'vertex', account: 'onlyeu', region: 'eu', location: 'eu' },
    ])
    const eu = { ...split, customer: await ways.openPurse(split.server, '100', { region: 'eu', concurrency: null }) }
    for (const [asking, way, region, served] of [
      [eu, up.chat, 'eu', up.geminiModel],
      [split, up.generate, 'us', up.openaiModel],
    ] as const) {
      const got = await up.asked(asking, way)
      expect(got.status).toBe(403)
      const { message } = ways.envelopeOf(got, way.dialect)
      expect(message).toContain(`'${region}'`)
      expect(message).toContain(served)
    }
    await split.server.stop()
  })

  test('lists of models name what a region serves, and nothing else', async () => {
    const listed = async (path: string, key: string): Promise<string> => {
      const response = await fetch(`${fleet.server.baseUrl}${path}`, { headers: { authorization: `Bearer ${key}` } })
      return response.text()
    }
    for (const [path, key] of [
      ['/v1/models', fleet.customer.key],
      ['/v1/models', european.customer.key],
      ['/eu/v1/models', fleet.customer.key],
    ] as const) {
      const { data } = JSON.parse(await listed(path, key)) as { data: { id: string }[] }
      expect(data.map(({ id }) => id)).toEqual([up.openaiModel])
    }
    const { models } = JSON.parse(await listed('/genai/v1beta/models', european.customer.key)) as {
      models: { name: string }[]
    }
    expect(models.map(({ name }) => name)).toEqual([`models/${up.geminiModel}`])
    expect(await listed('/v1/models/gpt-4.1', european.customer.key)).toContain('model_not_found')
  })

  test('an unknown region in the URL is no URL', async () => {
    expect((await up.asked(fleet, under('mars', up.chat))).status).toBe(404)
  })
})
