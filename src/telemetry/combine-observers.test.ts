import { expect, test } from 'bun:test'
import type { Observer } from '../gateway/observe.ts'
import { combineObservers } from './combine-observers.ts'
import { recordedLog, refusedAttempt, served, stillClock } from './test-request.ts'

const fail = (): never => {
  throw new Error('broken')
}
const broken: Observer = { requestEnded: fail, attemptEnded: fail, alert: fail }

function recording() {
  const seen: string[] = []
  const observer: Observer = {
    requestEnded: ({ requestId }) => void seen.push(requestId),
    attemptEnded: (_requestId, { deployment }) => void seen.push(deployment),
    alert: ({ event }) => void seen.push(event),
  }
  return { seen, observer }
}

test('an observer that throws disturbs neither the caller nor the others, and is logged once a minute', () => {
  const { log, errors } = recordedLog()
  const clock = stillClock()
  const [before, after] = [recording(), recording()]
  const all = combineObservers({ log, clock }, before.observer, broken, after.observer)
  const tell = (): void => {
    all.requestEnded(served())
    all.attemptEnded('req_1', refusedAttempt)
    all.alert({ event: 'upstream-model-missing', deployment: 'azure-eu', provider: 'azure', message: '' })
  }
  tell()
  const seen = ['req_1', 'azure-eu', 'upstream-model-missing']
  expect(before.seen).toEqual(seen)
  expect(after.seen).toEqual(seen)
  expect(errors).toMatchObject([{ event: 'observer-failed' }])
  clock.pass(60_000)
  tell()
  expect(errors).toMatchObject([{}, { event: 'observer-failed', repeats: 2 }])
})

test('no observer at all is one too', () => {
  const { log, errors } = recordedLog()
  combineObservers({ log, clock: stillClock() }).requestEnded(served())
  expect(errors).toEqual([])
})
