/** Every kind of provider: the shape of its configuration, and its adapter. */
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { References } from '../lib/references.ts'
import {
  isVendor,
  providerKinds,
  type Adapter,
  type Deployment,
  type DialectName,
  type ProviderKind,
} from './deployment.ts'
import { azureOpenai, azureOpenaiSchema } from './kinds/azure-openai.ts'
import {
  geminiCompatible,
  geminiCompatibleSchema,
  openaiCompatible,
  openaiCompatibleSchema,
} from './kinds/compatible.ts'
import { googleAiStudio, googleAiStudioSchema } from './kinds/google-ai-studio.ts'
import { openai, openaiSchema } from './kinds/openai.ts'
import { sandbox, sandboxSchema, type SandboxAddress } from './kinds/sandbox.ts'
import { vertexAi, vertexAiSchema } from './kinds/vertex-ai.ts'

/** A provider in `mart.yaml`, by its `kind`. */
export const providerSchema = (references: References) =>
  z.discriminatedUnion(
    'kind',
    [
      openaiSchema(references),
      azureOpenaiSchema(references),
      googleAiStudioSchema(references),
      vertexAiSchema(references),
      openaiCompatibleSchema(references),
      geminiCompatibleSchema(references),
      sandboxSchema(references),
    ],
    {
      error: `a kind of provider: ${providerKinds.slice(0, -1).join(', ')} or ${providerKinds.at(-1)}`,
    },
  )
export type ProviderData = z.output<ReturnType<typeof providerSchema>>

/** What an adapter needs of the world: a token endpoint is called, and tokens age; the built-in sandbox is somewhere. */
export type AdapterDeps = { readonly fetch: typeof fetch; readonly clock: Clock; readonly builtIn: SandboxAddress }

/** The adapter of a provider; its deployments share it, and with it an access token. */
export function createAdapter(provider: ProviderData, deps: AdapterDeps): Adapter {
  switch (provider.kind) {
    case 'openai':
      return openai(provider, deps.clock)
    case 'azure-openai':
      return azureOpenai(provider, deps.clock)
    case 'google-ai-studio':
      return googleAiStudio(provider, deps.clock)
    case 'vertex-ai':
      return vertexAi(provider, deps)
    case 'openai-compatible':
      return openaiCompatible(provider, deps.clock)
    case 'gemini-compatible':
      return geminiCompatible(provider, deps.clock)
    case 'sandbox':
      return sandbox(provider, deps)
  }
}

const dialects: Readonly<Record<ProviderKind, readonly DialectName[]>> = {
  openai: ['openai'],
  'azure-openai': ['openai'],
  'google-ai-studio': ['genai', 'openai'],
  'vertex-ai': ['genai'],
  'openai-compatible': ['openai'],
  'gemini-compatible': ['genai'],
  sandbox: ['openai', 'genai'],
}
export const dialectsOf = (kind: ProviderKind): readonly DialectName[] => dialects[kind]

/**
 * What becomes of an answer whose client has left. The vendors bill what was generated, some of them all
 * of it, and say how much only at its end: so it is read on. Servers of one's own stop when they are cut
 * off and bill nobody.
 */
export const onAbortOf = (kind: ProviderKind): Deployment['onAbort'] => (isVendor(kind) ? 'drain' : 'cut')
