import { expect, test } from 'bun:test'
import { createSharedWork } from './shared-work.ts'

/** Work that ends when it is told to, and how often it was begun. */
function working() {
  const begun: PromiseWithResolvers<string>[] = []
  const work = (): Promise<string> => {
    begun.push(Promise.withResolvers<string>())
    return begun.at(-1)!.promise
  }
  return { begun, work }
}

test('what is under way is done once for all who ask for the same, and anew for whoever asks afterwards', async () => {
  const { begun, work } = working()
  const { share } = createSharedWork<string>()
  const asked = [share('a', work), share('a', work), share('b', work)]
  expect(begun.length).toBe(2)
  begun.forEach(({ resolve }, index) => resolve(`${index}`))
  expect(await Promise.all(asked)).toEqual(['0', '0', '1'])
  void share('a', work)
  expect(begun.length).toBe(3)
})

test('what fails is told to all who wait for it, and kept for nobody', async () => {
  const { begun, work } = working()
  const { share } = createSharedWork<string>()
  const asked = [share('a', work), share('a', work)].map((each) => each.catch((error: Error) => error.message))
  begun[0]!.reject(new Error('gone'))
  expect(await Promise.all(asked)).toEqual(['gone', 'gone'])
  void share('a', work)
  expect(begun.length).toBe(2)
})

test('whoever asks after a parting joins nothing from before it', async () => {
  const { begun, work } = working()
  const { share, part } = createSharedWork<string>()
  const before = share('a', work)
  part()
  const after = [share('a', work), share('a', work)]
  begun[0]!.resolve('old')
  expect(await before).toBe('old')
  after.push(share('a', work))
  begun[1]!.resolve('new')
  expect(await Promise.all(after)).toEqual(['new', 'new', 'new'])
})
