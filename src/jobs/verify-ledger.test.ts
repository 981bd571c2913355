import { expect, jest, test } from 'bun:test'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogEvent } from '../lib/log-text.ts'
import type { Check } from '../store/store.ts'
import { startVerifyingLedger } from './verify-ledger.ts'
import { testFolder } from '../lib/test-folder.ts'

const good: Check = { name: 'balances', ok: true, detail: 'they add up' }
const bad: Check = { name: 'receipts', ok: false, detail: 'one does not' }

function verifierWith(checks: () => Promise<Check[]>, path = join(testFolder('verify'), 'last.json')) {
  const asked: string[] = []
  const events: LogEvent[] = []
  const time = { now: 1_000_000 }
  const verifier = startVerifyingLedger({
    store: {
      verifyLedger: () => {
        asked.push('verify')
        return checks()
      },
    },
    ship: () => Promise.resolve(void asked.push('ship')),
    path,
    clock: { now: () => time.now, monotonic: () => time.now },
    log: { info: () => undefined, error: (event) => void events.push(event) },
  })
  return { verifier, asked, events, path, time }
}

test('the last result is kept with its time, over a restart, in a file that is its owner’s alone', async () => {
  const { verifier, asked, path } = verifierWith(() => Promise.resolve([good]))
  expect(verifier.last()).toBeNull()
  const result = await verifier.verify()
  expect(result).toEqual({ at: 1_000_000, ms: 0, checks: [good] })
  expect(asked).toEqual(['ship', 'verify'])
  expect(statSync(path).mode & 0o077).toBe(0)
  expect(verifierWith(() => Promise.resolve([]), path).verifier.last()).toEqual(result)
  writeFileSync(path, 'torn')
  expect(verifierWith(() => Promise.resolve([]), path).verifier.last()).toBeNull()
  verifier.stop()
})

test('who asks while one is under way waits for that one, and the next is a new one', async () => {
  let finish: (checks: Check[]) => void = () => undefined
  const { verifier, asked } = verifierWith(() => new Promise((resolve) => (finish = resolve)))
  const both = [verifier.verify(), verifier.verify()]
  expect(verifier.isRunning()).toBe(true)
  await Promise.resolve()
  finish([good])
  const [first, second] = await Promise.all(both)
  expect([first === second, asked, verifier.isRunning()]).toEqual([true, ['ship', 'verify'], false])
  const third = verifier.verify()
  await Promise.resolve()
  finish([good])
  expect(await third).not.toBe(first!)
})

test('a ledger that does not add up is logged by the names of the checks, and one that cannot be proved keeps the last result', async () => {
  let fails = false
  const { verifier, events } = verifierWith(() =>
    fails ? Promise.reject(new Error('the store is away')) : Promise.resolve([good, bad]),
  )
  const result = await verifier.verify()
  expect(events).toEqual([{ event: 'ledger-does-not-add-up', checks: ['receipts'] }])
  fails = true
  expect(verifier.verify()).rejects.toThrow('the store is away')
  await Bun.sleep(0)
  expect([verifier.last(), verifier.isRunning()]).toEqual([result, false])
})

test('it is proved once a day, from an hour after the start on, and whoever asked meanwhile has the day begin anew', async () => {
  jest.useFakeTimers()
  const hourMs = 3_600_000
  const { verifier, asked, time } = verifierWith(() => Promise.resolve([good]))
  const hours = async (many: number): Promise<number> => {
    for (let hour = 0; hour < many; hour += 1) {
      time.now += hourMs
      jest.advanceTimersByTime(hourMs)
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    }
    return asked.filter((what) => what === 'verify').length
  }
  expect(asked).toEqual([])
  expect([await hours(1), await hours(23), await hours(1)]).toEqual([1, 1, 2])
  await hours(12)
  await verifier.verify()
  expect([await hours(23), await hours(1)]).toEqual([3, 4])
  verifier.stop()
  expect(await hours(48)).toBe(4)
  jest.useRealTimers()
})
