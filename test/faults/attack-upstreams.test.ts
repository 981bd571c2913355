/** A provider that has gone mad costs nobody anything who asks for another's models. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { attackers } from '../support/attack/attackers.ts'
import type { Program } from '../support/program.ts'
import { expectNobodyHurt, startFight, type Fight } from './attack-support.ts'
import { startMsMax } from './request-support.ts'

setDefaultTimeout(startMsMax)

const models = ['endless-record', 'endless-head', 'endless-answer', 'bomb']

let fight: Fight
let upstream: { readonly url: string; readonly program: Program }
/** What an upstream goes on sending to a client that left is read on for a while: each test has a server of its own. */
beforeEach(async () => {
  upstream = await attackers.madUpstream()
  const price = { usdPerMillion: { input: '1', output: '1' } }
  fight = await startFight({
    providers: { mad: { kind: 'openai-compatible', baseUrl: `${upstream.url}/v1`, apiKey: '${KEY_REAL}' } },
    models: Object.fromEntries(models.map((model) => [model, { contextTokens: 100_000, price }])),
    deployments: models.map((model) => ({ model, provider: 'mad', region: 'us' })),
  })
})
afterEach(async () => {
  await fight?.stop()
  await upstream?.program.kill()
})

describe('nobody waits, and memory stays bounded, for an upstream', () => {
  test('whose record never ends', () => expectAnswered('endless-record'))
  test('whose answer never ends', () => expectAnswered('endless-answer'))
  test('whose head never ends', () => expectAnswered('endless-head'))
  test('whose record unpacks to a quarter of a gigabyte', () => expectAnswered('unpacked-stream'))
  test('whose answer unpacks to a quarter of a gigabyte', () => expectAnswered('unpacked-answer'))
})

async function expectAnswered(attack: string): Promise<void> {
  const done = await expectNobodyHurt(fight, attack)
  expect(done['connections']).toBeGreaterThanOrEqual(8)
}
