import { expect, test } from 'bun:test'
import { z } from 'zod'
import { pageRoute } from './page-route.ts'
import { routes } from './routes.ts'
import { startTestPages } from './test-pages.ts'

type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>
}
type Document = {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const pages = await startTestPages()
const document = (await pages.stranger.get('/openapi.json')).json as Document

test('every route is in the OpenAPI document, which anybody may read, with what it takes and what it gives', () => {
  expect(document.openapi).toBe('3.1.0')
  for (const { method, path, summary, query, body, answer, status = 200 } of routes) {
    const operation = document.paths[path]?.[method.toLowerCase()]
    expect([path, operation?.summary]).toEqual([path, summary])
    const { parameters = [], requestBody, responses } = operation!
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
    const inQuery = query === null ? [] : Object.keys((query as z.ZodObject).shape)
    expect([path, parameters.map((each) => `${each.in} ${each.name}`).toSorted()]).toEqual([
      path,
      [...inPath.map((name) => `path ${name}`), ...inQuery.map((name) => `query ${name}`)].toSorted(),
    ])
    expect([path, requestBody !== undefined]).toEqual([path, body !== null])
    const media = answer instanceof z.ZodType ? 'application/json' : answer
    expect([path, Object.keys(responses[status]!.content!)]).toEqual([path, [media]])
    if (answer instanceof z.ZodType) expect(responses[status]!.content![media]).toHaveProperty('schema')
  }
})

test('nothing is in it that is no route, and each has an id of its own', () => {
  const operations = Object.values(document.paths).flatMap((each) => Object.values(each))
  expect(operations.length).toBe(routes.length)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length)
})

test('what a route answers in a test is held to its schema: a field that it does not tell of is a failure', async () => {
  const Shape = z.strictObject({ known: z.string() })
  const told = { known: 'a', unknown: 'b' } as z.infer<typeof Shape>
  const odd = pageRoute({
    method: 'GET',
    path: '/api/odd',
    summary: 'Odd',
    needs: 'nobody',
    query: null,
    body: null,
    answer: Shape,
    handle: () => Promise.resolve(told),
  })
  const { stranger } = await startTestPages({ routes: [odd] })
  const trouble = await stranger.get('/api/odd').then(() => 'none', String)
  expect(trouble).toContain('what its schema does not say')
})
