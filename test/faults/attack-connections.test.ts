/** How bytes come on a connection costs nobody else anything: ahead of their turn, in crumbs, without end, or not at all. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { expectNobodyHurt, startFight, type Fight } from './attack-support.ts'
import { startMsMax } from './request-support.ts'

setDefaultTimeout(startMsMax)

let fight: Fight
beforeAll(async () => {
  fight = await startFight()
})
afterAll(() => fight?.stop())

describe('nobody waits, and memory stays bounded, for', () => {
  const ahead: readonly (readonly [attack: string, what: string, status: string])[] = [
    ['pipelining-1', 'one connection that asks for nothing over and over', '404'],
    ['pipelining-16', 'sixteen connections that ask for nothing over and over', '404'],
    ['pipelining-health', 'questions after the server’s health', '200'],
    ['pipelining-models', 'questions after the list of models', '200'],
    ['ahead-paid', 'paid requests sent ahead while each waits for its upstream', '200'],
    ['ahead-receipts', 'receipts asked for ahead', '404'],
    ['wrong-keys', 'a flood of wrong keys', '401'],
  ]
  for (const [attack, what, status] of ahead)
    test(what, async () => {
      const done = await expectNobodyHurt(fight, attack)
      expect(done[status]).toBeGreaterThan(10)
    })

  test('chunks of one byte with extensions of 60 kB', async () => {
    const done = await expectNobodyHurt(fight, 'chunk-extensions')
    expect(done['connections']).toBeGreaterThanOrEqual(50)
  })

  test('chunks of one byte with extensions of a line’s length', async () => {
    const done = await expectNobodyHurt(fight, 'small-extensions')
    expect(done['connections']).toBeGreaterThanOrEqual(50)
  })

  test('bodies in chunks of one byte', async () => {
    const done = await expectNobodyHurt(fight, 'tiny-chunks')
    expect(done['bytes']).toBeGreaterThan(50 * 60_000)
  })

  test('2,000 heads that come byte by byte', async () => {
    const done = await expectNobodyHurt(fight, 'slow-heads')
    expect(done['connections']).toBe(2_000)
  })

  test('2,000 connections that say nothing, stop within a head or a body, or end their half', async () => {
    const done = await expectNobodyHurt(fight, 'half-open')
    expect(done['connections']).toBe(2_000)
  })
})
