/** Every error leads to the page that explains it, at the address that its client reached. */
import { expect, test } from 'bun:test'
import { genai } from '../../src/gateway/dialects/genai/envelope.ts'
import type { Dialect } from '../../src/gateway/dialect.ts'
import { openai } from '../../src/gateway/dialects/openai/envelope.ts'
import { GatewayError, type FailureCode } from '../../src/gateway/errors.ts'
import { errorHelp } from '../../src/reference/error-help.ts'
import { createReference } from '../../src/reference/reference.ts'
import { startGateway } from './gateway.ts'

const codes = Object.keys(errorHelp) as FailureCode[]
const facts = { models: [], priceOf: () => null, regions: [] } as unknown as Parameters<typeof createReference>[0]

test('every failure, in either dialect, names a page that there is', () => {
  const { answerAt } = createReference(facts)
  for (const code of codes) {
    const error = new GatewayError(code, 'words')
    const saidBy = ({ errorAnswer }: Dialect) => bodyOf(errorAnswer(error, 'https://mart.example').body)
    const [ours, googles] = [saidBy(openai), saidBy(genai)]
    expect(ours.doc_url).toBe(`https://mart.example/docs/errors/${code}`)
    expect(helpIn(googles)).toBe(ours.doc_url)
    expect(answerAt(new URL(ours.doc_url!).pathname, '')?.status).toBe(200)
  }
})

test('what ends a stream leads there by its path alone', () => {
  const said = openai.streamError(new GatewayError('upstream_failed', 'words')).slice('data: '.length)
  expect(bodyOf(said).doc_url).toBe('/docs/errors/upstream_failed')
})

test('a refused call is linked from the address that it came to: of a wrong key, a wrong field, a wrong URL and a wrong method', async () => {
  const gateway = await startGateway({}, () => ({ pieces: [] }))
  const asked = [
    ['POST', '/v1/chat/completions', { headers: { authorization: 'Bearer sk-bf-wrong' }, body: '{}' }, 'invalid_key'],
    ['POST', '/v1/chat/completions', { body: '{"model":7}' }, 'invalid_request'],
    ['POST', '/v1/completions', { body: '{}' }, 'not_found'],
    ['PUT', '/v1/chat/completions', { body: '{}' }, 'method_not_allowed'],
  ] as const
  for (const [method, target, options, code] of asked) {
    const given = await gateway.ask(method, target, options)
    expect(bodyOf(await given.text()).doc_url, target).toBe(`http://mart/docs/errors/${code}`)
  }
  const given = await gateway.ask('POST', '/genai/v1beta/models/gemini-none:generateContent', {
    body: '{"contents":[]}',
  })
  expect(helpIn(bodyOf(await given.text()))).toStartWith('http://mart/docs/errors/')
  gateway.stop()
})

type Said = {
  readonly doc_url?: string
  readonly details?: readonly { readonly links?: readonly { readonly url: string }[] }[]
}
const bodyOf = (text: unknown): Said => (JSON.parse(text as string) as { readonly error: Said }).error
const helpIn = ({ details = [] }: Said): string | undefined => details.flatMap(({ links = [] }) => links)[0]?.url
