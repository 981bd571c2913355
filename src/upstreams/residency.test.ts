import { expect, test } from 'bun:test'
import { Secret } from '../lib/secret.ts'
import type { ProviderData } from './providers.ts'
import { residencyProblem } from './residency.ts'

const apiKey = new Secret('k')
const responses = 'native'
const vertex = (location: string): ProviderData => ({ kind: 'vertex-ai', project: 'p', location, accessToken: apiKey })
const keeps: readonly ProviderData[] = [
  { kind: 'openai', responses, apiKey, residency: 'eu' },
  { kind: 'openai', responses, apiKey, baseUrl: 'https://proxy.example/v1' },
  { kind: 'azure-openai', responses, apiKey, endpoint: 'https://x.openai.azure.com', style: 'v1' },
  ...['eu', 'europe-west4', 'europe-north1'].map(vertex),
  { kind: 'sandbox' },
]
const doesNot: readonly ProviderData[] = [
  { kind: 'openai', responses, apiKey },
  { kind: 'openai', responses, apiKey, residency: 'us' },
  { kind: 'google-ai-studio', apiKey, baseUrl: 'https://generativelanguage.googleapis.com' },
  ...['global', 'us', 'us-central1', 'europe-west2', 'europe-west6'].map(vertex),
]

test('eu means the European Union: a provider that is known to process elsewhere cannot serve there', () => {
  expect(keeps.map((provider) => residencyProblem(provider, 'eu'))).toEqual(keeps.map(() => null))
  for (const provider of doesNot) expect(residencyProblem(provider, 'eu')).toContain('provider')
})

test('what other regions mean is the operator’s to say', () => {
  for (const provider of [...keeps, ...doesNot]) expect(residencyProblem(provider, 'us')).toBeNull()
})
