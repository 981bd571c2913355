import { expect, test } from 'bun:test'
import { createCount } from './count.ts'
import { noUsage } from './usage.ts'

const served = (clientRequestId: string) =>
  ({
    clientRequestId,
    at: 0,
    dialect: 'openai',
    endpoint: 'chat/completions',
    model: 'm',
    servedModel: 'm',
    status: 200,
    complete: true,
    usage: { ...noUsage, output: 2 },
    sent: { ...noUsage, output: 1 },
  }) as const

test('the list forgets the oldest, the totals forget nothing', () => {
  const count = createCount(3)
  for (const id of ['a', 'b', 'a', 'c', 'c']) count.record(served(id))
  expect(count.list(0, 10).map(({ sequence }) => sequence)).toEqual([3, 4, 5])
  expect(count.list(3, 1).map(({ sequence }) => sequence)).toEqual([4])
  expect(count.list(5, 10)).toEqual([])
  expect(count.byClientRequestId('a').map(({ sequence }) => sequence)).toEqual([3])
  expect(count.byClientRequestId('b')).toEqual([])
  expect(count.totals()).toEqual({
    requests: 5,
    completed: 5,
    byModel: { m: { requests: 5, ...noUsage, output: 5 } },
    byAccount: {},
  })
})

test('a request revoked is incomplete, once, and a reset forgets all', () => {
  const count = createCount(3)
  const first = count.record(served('a'))
  count.revoke(first)
  count.revoke(first)
  expect(count.totals().completed).toBe(0)
  expect(count.list(0, 1)[0]!.complete).toBe(false)
  count.reset()
  expect(count.totals()).toEqual({ requests: 0, completed: 0, byModel: {}, byAccount: {} })
})
