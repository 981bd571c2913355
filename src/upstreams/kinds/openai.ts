/** OpenAI, at its own hosts. */
import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import type { References } from '../../lib/references.ts'
import { openaiOperations, type Adapter } from '../deployment.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import { openaiStanding } from '../rate-standing.ts'
import { scrubber } from '../scrub.ts'
import { bearerKey, plainName, provider, vendorUrl, withoutOperation } from './fields.ts'
import { responsesAs, responsesField } from './responses.ts'

export const openaiSchema = (references: References) =>
  provider('openai', {
    apiKey: bearerKey(references),
    organization: plainName(references, 'an organization id, such as org-…')
      .optional()
      .describe('Sent as `OpenAI-Organization`.'),
    project: plainName(references, 'a project id, such as proj_…').optional().describe('Sent as `OpenAI-Project`.'),
    residency: z
      .enum(['us', 'eu', 'ae'], 'us, eu or ae')
      .optional()
      .describe('Data residency of the project: its host is used. OpenAI asks 10 % more there for newer models.'),
    baseUrl: withoutOperation(vendorUrl(references))
      .optional()
      .describe('Instead of the host that follows from `residency`; with the version, such as `https://HOST/v1`.'),
    responses: responsesField('native'),
  })

/** Data residency hosts: https://platform.openai.com/docs/guides/your-data */
const hostOf = (residency: string | undefined): string =>
  `https://${residency === undefined ? '' : `${residency}.`}api.openai.com/v1`

export function openai(data: z.output<ReturnType<typeof openaiSchema>>, clock: Clock): Adapter {
  const base = data.baseUrl ?? hostOf(data.residency)
  const key = data.apiKey.reveal()
  const headers = {
    authorization: `Bearer ${key}`,
    ...(data.organization !== undefined && { 'openai-organization': data.organization }),
    ...(data.project !== undefined && { 'openai-project': data.project }),
  }
  const account = {
    scrub: scrubber([key, data.organization, data.project, data.baseUrl && new URL(data.baseUrl).host]),
    now: clock.now,
  }
  return {
    dialects: ['openai'],
    ...responsesAs(data.responses, openaiOperations, 'max_completion_tokens'),
    address: ({ path }) => ({ url: base + path, headers }),
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => openaiRefusal(refused, account),
    renewCredential: () => false,
    standing: openaiStanding,
  }
}
