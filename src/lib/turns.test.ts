import { expect, test } from 'bun:test'
import { createTurns } from './turns.ts'

/** A clock that a task moves on by as much as it takes. */
function setUp() {
  const clock = { now: 0 }
  const failures: unknown[] = []
  const turns = createTurns(
    () => clock.now,
    (error) => failures.push(error),
  )
  return { clock, failures, turns }
}
const untilTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what waits longer than a turn has room for leaves the event loop to others in between', async () => {
  const { clock, turns } = setUp()
  const seen: string[] = []
  for (let task = 0; task < 6; task += 1)
    turns.add(() => {
      seen.push(`task ${task}`)
      clock.now += 1
    })
  setImmediate(() => seen.push('others'))
  for (let turn = 0; turn < 4; turn += 1) await untilTurn()
  expect(seen.indexOf('others')).toBe(2)
  expect(seen.filter((each) => each !== 'others')).toEqual(Array.from({ length: 6 }, (_, task) => `task ${task}`))
})

test('tasks that each bring the next share the time of a turn, although none of them waits for another', async () => {
  const { clock, turns } = setUp()
  const seen: string[] = []
  const chain = (left: number): void => {
    seen.push('task')
    clock.now += 1
    if (left > 0) void Promise.resolve().then(() => turns.add(() => chain(left - 1)))
  }
  turns.add(() => chain(5))
  setImmediate(() => seen.push('others'))
  for (let turn = 0; turn < 6; turn += 1) await untilTurn()
  expect(seen.indexOf('others')).toBe(2)
  expect(seen).toHaveLength(7)
})

test('who comes back with more work waits behind everybody who came meanwhile', async () => {
  const { turns } = setUp()
  const seen: string[] = []
  const greedy = (): void => {
    seen.push('greedy')
    if (seen.length < 6) turns.add(greedy)
  }
  turns.add(greedy)
  turns.add(() => seen.push('modest'))
  await untilTurn()
  expect(seen.slice(0, 3)).toEqual(['greedy', 'modest', 'greedy'])
})

test('a task is never done within the call that adds it', async () => {
  const { turns } = setUp()
  const seen: string[] = []
  turns.add(() => seen.push('task'))
  seen.push('added')
  await untilTurn()
  expect(seen).toEqual(['added', 'task'])
})

test('a task that fails is told, and keeps no other from its turn', async () => {
  const { failures, turns } = setUp()
  const seen: string[] = []
  turns.add(() => {
    throw new Error('broken')
  })
  turns.add(() => seen.push('other'))
  await untilTurn()
  expect([seen, failures]).toEqual([['other'], [new Error('broken')]])
})
