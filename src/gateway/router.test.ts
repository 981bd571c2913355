import { expect, test } from 'bun:test'
import { readUrl } from './asked-url.ts'
import { openai, openaiHeaders } from './dialects/openai/envelope.ts'
import type { Operation } from './operation.ts'
import { createRouter } from './router.ts'
import { routes } from './routes.ts'

const find = createRouter(routes)
const foundAt = (target: string, method = 'POST') => find(readUrl({ target }), method)

test('every row of the table is found by its own URL and method, and by no other row', () => {
  for (const route of routes) {
    const target = route.path.replaceAll(/\{\w+\}/g, 'some-id')
    const found = foundAt(target, route.method)
    expect([target, found?.route?.name]).toEqual([target, route.name])
    expect([target, found?.route]).toEqual([target, route])
  }
  const rows = routes.map(({ method, path }) => `${method} ${path}`)
  expect(new Set(rows).size).toBe(rows.length)
})

test('names of models are taken whole, with slashes, colons and percent-encoding', () => {
  for (const [target, method, params] of [
    ['/v1/models/deepseek/deepseek-chat', 'GET', { model: 'deepseek/deepseek-chat' }],
    ['/v1/models/llama3.1:latest', 'HEAD', { model: 'llama3.1:latest' }],
    ['/genai/v1beta/models/gemma:2b', 'GET', { model: 'gemma:2b' }],
    ['/genai/models/gemma:2b:generateContent', 'POST', { model: 'gemma:2b' }],
    ['/genai/v1/publishers/google/models/a%2Fb:countTokens', 'POST', { model: 'a/b' }],
    ['/genai/v1beta/models/gemma%3A2b%3AgenerateContent', 'POST', { model: 'gemma:2b' }],
    ['/genai/v1beta/models/gemma%3astreamGenerateContent', 'POST', { model: 'gemma' }],
    ['/openai/deployments/meta/llama/chat/completions', 'POST', { deployment: 'meta/llama' }],
    ['/v1/deployments/x%20y/Images/Generations', 'POST', { deployment: 'x y' }],
    ['/v1/receipts/req_1', 'GET', { id: 'req_1' }],
  ] as const)
    expect([target, foundAt(target, method)?.params]).toEqual([target, { ...params }])
})

test('an id is one part of a path, and what is definite is found before it', () => {
  const row = (method: Operation['method'], path: string): Operation =>
    ({ name: path, dialect: openai, method, path, kinds: [], passes: openaiHeaders }) as unknown as Operation
  const made = createRouter([
    row('GET', '/v1/videos/{id}'),
    row('DELETE', '/v1/videos/{id}'),
    row('POST', '/v1/videos/characters'),
    row('GET', '/v1/videos/{id}/content'),
  ])
  const nameAt = (target: string, method: string) => made(readUrl({ target }), method)?.route?.path
  expect(nameAt('/v1/videos/characters', 'POST')).toBe('/v1/videos/characters')
  expect(nameAt('/eu/v1/Videos/video_1/content/', 'HEAD')).toBe('/v1/videos/{id}/content')
  expect(nameAt('/openai/videos/video_1?api-version=1', 'DELETE')).toBe('/v1/videos/{id}')
  for (const id of ['a/b', '..', '%2e%2e', '.', '%2E'])
    expect([id, made(readUrl({ target: `/v1/videos/${id}` }), 'GET')]).toEqual([id, null])
  const other = made(readUrl({ target: '/v1/videos/a' }), 'PUT')
  expect([other?.route, other?.routes.map(({ method }) => method)]).toEqual([null, ['GET', 'DELETE']])
})
