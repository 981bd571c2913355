/** The OpenAPI document of the pages' API, made of the schemas that its routes read and answer by. */
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import type { Needs, PageRoute } from './page-route.ts'
import { permissions, type Permission } from './roles.ts'
import { ErrorShape } from './shapes.ts'

/** OpenAPI 3.1 of these routes, as JSON. */
export const openApiOf = (routes: readonly PageRoute[]) =>
  createDocument({
    openapi: '3.1.0',
    info: { title: 'AICreditMart: pages', version: '1', description },
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'session', description: signIn } },
    },
    paths: pathsOf(routes),
  })

const signIn = 'The cookie that signing in at /api/auth sets, under the name that it has there.'
const description =
  'What the dashboard and the console are made of. Amounts are decimal strings of nano-USD (`…Nano`), times ISO 8601 in UTC. ' +
  '`mode` is test or live, and the two are never added up. A change must say its `Origin`, which must be this server’s. ' +
  'For programs, there are `/v1` with a key, and the admin API behind `mart` with an operator token.'

function pathsOf(routes: readonly PageRoute[]): ZodOpenApiPathsObject {
  const byPath = Map.groupBy(routes, ({ path }) => path)
  return Object.fromEntries(
    [...byPath].map(([path, some]) => [
      path,
      Object.fromEntries(some.map((route) => [route.method.toLowerCase(), operationOf(route)])),
    ]),
  )
}

function operationOf(route: PageRoute): ZodOpenApiOperationObject {
  const { path, summary, needs, query, body, answer, status = 200 } = route
  const names = namesIn(path)
  const media = answer instanceof z.ZodType ? { 'application/json': { schema: answer } } : { [answer]: {} }
  return {
    operationId: operationIdOf(route),
    summary,
    description: needsWords(needs),
    tags: [areaOf(path)],
    security: needs === 'nobody' ? [] : [{ session: [] }],
    requestParams: {
      ...(names.length > 0 && { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
      ...(query && { query: query as z.ZodObject }),
    },
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      [status]: { description: 'Done.', content: media },
      default: { description: 'Refused, and why.', content: { 'application/json': { schema: ErrorShape } } },
    },
  }
}

const namesIn = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)

/** `post_organizations_organization_keys_key_rotate`: unlike any other, and the same as long as the route is. */
const operationIdOf = ({ method, path }: PageRoute): string =>
  [method.toLowerCase(), ...path.split(/\W+/).filter((word) => word !== '' && word !== 'api')].join('_')

/** What it is about: `keys` of `/api/organizations/{organization}/keys/…`. */
function areaOf(path: string): string {
  const words = path.split('/').filter((word) => word !== '' && word !== 'api' && !word.startsWith('{'))
  return (words[0] === 'organizations' || words[0] === 'operator' ? words.slice(0, 2) : words.slice(0, 1)).join(' ')
}

const needsWords = (needs: Needs): string =>
  isPermission(needs)
    ? `For members of the organization whose role has \`${needs}\`; for others there is no such organization.`
    : { nobody: 'For everybody.', 'signed-in': 'For whoever is signed in.', operator: 'For operators of this server.' }[
        needs
      ]

const isPermission = (needs: Needs): needs is Permission => (permissions as readonly string[]).includes(needs)
