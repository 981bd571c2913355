/** Whatever speaks a dialect: a server of one's own, or a vendor that follows OpenAI or Google. */
import { z } from 'zod'
import { secretField, type References } from '../../lib/references.ts'
import type { Adapter } from '../deployment.ts'
import { openaiStanding } from '../rate-standing.ts'
import { googleRefusal } from '../refusals/google.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import { scrubber } from '../scrub.ts'
import { apiKey, baseUrl, provider } from './fields.ts'

const headers = (references: References) =>
  z
    .record(
      z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'the name of a header'),
      secretField(references).describe('The value: `${NAME}` or `{file: PATH}`.'),
      'a mapping',
    )
    .default({})
    .describe('Further headers of every call.')

export const openaiCompatibleSchema = (references: References) =>
  provider('openai-compatible', {
    baseUrl: baseUrl(references).describe('Where `/chat/completions` is appended, such as `http://vllm:8000/v1`.'),
    apiKey: apiKey(references).optional(),
    authHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, 'the name of a header')
      .optional()
      .describe('The header that carries the credential as it is; unless said, `Authorization: Bearer`.'),
    headers: headers(references),
    streamUsage: z
      .boolean('true or false')
      .default(true)
      .describe('Whether it knows `stream_options.include_usage`; without it streams are counted by us.'),
  })

export function openaiCompatible(data: z.output<ReturnType<typeof openaiCompatibleSchema>>): Adapter {
  const credential = data.apiKey?.reveal()
  const auth =
    credential === undefined
      ? {}
      : data.authHeader === undefined
        ? { authorization: `Bearer ${credential}` }
        : { [data.authHeader]: credential }
  const all = { ...revealed(data.headers), ...auth }
  const scrub = scrubber([new URL(data.baseUrl).host])
  return {
    dialects: ['openai'],
    address: ({ path }) => ({ url: data.baseUrl + path, headers: all }),
    rewriteBody: null,
    reportsStreamUsage: data.streamUsage,
    hasAnnotationChunks: false,
    refusal: (refused) => openaiRefusal(refused, scrub),
    renewCredential: () => false,
    standing: openaiStanding,
  }
}

export const geminiCompatibleSchema = (references: References) =>
  provider('gemini-compatible', {
    baseUrl: baseUrl(references).describe('Where `/models/MODEL:generateContent` is appended.'),
    apiKey: apiKey(references).optional(),
    headers: headers(references),
  })

export function geminiCompatible(data: z.output<ReturnType<typeof geminiCompatibleSchema>>): Adapter {
  const all = { ...revealed(data.headers), ...(data.apiKey && { 'x-goog-api-key': data.apiKey.reveal() }) }
  const scrub = scrubber([new URL(data.baseUrl).host])
  return {
    dialects: ['genai'],
    address: ({ path }) => ({ url: data.baseUrl + path, headers: all }),
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => googleRefusal(refused, scrub),
    renewCredential: () => false,
    standing: () => null,
  }
}

const revealed = (secrets: Readonly<Record<string, { reveal: () => string }>>): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]))
