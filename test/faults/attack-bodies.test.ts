/** What a body says costs nobody else anything, however much it names, unfolds to, or claims to be. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { expectNobodyHurt, startFight, type Fight } from './attack-support.ts'
import { openPurse, startMsMax } from './request-support.ts'

setDefaultTimeout(startMsMax)

let withCredit: Fight
let withoutCredit: Fight
beforeAll(async () => {
  withCredit = await startFight()
  const poor = await openPurse(withCredit.server, null, { concurrency: null, mode: 'test' })
  withoutCredit = { ...withCredit, attackerKey: poor.key }
})
afterAll(() => withCredit?.stop())

describe('nobody waits, and memory stays bounded, for', () => {
  const named: readonly (readonly [attack: string, what: string])[] = [
    ['many-members', 'millions of members, each of another name'],
    ['same-member', 'a member that is said three million times'],
    ['many-objects', 'a million empty objects and arrays'],
    ['many-messages', '700,000 messages'],
    ['deep-nesting', 'three million levels'],
    ['many-small-strings', '900,000 words to stop at'],
  ]
  for (const [attack, what] of named)
    test(`${what}, which are refused`, async () => {
      const done = await expectNobodyHurt(withCredit, attack)
      expect(done['400']).toBeGreaterThan(0)
    })

  test('strings of 30 MB', async () => {
    const done = await expectNobodyHurt(withCredit, 'long-strings')
    expect((done['200'] ?? 0) + (done['400'] ?? 0)).toBeGreaterThan(0)
  })

  test('bodies of 99 MiB by a key without credit, which nobody reads', async () => {
    const done = await expectNobodyHurt(withoutCredit, 'large-bodies')
    expect(done['429']).toBeGreaterThan(30)
    expect(done['200']).toBeUndefined()
  })

  test('30 bodies of 99 MiB at once by a key with credit, of which one fits its room', async () => {
    const done = await expectNobodyHurt(withCredit, 'large-bodies')
    expect(done['429']).toBeGreaterThan(0)
  })

  test('bodies that unpack to a quarter of a gigabyte', async () => {
    const done = await expectNobodyHurt(withCredit, 'compressed-bombs')
    expect((done['413'] ?? 0) + (done['429'] ?? 0) + (done['503'] ?? 0)).toBeGreaterThan(0)
    expect(done['200']).toBeUndefined()
  })
})
