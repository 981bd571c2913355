/** What tests journal. */
import type { Intent } from './journal.ts'

export const intent = (requestId: string): Intent => ({
  requestId,
  organizationId: 'org_1',
  keyId: 'key_1',
  mode: 'live',
  admittedAt: 1,
  dialect: 'openai',
  endpoint: 'chat.completions',
  model: 'gpt-5.4',
  upstream: 'sandbox-us',
  region: 'us',
  streamed: true,
  serviceTier: 'standard',
  pricePpm: 1_000_000,
  onAbort: 'drain',
  priceFrom: 'gpt-5.4 from 2026-03-05',
  holdNano: '1000',
  idempotency: null,
})
