import { afterEach, expect, test } from 'bun:test'
import { turnBytesMax } from '../byte-turns.ts'
import { Inflow } from './inflow.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const flows: Inflow[] = []
/** There is one count of what comes in for the whole thread. */
afterEach(async () => {
  for (const flow of flows.splice(0)) flow.close()
  await nextTurn()
})

/** What comes in on a connection, whose reader is told how much of it may be read now. */
function inflow(mayBeCrumbs: boolean) {
  const waiting: (() => void)[] = []
  const read: number[] = []
  const calls: string[] = []
  const socket = { pause: () => void calls.push('pause'), resume: () => void calls.push('resume') }
  const turns = { add: (task: () => void) => void waiting.push(task) }
  const flow = new Inflow(
    socket,
    { turns, readingAway: turns },
    { mayBeCrumbs, takeNow: (bytes) => void read.push(bytes.length) },
  )
  flows.push(flow)
  return { flow, read, calls, turn: () => waiting.shift()?.() }
}

test('crumbs wait for their turn from the first on, and their sender until all of them are read', () => {
  const { flow, read, calls, turn } = inflow(true)
  flow.take(Buffer.alloc(40 * 1024))
  expect([read, calls]).toEqual([[], ['pause']])
  turn()
  turn()
  expect([read, calls]).toEqual([[16 * 1024, 16 * 1024], ['pause']])
  turn()
  expect([read, calls]).toEqual([
    [16 * 1024, 16 * 1024, 8 * 1024],
    ['pause', 'resume'],
  ])
})

test('what is one piece, and what is short, is read as it comes', () => {
  const [piece, short] = [inflow(false), inflow(true)]
  piece.flow.take(Buffer.alloc(512 * 1024))
  short.flow.take(Buffer.alloc(16 * 1024))
  expect([piece.read, short.read]).toEqual([[512 * 1024], [16 * 1024]])
})

test('of what nobody wants, more is read when its turn has come', () => {
  const { flow, calls, turn } = inflow(true)
  flow.readAway()
  expect(calls).toEqual(['pause'])
  turn()
  expect(calls).toEqual(['pause', 'resume'])
})

test('of many that bring much at once, those that come too late for a turn are held until the next', async () => {
  const [one, two, three] = [inflow(false), inflow(false), inflow(false)]
  for (const { flow } of [one, two, three]) flow.take(Buffer.alloc(turnBytesMax / 2))
  expect([one.calls, two.calls, three.calls]).toEqual([['pause'], ['pause'], ['pause']])
  await nextTurn()
  expect([one.calls, two.calls, three.calls]).toEqual([['pause', 'resume'], ['pause', 'resume'], ['pause']])
  two.flow.take(Buffer.alloc(16 * 1024))
  await nextTurn()
  expect([two.calls, three.calls]).toEqual([
    ['pause', 'resume'],
    ['pause', 'resume'],
  ])
})
