import { expect, test } from 'bun:test'
import { Inflow } from './inflow.ts'

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
