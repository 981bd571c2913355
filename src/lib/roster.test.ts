import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { noPlace, Roster, type Enrolled } from './roster.ts'

test('a roster has whom a set would have, however its members come and go', () => {
  const step = fc.record({ isComing: fc.boolean(), who: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const everybody: Enrolled[] = Array.from({ length: 10 }, () => ({ place: noPlace }))
      const roster = new Roster<Enrolled>()
      const set = new Set<Enrolled>()
      for (const { isComing, who } of steps) {
        const member = everybody[who]!
        if (!isComing) {
          roster.remove(member)
          set.delete(member)
        } else if (!set.has(member)) {
          roster.add(member)
          set.add(member)
        }
        expect(new Set(roster.members())).toEqual(set)
        expect(roster.size).toBe(set.size)
      }
    }),
  )
})

test('whoever leaves while the members are gone through is still met, and nobody is met twice', () => {
  const roster = new Roster<Enrolled>()
  const three = [{ place: noPlace }, { place: noPlace }, { place: noPlace }]
  for (const member of three) roster.add(member)
  const met: Enrolled[] = []
  for (const member of roster.members()) {
    met.push(member)
    for (const other of three) roster.remove(other)
  }
  expect(met).toEqual(three)
  expect(roster.size).toBe(0)
})
