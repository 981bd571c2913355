/** Azure OpenAI, in its v1 style and in the older one with the deployment in the path. */
import { z } from 'zod'
import type { References } from '../../lib/references.ts'
import type { Adapter, UpstreamCall } from '../deployment.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import { openaiStanding } from '../rate-standing.ts'
import { scrubber } from '../scrub.ts'
import { apiKey, baseUrl, provider } from './fields.ts'

export const azureOpenaiSchema = (references: References) =>
  provider('azure-openai', {
    endpoint: baseUrl(references).describe('The resource, such as `https://NAME.openai.azure.com`.'),
    style: z
      .enum(['v1', 'deployments'], 'v1 or deployments')
      .default('v1')
      .describe('`v1`: the deployment is named in the body. `deployments`: in the path, with an API version.'),
    apiVersion: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'a version such as 2024-10-21')
      .optional()
      .describe('The API version; needed by, and only for, style `deployments`.'),
    apiKey: apiKey(references),
  }).superRefine(({ style, apiVersion }, context) => {
    const isNeeded = style === 'deployments'
    if (isNeeded !== (apiVersion !== undefined))
      context.addIssue({
        code: 'custom',
        path: ['apiVersion'],
        message: isNeeded
          ? 'a version such as 2024-10-21, which style deployments needs'
          : 'nothing, for style v1 has none',
      })
  })

/** URLs of both styles: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle */
function urlOf({ endpoint, style, apiVersion }: AzureData, { path, model }: UpstreamCall): string {
  if (style === 'v1') return `${endpoint}/openai/v1${path}`
  return `${endpoint}/openai/deployments/${encodeURIComponent(model)}${path}?api-version=${apiVersion}`
}
type AzureData = z.output<ReturnType<typeof azureOpenaiSchema>>

export function azureOpenai(data: AzureData): Adapter {
  const headers = { 'api-key': data.apiKey.reveal() }
  const scrub = scrubber([new URL(data.endpoint).host])
  return {
    dialects: ['openai'],
    address: (call) => ({ url: urlOf(data, call), headers }),
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: true,
    refusal: (refused) => openaiRefusal(refused, scrub),
    renewCredential: () => false,
    standing: openaiStanding,
  }
}
