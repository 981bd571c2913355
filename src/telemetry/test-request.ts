/** A request as tests of this folder need it, with things in it that must never be written down. */
import type { RequestEnded } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import type { Attempt, Settlement } from '../store/store.ts'

/** None of these may appear in metrics, spans or the log. */
export const forbidden = ['sk-bf-0a1b2c3d', 'tell me a secret', 'AIzaSyNotAKey', 'vendor words']

/** 2026-03-05T12:00:00Z in ms. */
export const startedAt = Date.UTC(2026, 2, 5, 12)

export const refusedAttempt: Attempt = {
  deployment: 'azure-eu',
  region: 'eu',
  status: 429,
  error: 'rate',
  startedMs: 2,
  endedMs: 40,
  firstByteMs: null,
}
export const servedAttempt: Attempt = {
  deployment: 'openai-eu',
  region: 'eu',
  status: 200,
  error: null,
  startedMs: 50,
  endedMs: 350,
  firstByteMs: 250,
}

const settlement: Settlement = {
  requestId: 'req_1',
  organizationId: 'org_1',
  keyId: 'key_1',
  mode: 'live',
  admittedAt: startedAt,
  endedAt: startedAt + 1_234,
  dialect: 'openai',
  endpoint: 'chat.completions',
  model: 'gpt-5.4',
  servedModel: 'gpt-5.4-2026-03-05',
  upstream: 'openai-eu',
  region: 'eu',
  status: 200,
  ending: 'completed',
  streamed: true,
  serviceTier: 'standard',
  priceFrom: 'gpt-5.4 from 2026-03-05',
  lines: [{ class: 'vendor words', quantity: 1, unit: 'token', picoPerUnit: '1', amountPico: '1' }],
  tokens: { input: 80, cachedInput: 20, output: 30, reasoning: 12 },
  holdNano: '9000000',
  ratedNano: '1234567',
  writeOffNano: '0',
  chargeNano: '1234567',
  pricePpm: 1_000_000,
  onAbort: 'drain',
  costNano: '1100000',
  flags: ['output-clamped'],
  firstByteMs: 250,
  latencyMs: 1_234,
  attempts: [refusedAttempt, servedAttempt],
  vendorUsage: { note: 'tell me a secret' },
  idempotency: null,
}

const ended: RequestEnded = {
  requestId: 'req_1',
  endpoint: 'chat.completions',
  dialect: 'openai',
  organizationId: 'org_1',
  keyId: 'key_1',
  mode: 'live',
  address: '192.0.2.7',
  model: 'gpt-5.4',
  startedAt,
  durationMs: 1_234.56,
  status: 200,
  failure: null,
  relayed: settlement,
  settlement,
}

/** A streamed chat that was served at the second attempt. */
export const served = (changes: Partial<RequestEnded> = {}, settled: Partial<Settlement> = {}): RequestEnded => {
  const both = { ...settlement, ...settled }
  return { ...ended, ...changes, relayed: both, settlement: both }
}

/** A request that was never admitted, of somebody who put a key where a model belongs. */
export const rejected = (changes: Partial<RequestEnded> = {}): RequestEnded => ({
  ...ended,
  requestId: 'req_2',
  model: null,
  organizationId: null,
  keyId: null,
  status: 401,
  failure: 'invalid_key',
  relayed: null,
  settlement: null,
  ...changes,
})

/** A clock that goes on only when it is told to. */
export function stillClock(): Clock & { readonly pass: (ms: number) => void } {
  let passed = 0
  return { now: () => startedAt + passed, monotonic: () => passed, pass: (ms) => void (passed += ms) }
}

export function recordedLog() {
  const errors: Readonly<Record<string, unknown>>[] = []
  return {
    errors,
    log: { info: () => undefined, error: (event: Readonly<Record<string, unknown>>) => void errors.push(event) },
  }
}
