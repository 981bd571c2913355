/** What becomes of one client's answers costs nobody else anything: at full speed, untaken, or left. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { expectNobodyHurt, startFight, type Fight } from './attack-support.ts'
import { startMsMax } from './request-support.ts'

setDefaultTimeout(startMsMax)

let fight: Fight
/** Answers that were left are read on for a while: each test has a server of its own. */
beforeEach(async () => {
  fight = await startFight()
})
afterEach(() => fight?.stop())

describe('nobody waits, and memory stays bounded, for', () => {
  test('100 streams of 20,000 tokens at full speed', async () => {
    const done = await expectNobodyHurt(fight, 'full-speed-streams')
    expect(done['200']).toBeGreaterThanOrEqual(100)
  })

  test('100 streams of 20,000 tokens that nobody takes', async () => {
    const done = await expectNobodyHurt(fight, 'unread-streams')
    expect(done['connections']).toBeGreaterThanOrEqual(100)
  })

  test('300 long answers that nobody takes', async () => {
    const done = await expectNobodyHurt(fight, 'unread-answers')
    expect(done['connections']).toBeGreaterThanOrEqual(300)
  })

  test('long streams that are left at their first piece, again and again', async () => {
    const done = await expectNobodyHurt(fight, 'left-streams')
    expect(done['200']).toBeGreaterThanOrEqual(50)
  })
})
