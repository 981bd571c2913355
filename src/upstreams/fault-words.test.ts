import { expect, test } from 'bun:test'
import { faultWords, lastFaultWords, mendText } from './fault-words.ts'
import { Health } from './health.ts'

test('why a deployment rests is said with its status and when', () => {
  const health = new Health()
  health.failed('credential', null, 1_000, 401)
  expect(health.state(13_900)).toBe('resting')
  expect(lastFaultWords(health.lastFault!, 13_900)).toBe('its credential was refused (401) 12 s ago')
  expect(lastFaultWords(health.lastFault!, 301_000)).toBe('its credential was refused (401) 5 min ago')
  expect(lastFaultWords(health.lastFault!, 3 * 3_600_000 + 1_000)).toBe('its credential was refused (401) 3 h ago')
})

test('a success, and an operator who looked after it, make it forgotten; what the client did wrong is none', () => {
  const health = new Health()
  health.failed('client', null, 0, 400)
  expect(health.lastFault).toBeNull()
  health.failed('upstream', null, 0, 500)
  health.succeeded(5, 10)
  expect(health.lastFault).toBeNull()
  health.failed('quota', null, 20, 429)
  // The answer to a call from before the rest.
  health.succeeded(5, 30)
  expect(health.lastFault).toMatchObject({ trouble: 'quota', status: 429 })
  health.failed('upstream', null, 40, 500)
  health.learn({ requestsLeft: 0, requestsResetMs: 700, tokensLeft: null, tokensResetMs: null }, 50)
  expect(health.lastFault).toMatchObject({ trouble: 'quota', status: 429, at: 20 })
  health.forgive()
  expect(health.lastFault).toBeNull()
})

test('the vendor’s figures, a connection and an unreadable answer have words of their own', () => {
  const health = new Health()
  health.learn({ requestsLeft: 0, requestsResetMs: 700, tokensLeft: null, tokensResetMs: null }, 5)
  expect(lastFaultWords(health.lastFault!, 5)).toBe('its rate limit is used up 0 s ago')
  expect(faultWords('connect', null)).toBe('it could not be reached')
  expect(faultWords('upstream', 200)).toBe('its answer could not be read (200)')
  expect(faultWords('upstream', 503)).toBe('it failed (503)')
})

test('an alert names the provider and what to mend', () => {
  const mine = { id: 'first', provider: 'mine', kind: 'openai' } as const
  expect(mendText('credential', 401, mine)).toBe('providers.mine: its credential was refused (401); check apiKey')
  expect(mendText('credential', null, { ...mine, kind: 'vertex-ai' })).toBe(
    'providers.mine: its credential was refused; check serviceAccount or accessToken',
  )
  expect(mendText('missing', 404, mine)).toBe(
    'providers.mine: its account does not have the model (404); check upstreamModel of deployment first, or ask for access',
  )
})
