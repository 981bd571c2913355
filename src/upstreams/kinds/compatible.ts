/** Whatever speaks a dialect: a server of one's own, or a vendor that follows OpenAI or Google. */
import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import type { References } from '../../lib/references.ts'
import type { Secret } from '../../lib/secret.ts'
import { genaiOperations, openaiOperations, type Adapter } from '../deployment.ts'
import { googleRefusal } from '../refusals/google.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import type { Account } from '../refusals/read-error.ts'
import { scrubber } from '../scrub.ts'
import {
  apiKey,
  bearerKey,
  bearerProblem,
  headerName,
  headerSecret,
  isBearer,
  provider,
  serverUrl,
  withoutOperation,
} from './fields.ts'
import { responsesAs, responsesField } from './responses.ts'

const furtherHeaders = (references: References) =>
  z
    .record(headerName, headerSecret(references).describe('The value: `${NAME}` or `{file: PATH}`.'), 'a mapping')
    .default({})
    .describe('Further headers of every call.')

export const openaiCompatibleSchema = (references: References) =>
  provider('openai-compatible', {
    baseUrl: withoutOperation(serverUrl(references)).describe(
      'Where `/chat/completions` is appended, such as `http://vllm:8000/v1`.',
    ),
    apiKey: apiKey(references).optional(),
    authHeader: headerName
      .optional()
      .describe('The header that carries the credential as it is; unless said, `Authorization: Bearer`.'),
    headers: furtherHeaders(references),
    streamUsage: z
      .boolean('true or false')
      .default(true)
      .describe('Whether it knows `stream_options.include_usage`; without it streams are counted by us.'),
    responses: responsesField('translated'),
  }).refine(({ apiKey, authHeader }) => authHeader !== undefined || !apiKey || !isBearer(apiKey), {
    ...bearerProblem,
    path: ['apiKey'],
  })
type OpenaiCompatible = z.output<ReturnType<typeof openaiCompatibleSchema>>

/** Few that follow OpenAI keep files, and those that do not would be asked for them. */
const operationsOfMany = openaiOperations.filter((operation) => !operation.startsWith('files'))

export function openaiCompatible(data: OpenaiCompatible, clock: Clock): Adapter {
  const headers = { ...revealed(data.headers), ...credentialOf(data) }
  const account = accountOf(data, clock)
  return {
    dialects: ['openai'],
    // Some refuse a field that they do not know, and all know this one.
    ...responsesAs(data.responses, operationsOfMany, 'max_tokens'),
    address: ({ path }) => ({ url: data.baseUrl + path, headers }),
    rewriteBody: null,
    reportsStreamUsage: data.streamUsage,
    hasAnnotationChunks: false,
    refusal: (refused) => openaiRefusal(refused, account),
    renewCredential: () => false,
    standing: () => null,
  }
}

function credentialOf({ apiKey, authHeader }: OpenaiCompatible): Record<string, string> {
  if (apiKey === undefined) return {}
  return authHeader === undefined ? { authorization: `Bearer ${apiKey.reveal()}` } : { [authHeader]: apiKey.reveal() }
}

export const geminiCompatibleSchema = (references: References) =>
  provider('gemini-compatible', {
    baseUrl: withoutOperation(serverUrl(references)).describe('Where `/models/MODEL:generateContent` is appended.'),
    apiKey: bearerKey(references).optional(),
    headers: furtherHeaders(references),
  })
type GeminiCompatible = z.output<ReturnType<typeof geminiCompatibleSchema>>

export function geminiCompatible(data: GeminiCompatible, clock: Clock): Adapter {
  const headers = { ...revealed(data.headers), ...(data.apiKey && { 'x-goog-api-key': data.apiKey.reveal() }) }
  const account = accountOf(data, clock)
  return {
    dialects: ['genai'],
    operations: genaiOperations,
    address: ({ path }) => ({ url: data.baseUrl + path, headers }),
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => googleRefusal(refused, account),
    renewCredential: () => false,
    standing: () => null,
  }
}

const revealed = (secrets: Readonly<Record<string, Secret>>): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]))

/** Shorter values of headers are flags, and words of any text. */
const secretCharsMin = 8

function accountOf({ baseUrl, apiKey, headers }: OpenaiCompatible | GeminiCompatible, clock: Clock): Account {
  const values = Object.values(revealed(headers)).filter(({ length }) => length >= secretCharsMin)
  return { scrub: scrubber([new URL(baseUrl).host, apiKey?.reveal(), ...values]), now: clock.now }
}
