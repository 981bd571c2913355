/** Vertex AI: Gemini models of a Google Cloud project, at a location, with a service account. */
import type { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { elementsOf, membersOf, withMember, withoutMember } from '../../lib/json-text.ts'
import { secretField, type References } from '../../lib/references.ts'
import type { Adapter, Address, UpstreamCall } from '../deployment.ts'
import { googleRefusal } from '../refusals/google.ts'
import { scrubber } from '../scrub.ts'
import { createTokenSource, googleTokenUrl } from '../vertex-token.ts'
import { baseUrl, plainName, provider } from './fields.ts'

export const vertexAiSchema = (references: References) =>
  provider('vertex-ai', {
    project: plainName(references, 'a project id').describe('The Google Cloud project.'),
    location: plainName(references, 'global, us, eu or a region such as europe-west4').describe(
      'Where calls are processed: `global` anywhere, `eu` and `us` within it (Gemini 3 and later), or a region.',
    ),
    serviceAccount: secretField(references)
      .optional()
      .describe('The JSON of a service account’s key file: `${NAME}` or `{file: PATH}`.'),
    accessToken: secretField(references)
      .optional()
      .describe('An access token instead of a service account, for an hour’s trial: it is never renewed.'),
    userProject: plainName(references, 'a project id').optional().describe('The project that is billed, if another.'),
    baseUrl: baseUrl(references).optional().describe('Instead of the host that follows from `location`.'),
    tokenUrl: baseUrl(references).optional().describe(`Where tokens are had, instead of ${googleTokenUrl}.`),
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
  const tokens = data.serviceAccount && createTokenSource(data.serviceAccount, data.tokenUrl ?? googleTokenUrl, deps)
  const fixed = data.accessToken?.reveal() ?? ''
  // v1beta1, as Google's own SDK: it knows every field that v1 knows.
  const base = `${data.baseUrl ?? hostOf(data.location)}/v1beta1/projects/${data.project}/locations/${data.location}/publishers/google`
  const address = (call: UpstreamCall, token: string): Address => ({
    url: base + call.path,
    headers: {
      authorization: `Bearer ${token}`,
      ...tierHeaders(call.tier),
      ...(data.userProject !== undefined && { 'x-goog-user-project': data.userProject }),
    },
  })
  const scrub = scrubber([data.project, data.userProject])
  return {
    dialects: ['genai'],
    address(call) {
      const token = tokens ? tokens.token() : fixed
      return typeof token === 'string' ? address(call, token) : token.then((text) => address(call, text))
    },
    rewriteBody: (text) => withRoles(withoutStudioFields(text)),
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => googleRefusal(refused, scrub),
    renewCredential: () => tokens?.forget() ?? false,
    standing: () => null,
  }
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/flex-paygo and …/priority-paygo */
const tierHeaders = (tier: string | null): Readonly<Record<string, string>> =>
  tier === 'flex' || tier === 'priority'
    ? { 'x-vertex-ai-llm-request-type': 'shared', 'x-vertex-ai-llm-shared-request-type': tier }
    : {}

/** Fields that only AI Studio has; Vertex AI refuses what it does not know. */
const studioFields = [
  'store',
  'enableEnhancedCivicAnswers',
  'enable_enhanced_civic_answers',
  'mediaProcessing',
  'media_processing',
]
const withoutStudioFields = (text: string): string =>
  studioFields.reduce((left, field) => (left.includes(`"${field}"`) ? withoutMember(left, field) : left), text)

/** Vertex AI wants a role with every content, where AI Studio takes the user's for granted. */
function withRoles(text: string): string {
  const contents = membersOf(text).findLast(({ key }) => key === 'contents')
  if (!contents) return text
  const starts = text[contents.start] === '[' ? elementsOf(text, contents.start) : [contents.start]
  // From behind, so that what is inserted moves nothing that is still to be looked at.
  return starts
    .filter((start) => text[start] === '{' && membersOf(text, start).every(({ key }) => key !== 'role'))
    .reduceRight((left, start) => withMember(left, ['role'], 'user', start), text)
}
