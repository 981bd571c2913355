/** Vertex AI: Gemini models of a Google Cloud project, at a location, with a service account. */
import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { secretField, textField, type References } from '../../lib/references.ts'
import { genaiOperations, type Adapter, type Address, type UpstreamCall } from '../deployment.ts'
import { googleRefusal } from '../refusals/google.ts'
import { scrubber } from '../scrub.ts'
import { createTokenSource, googleTokenUrl } from '../vertex-token.ts'
import { headerSecret, plainName, provider, vendorUrl } from './fields.ts'
import { vertexBody } from './vertex-body.ts'

export const vertexAiSchema = (references: References) =>
  provider('vertex-ai', {
    project: plainName(references, 'a project id').describe('The Google Cloud project.'),
    location: textField(references, 'global, eu, us or a region such as europe-west4')
      .pipe(
        z.string().regex(/^(global|eu|us|[a-z]+-[a-z]+\d{1,2})$/, 'global, eu, us or a region such as europe-west4'),
      )
      .describe(
        'Where calls are processed: `global` anywhere, `eu` and `us` within it (Gemini 3 and later), or a region.',
      ),
    serviceAccount: secretField(references)
      .optional()
      .describe('The JSON of a service account’s key file: `${NAME}` or `{file: PATH}`.'),
    accessToken: headerSecret(references)
      .optional()
      .describe('An access token instead of a service account, for an hour’s trial: it is never renewed.'),
    userProject: plainName(references, 'a project id').optional().describe('The project that is billed, if another.'),
    baseUrl: vendorUrl(references).optional().describe('Instead of the host that follows from `location`.'),
    tokenUrl: vendorUrl(references).optional().describe(`Where tokens are had, instead of ${googleTokenUrl}.`),
  }).superRefine(({ serviceAccount, accessToken }, context) => {
    if ((serviceAccount === undefined) !== (accessToken === undefined)) return
    const message = 'either a serviceAccount or an accessToken, as ${NAME} or {file: PATH}'
    context.addIssue({ code: 'custom', path: ['serviceAccount'], message, params: { isSecret: true } })
  })
type VertexData = z.output<ReturnType<typeof vertexAiSchema>>

/** https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations; `eu-aiplatform…` does not exist. */
function hostOf(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  if (location === 'eu' || location === 'us') return `https://aiplatform.${location}.rep.googleapis.com`
  return `https://${location}-aiplatform.googleapis.com`
}

export function vertexAi(data: VertexData, deps: { readonly fetch: typeof fetch; readonly clock: Clock }): Adapter {
  const { project, userProject, location, serviceAccount, accessToken } = data
  const tokens = serviceAccount && createTokenSource(serviceAccount, data.tokenUrl ?? googleTokenUrl, deps)
  const fixed = accessToken?.reveal() ?? ''
  // v1beta1, as Google's own SDKs: what they send, v1 does not know all of.
  const base = `${data.baseUrl ?? hostOf(location)}/v1beta1/projects/${project}/locations/${location}/publishers/google`
  const addressOf = ({ path, tier }: UpstreamCall, token: string): Address => ({
    url: base + path,
    headers: {
      authorization: `Bearer ${token}`,
      ...tierHeaders(tier),
      ...(userProject !== undefined && { 'x-goog-user-project': userProject }),
    },
  })
  const account = {
    scrub: scrubber([project, userProject, accessToken?.reveal(), data.baseUrl && new URL(data.baseUrl).host]),
    now: deps.clock.now,
  }
  return {
    dialects: ['genai'],
    operations: genaiOperations,
    address(call) {
      const token = tokens ? tokens.token() : fixed
      return typeof token === 'string' ? addressOf(call, token) : token.then((text) => addressOf(call, text))
    },
    rewriteBody: vertexBody,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => googleRefusal(refused, account),
    renewCredential: () => tokens?.forget() ?? false,
    standing: () => null,
  }
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/flex-paygo and …/priority-paygo; both at `global` alone. */
const tierHeaders = (tier: string | null): Readonly<Record<string, string>> =>
  tier === 'flex' || tier === 'priority'
    ? { 'x-vertex-ai-llm-request-type': 'shared', 'x-vertex-ai-llm-shared-request-type': tier }
    : {}
