/** Google AI Studio: the Gemini API with an API key, and Google's own OpenAI-compatible endpoint beside it. */
import type { z } from 'zod'
import { membersOf, withMember } from '../../lib/json-text.ts'
import type { References } from '../../lib/references.ts'
import type { Adapter } from '../deployment.ts'
import { googleRefusal } from '../refusals/google.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import { scrubber } from '../scrub.ts'
import { apiKey, baseUrl, provider } from './fields.ts'

export const googleAiStudioSchema = (references: References) =>
  provider('google-ai-studio', {
    apiKey: apiKey(references),
    baseUrl: baseUrl(references)
      .default('https://generativelanguage.googleapis.com')
      .describe('The host, without a version.'),
  })

export function googleAiStudio(data: z.output<ReturnType<typeof googleAiStudioSchema>>): Adapter {
  const key = data.apiKey.reveal()
  const scrub = scrubber([])
  return {
    dialects: ['genai', 'openai'],
    // v1beta knows every field and model that v1 knows.
    address: ({ dialect, path }) =>
      dialect === 'genai'
        ? { url: `${data.baseUrl}/v1beta${path}`, headers: { 'x-goog-api-key': key } }
        : { url: `${data.baseUrl}/v1beta/openai${path}`, headers: { authorization: `Bearer ${key}` } },
    rewriteBody: (text, { dialect, endpoint }) =>
      dialect === 'genai' && endpoint === 'generate' ? withoutStorage(text) : text,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => (refused.dialect === 'genai' ? googleRefusal : openaiRefusal)(refused, scrub),
    renewCredential: () => false,
    standing: () => null,
  }
}

/**
 * Paid projects keep the content of calls for 55 days since 2026-10-26 unless they say `store: false`
 * (https://ai.google.dev/gemini-api/docs/logs-policy). What the client says of it stands.
 */
const withoutStorage = (text: string): string =>
  membersOf(text).some(({ key }) => key === 'store') ? text : withMember(text, ['store'], false)
