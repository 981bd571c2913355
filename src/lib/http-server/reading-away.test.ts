import { expect, test } from 'bun:test'
import { createReadingAway } from './reading-away.ts'
import { until } from './test-client.ts'

const aMillisecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

test('goes on with one after the other, and lets the event loop do whatever else there is in between', async () => {
  const readingAway = createReadingAway()
  const seen: string[] = []
  const alone: boolean[] = []
  let isAlone = true
  for (const name of ['a', 'b', 'c'])
    readingAway.add(() => {
      seen.push(name)
      alone.push(isAlone)
      isAlone = false
      setImmediate(() => (isAlone = true))
    })
  await until(() => seen.length === 3)
  expect([seen, alone]).toEqual([
    ['a', 'b', 'c'],
    [true, true, true],
  ])
})

test('goes on once with who asks twice before its turn, and again with who asks behind it', async () => {
  const readingAway = createReadingAway()
  const seen: string[] = []
  const goOn = (): void => void seen.push('a')
  readingAway.add(goOn)
  readingAway.add(goOn)
  readingAway.add(() => seen.push('b'))
  await until(() => seen.length === 2)
  await aMillisecond()
  expect(seen).toEqual(['a', 'b'])
  readingAway.add(goOn)
  await until(() => seen.length === 3)
})
