import { expect, test } from 'bun:test'
import { readUrl } from './asked-url.ts'
import { genai } from './dialects/genai/envelope.ts'
import { openai } from './dialects/openai/envelope.ts'
import { genaiEndpoints, openaiEndpoints } from './endpoints.ts'
import { isRightBase, unservedText } from './served-urls.ts'

const dialectOf = (path: string) => (path.includes('genai') ? genai : openai)
const said = (method: string, target: string): string =>
  unservedText(dialectOf(target), readUrl({ target }), method, target)

test('behind a right base URL it is what is asked for that is not served, and every endpoint is named', () => {
  for (const target of [
    '/v1/responses',
    '/v1/completions',
    '/v1/images/variations',
    '/eu/v1/audio/speech',
    '/v1/chat/completions/chatcmpl-1/messages',
    '/openai/deployments/gpt-5.4/responses',
    '/genai/v1beta/models/gemini-embedding-001:batchEmbedContents',
    '/genai/models/x:predict',
    '/genai/v1beta/files',
  ]) {
    expect([target, isRightBase(dialectOf(target), readUrl({ target }))]).toEqual([target, true])
    expect(said('POST', target)).toStartWith(`POST ${target} is not served; served are: POST /`)
  }
  for (const url of openaiEndpoints.keys()) expect(said('POST', '/v1/responses')).toContain(`POST ${url}`)
  for (const verb of genaiEndpoints.keys()) expect(said('POST', '/genai/v1beta/files')).toContain(`{model}:${verb}`)
})

test('what is served by another method names it', () => {
  for (const [method, target, allowed] of [
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/Embeddings', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/v1/models/gpt-5.4', 'GET'],
    ['POST', '/v1/receipts/req_1', 'GET'],
    ['GET', '/genai/v1beta/models/gemini-3.5-flash:generateContent', 'POST'],
    ['POST', '/genai/v1beta/models', 'GET'],
  ] as const)
    expect(said(method, target)).toBe(`${method} ${target} is not served; its method is ${allowed}.`)
})

test('a base URL that is doubled, or of another dialect, is a wrong one', () => {
  for (const target of [
    '/v1/v1/chat/completions',
    '/v1/openai/models',
    '/v1/chat/completions/chat/completions',
    '/openai/v1/chat/completions',
    '/openai/chat/completions',
  ])
    expect([target, isRightBase(openai, readUrl({ target }))]).toEqual([target, false])
  for (const target of ['/genai/genai/models', '/genai/v1beta/v1beta/models/x', '/v1/models/x:generateContent'])
    expect([target, isRightBase(genai, readUrl({ target }))]).toEqual([target, false])
})
