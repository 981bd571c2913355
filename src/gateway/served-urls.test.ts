import { expect, test } from 'bun:test'
import { readUrl } from './asked-url.ts'
import { genai } from './dialects/genai/envelope.ts'
import { openai } from './dialects/openai/envelope.ts'
import { createRouter } from './router.ts'
import { routes } from './routes.ts'
import { isRightBase, otherMethodText, unservedText } from './served-urls.ts'

const dialectOf = (path: string) => (path.includes('genai') ? genai : openai)
const find = createRouter(routes)

test('behind a right base URL it is what is asked for that is not served, and every operation is named', () => {
  for (const target of [
    '/v1/completions',
    '/v1/images/variations',
    '/eu/v1/audio/speech',
    '/v1/chat/completions/chatcmpl-1/nothing',
    '/openai/deployments/gpt-5.4/nothing',
    '/openai/vector_stores',
    '/genai/v1beta/models/gemini-embedding-001:batchEmbedContents',
    '/genai/models/x:predict',
    '/genai/v1beta/files',
  ]) {
    const asked = readUrl({ target })
    const dialect = dialectOf(target)
    expect([target, isRightBase(dialect, asked)]).toEqual([target, true])
    expect([target, find(asked, 'POST')]).toEqual([target, null])
    const said = unservedText(dialect, asked, 'POST', target)
    expect(said).toStartWith(`POST ${target} is not served; served are: `)
    expect(said.length).toBeLessThan(1_500)
    for (const { dialect: of, method, path } of routes)
      if (of === dialect && isNear(path, target)) expect(said).toContain(` ${method} ${path}`)
  }
})

/** Whether they begin with the same part, behind their roots: `chat`, `images`. */
function isNear(path: string, target: string): boolean {
  const [, part] = /^(?:\/eu)?\/(?:v1|openai|genai(?:\/v1beta)?)\/(\w+)/.exec(target)!
  return new RegExp(`^/(?:v1|genai/v1beta)/${part}(?:/|$)`).test(path)
}

test('what is served by another method names it', () => {
  for (const [method, target, allowed] of [
    ['GET', '/v1/images/generations', 'POST'],
    ['DELETE', '/v1/Embeddings', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/v1/models/gpt-5.4', 'GET'],
    ['POST', '/v1/receipts/req_1', 'GET'],
    ['GET', '/openai/deployments/gpt-5.4/chat/completions', 'POST'],
    ['GET', '/genai/v1beta/models/gemini-3.5-flash:generateContent', 'POST'],
    ['POST', '/genai/v1beta/models', 'GET'],
  ] as const) {
    const found = find(readUrl({ target }), method)
    expect([target, found?.route]).toEqual([target, null])
    expect(otherMethodText(found!.routes, method, target)).toBe(
      `${method} ${target} is not served; its method is ${allowed}.`,
    )
  }
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
