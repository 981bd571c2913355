/**
 * Azure OpenAI, in its v1 style and in the older one with the deployment in the path
 * (https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle).
 */
import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import type { References } from '../../lib/references.ts'
import { openaiOperations, type Adapter, type UpstreamCall } from '../deployment.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import { openaiStanding } from '../rate-standing.ts'
import { scrubber } from '../scrub.ts'
import { bearerKey, provider, vendorUrl } from './fields.ts'
import { responsesAs, responsesField } from './responses.ts'

export const azureOpenaiSchema = (references: References) =>
  provider('azure-openai', {
    endpoint: vendorUrl(references)
      .refine((url) => !/\/openai(\/|$)/.test(url), 'the resource alone, without /openai and what follows')
      .describe('The resource, such as `https://NAME.openai.azure.com` or `https://NAME.services.ai.azure.com`.'),
    style: z
      .enum(['v1', 'deployments'], 'v1 or deployments')
      .default('v1')
      .describe('`v1`: the deployment is named in the body. `deployments`: in the path, with an API version.'),
    apiVersion: z
      .string('a version such as 2024-10-21')
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'a version such as 2024-10-21')
      .optional()
      .describe('The API version; needed by, and only for, style `deployments`.'),
    apiKey: bearerKey(references),
    responses: responsesField('native'),
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
type AzureData = z.output<ReturnType<typeof azureOpenaiSchema>>

/** What has a deployment in its path; the rest has only a version: `_deployments_endpoints` of OpenAI's Python SDK, lib/azure.py. */
const ofDeployments =
  /^\/(completions|chat\/completions|embeddings|audio\/(transcriptions|translations|speech)|images\/(generations|edits))(\?|$)/

function urlOf({ endpoint, style, apiVersion }: AzureData, { path, model }: UpstreamCall): string {
  if (style === 'v1') return `${endpoint}/openai/v1${path}`
  const deployment = ofDeployments.test(path) ? `/deployments/${encodeURIComponent(model)}` : ''
  return `${endpoint}/openai${deployment}${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`
}

export function azureOpenai(data: AzureData, clock: Clock): Adapter {
  const key = data.apiKey.reveal()
  const headers = { 'api-key': key }
  const account = { scrub: scrubber([key, new URL(data.endpoint).host]), now: clock.now }
  return {
    dialects: ['openai'],
    ...responsesAs(data.responses, openaiOperations, 'max_completion_tokens'),
    address: (call) => ({ url: urlOf(data, call), headers }),
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: true,
    refusal: (refused) => openaiRefusal(refused, account),
    renewCredential: () => false,
    standing: openaiStanding,
  }
}
