import { expect, test } from 'bun:test'
import { valueOf } from './schema-value.ts'

const from = (prompt: string, properties: object): unknown => valueOf({ type: 'object', properties }, 1, prompt)
const string = { type: 'string' }

test('names, numbers, dates, addresses and quotations of the prompt stand where they belong', () => {
  expect(
    from('Book 2 seats from Paris to New York on 2026-12-24 for ann@example.org, note "window please".', {
      origin: string,
      destination: string,
      seats: { type: 'integer', minimum: 1 },
      date: { type: 'string', format: 'date' },
      email: string,
    }),
  ).toMatchObject({ seats: 2, date: '2026-12-24', email: 'ann@example.org' })
  expect(from('Fly from Paris to New York.', { origin: string, destination: string })).toEqual({
    origin: 'Paris',
    destination: 'New York',
  })
  expect(from('Write "hello world" to Bob', { body: string, recipient: string })).toEqual({
    body: 'hello world',
    recipient: 'Bob',
  })
})

test('a day is no name, and a word of an enumeration wins', () => {
  const properties = { name: string, day: string, unit: { enum: ['celsius', 'fahrenheit'] } }
  expect(from('Meet Carol on Friday, in fahrenheit.', properties)).toEqual({
    name: 'Carol',
    day: 'Friday',
    unit: 'fahrenheit',
  })
})

test('bounds win over what the prompt says', () => {
  expect(from('Give me 500 of them', { count: { type: 'integer', maximum: 10, minimum: 10 } })).toEqual({ count: 10 })
  expect(from('In Paris', { city: { type: 'string', maxLength: 3 } })).toEqual({ city: 'sim' })
})
