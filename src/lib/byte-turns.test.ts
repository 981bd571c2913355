import { afterEach, expect, test } from 'bun:test'
import { brought, broughtAll, turnBytesMax, waitForTurn, type Sender } from './byte-turns.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const pieceBytes = turnBytesMax / 2

/** One that has more to bring whenever it may. */
function uploader(bytes = pieceBytes) {
  const state = { isHeld: false, isClosed: false, pieces: 0 }
  const sender: Sender = {
    get isClosed() {
      return state.isClosed
    },
    hold: () => void (state.isHeld = true),
    release: () => void (state.isHeld = false),
  }
  const bring = (): void => {
    state.pieces += 1
    brought(sender, bytes)
  }
  return { state, sender, bring }
}
type Uploader = ReturnType<typeof uploader>

const all: Uploader[] = []
const uploaders = (many: number): readonly Uploader[] => {
  const made = Array.from({ length: many }, () => uploader())
  all.push(...made)
  return made
}
/** What the runtime does in a turn: reads off every socket that may be read; how many it read. */
function readAll(some: readonly Uploader[]): number {
  let many = 0
  for (const { state, bring } of some) {
    if (state.isHeld) continue
    bring()
    many += 1
  }
  return many
}

/** There is one count for the whole thread. */
afterEach(async () => {
  for (const { state, sender } of all.splice(0)) {
    state.isClosed = true
    broughtAll(sender)
  }
  await waitForTurn(turnBytesMax)
  await nextTurn()
})

test('a turn takes a mebibyte of what is large, of twenty that send as fast as they can, and of each as much', async () => {
  const some = uploaders(20)
  // Nobody is known to bring much before it has.
  expect(readAll(some)).toBe(20)
  const turns = 100
  for (let turn = 0; turn < turns; turn += 1) {
    await nextTurn()
    expect(readAll(some)).toBe(2)
  }
  expect(some.map(({ state }) => state.pieces)).toEqual(Array.from(some, () => 1 + (2 * turns) / 20))
})

test('whoever has brought much and rests is held with the others once a turn has had enough', async () => {
  const some = uploaders(20)
  for (const one of some) {
    one.bring()
    await nextTurn()
    await nextTurn()
  }
  expect(some.filter(({ state }) => state.isHeld)).toEqual([])
  expect(readAll(some)).toBe(2)
})

test('one alone is held no longer than a turn', async () => {
  const [one] = uploaders(1)
  for (let turn = 0; turn < 10; turn += 1) {
    while (!one!.state.isHeld) one!.bring()
    await nextTurn()
  }
  expect(one!.state.pieces).toBe(20)
})

test('who brings nothing large any more, or is closed, waits for nobody and nobody for it', async () => {
  const [quiet, closed, ...others] = uploaders(4) as [Uploader, Uploader, ...Uploader[]]
  quiet.bring()
  broughtAll(quiet.sender)
  closed.bring()
  closed.state.isClosed = true
  expect(readAll(others)).toBe(2)
  expect(quiet.state.isHeld).toBe(false)
  await nextTurn()
  expect([closed.state.isHeld, readAll(others)]).toEqual([true, 2])
})

test('what is fetched has its share of the same turns, in the order in which it was wanted', async () => {
  const [one] = uploaders(1)
  one!.bring()
  const fetched: number[] = []
  for (const nth of [0, 1, 2, 3]) {
    const turn = waitForTurn(pieceBytes)
    if (turn) void turn.then(() => fetched.push(nth))
    else fetched.push(nth)
  }
  expect(fetched).toEqual([0])
  one!.bring()
  expect(one!.state.isHeld).toBe(true)
  await nextTurn()
  await Promise.resolve()
  expect([fetched, one!.state.isHeld]).toEqual([[0, 1, 2], true])
  await nextTurn()
  await Promise.resolve()
  expect([fetched, one!.state.isHeld]).toEqual([[0, 1, 2, 3], false])
})

test('what is larger than a turn has one for itself', async () => {
  const turn = waitForTurn(3 * turnBytesMax)
  expect(turn).not.toBeNull()
  await turn
  expect(waitForTurn(1)).not.toBeNull()
})
