import { expect, test } from 'bun:test'
import { createRejections, ownRejectionsKeptMax, rejectionsKeptMax } from './rejections.ts'
import { forbidden, rejected, served, startedAt } from './test-request.ts'

const clock = { now: () => startedAt + 5 }
const limited = { organizationId: 'org_1', keyId: 'key_1', mode: 'live', status: 429, failure: 'rate_limited' } as const

test('a call that was turned away is kept until it is taken, once; one that was served or had no good key is not', () => {
  const { observer, take } = createRejections(clock)
  observer.requestEnded(rejected({ ...limited, requestId: 'req_7', model: 'gpt-5.4', startedAt: startedAt + 0.4 }))
  observer.requestEnded(rejected())
  observer.requestEnded(served())
  observer.requestEnded({ ...served(), settlement: null })
  const [kept, ...others] = take()
  expect(others).toEqual([])
  expect(kept).toMatchObject({
    others: 0,
    rejection: {
      id: 'req_7',
      organizationId: 'org_1',
      at: startedAt,
      key: 'key_1',
      model: 'gpt-5.4',
      failure: 'rate_limited',
    },
  })
  expect(take()).toEqual([])
})

test('what a key without credit brings is counted beyond a few, and what a bad key brings is nothing', () => {
  const { observer, take } = createRejections(clock)
  for (let call = 0; call < 10_000; call += 1) {
    observer.requestEnded(rejected({ ...limited, requestId: `req_${call}`, failure: 'insufficient_credit' }))
    observer.requestEnded(rejected())
  }
  const kept = take()
  expect(kept.length).toBe(ownRejectionsKeptMax)
  expect(kept.reduce((sum, { others }) => sum + 1 + others, 0)).toBe(10_000)
})

test('a model that is not there is told as it was asked for, and a flood of made-up names is counted with the first', () => {
  const { observer, take } = createRejections(clock)
  for (let call = 0; call < 1_000; call += 1)
    observer.requestEnded(rejected({ ...limited, failure: 'model_not_found', status: 404, model: `gpt-${call}` }))
  const kept = take()
  expect(kept[0]!.rejection).toMatchObject({ model: null, askedModel: 'gpt-0' })
  expect(kept.reduce((sum, { others }) => sum + 1 + others, 0)).toBe(1_000)
})

test('calls that are all unlike each other, of any number of organizations, keep within the limits', () => {
  const { observer, take } = createRejections(clock)
  for (let call = 0; call < 20_000; call += 1)
    observer.requestEnded(rejected({ ...limited, organizationId: `org_${call % 500}`, model: `made up ${call}` }))
  expect(take().length).toBe(rejectionsKeptMax)
})

test('a key that was put where a model belongs is kept nowhere, and no name is long', () => {
  const { observer, take } = createRejections(clock)
  for (const model of [...forbidden.slice(0, 1), 'AIzaSyNotAKey', 'm'.repeat(100_000)])
    observer.requestEnded(rejected({ ...limited, model, failure: 'model_not_found', status: 404 }))
  const text = JSON.stringify(take())
  for (const secret of ['sk-bf-0a1b2c3d', 'AIzaSyNotAKey']) expect(text).not.toContain(secret)
  expect(text.length).toBeLessThan(2_000)
})
