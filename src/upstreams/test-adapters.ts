/** What the tests of adapters share: providers as a configuration file has them, with secrets that must never show. */
import type { Clock } from '../lib/clock.ts'
import type { Adapter, Refused, UpstreamCall } from './deployment.ts'
import { createAdapter, providerSchema, type ProviderData } from './providers.ts'

export const secretKey = 'sk-proj-never-to-be-shown-0123456789'
const env: Readonly<Record<string, string>> = {
  KEY: secretKey,
  TWO_LINES: 'one-secret\ntwo-secret',
  WITH_BEARER: 'Bearer one-secret',
  QUOTED: '"one-secret"',
  RESOURCE: 'contoso',
}
const schema = providerSchema({ env: (name) => env[name] ?? null, file: () => null })

const apiKey = '${KEY}'
/** A provider of each kind, as `mart.yaml` would have it. */
export const everyKind: Readonly<Record<ProviderData['kind'], object>> = {
  openai: { kind: 'openai', apiKey },
  'azure-openai': { kind: 'azure-openai', apiKey, endpoint: 'https://${RESOURCE}.openai.azure.com/' },
  'google-ai-studio': { kind: 'google-ai-studio', apiKey },
  'vertex-ai': { kind: 'vertex-ai', project: 'acme-prod', location: 'global', accessToken: apiKey },
  'openai-compatible': { kind: 'openai-compatible', baseUrl: 'http://vllm:8000/v1/', apiKey },
  'gemini-compatible': { kind: 'gemini-compatible', baseUrl: 'https://gemini.acme.example/v1beta', apiKey },
  sandbox: { kind: 'sandbox', url: 'http://127.0.0.1:4000' },
}

/** A provider as `mart.yaml` would have it. */
export const provided = (data: object): ProviderData => schema.parse(data)

/** The first thing that is wrong with it, as path and words. */
export function wrong(data: object): string {
  const { error } = schema.safeParse(data)
  const issue = error!.issues[0]!
  return `${issue.path.join('.')}: ${issue.message}`
}

/** 2026-10-21, 00:27 in California. */
const nowMs = Date.parse('2026-10-21T07:27:00Z')
const stillClock: Clock = { now: () => nowMs, monotonic: () => 0 }

export const adapterOf = (data: object, clock = stillClock): Adapter =>
  createAdapter(provided(data), { fetch, clock, builtIn: () => 'http://127.0.0.1:5000' })

export const called = (call: Partial<UpstreamCall> = {}): UpstreamCall => ({
  dialect: 'openai',
  path: '/chat/completions',
  model: 'gpt-5.4',
  tier: null,
  ...call,
})

export const bytesOf = (body: unknown): Uint8Array =>
  new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))

export const refusedWith = (status: number, body: unknown, more: Partial<Refused> = {}): Refused => ({
  dialect: 'openai',
  status,
  headers: new Headers(),
  body: bytesOf(body),
  upstreamModel: 'upstream-model',
  askedModel: 'asked-model',
  ...more,
})
