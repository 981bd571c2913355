import { expect, test } from 'bun:test'
import { besideFields } from './beside.ts'
import { ApiTrouble } from './client.ts'

const refusal = (field?: string): ApiTrouble =>
  new ApiTrouble('It is wrong.', { code: 'invalid_request', status: 400, ...(field !== undefined && { field }) })

test('what is wrong with a field is told beside it, and with anything else below, never twice', () => {
  const ofUrl = besideFields(refusal('url'), ['url', 'events'])
  expect([ofUrl.of('url'), ofUrl.of('events'), ofUrl.rest]).toEqual(['It is wrong.', undefined, null])
  expect(besideFields(refusal('events.0'), ['url', 'events']).of('events')).toBe('It is wrong.')
  for (const error of [refusal('hidden'), refusal(), new Error('broken'), null])
    expect([besideFields(error, ['url']).of('url'), besideFields(error, ['url']).rest]).toEqual([undefined, error])
})
