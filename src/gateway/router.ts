/** Which operation a URL is of: by its pattern, with the slips of spelling that clients make. */
import type { HttpRequest } from '../lib/http-server/contract.ts'
import { decoded, type AskedUrl } from './asked-url.ts'
import type { Params, Route } from './operation.ts'

/** What a URL is of. */
export type Found = {
  /** null where none of them has the method that was sent. */
  readonly route: Route | null
  readonly params: Params
  /** All that have this URL, each by a method of its own. */
  readonly routes: readonly Route[]
}

/** What a URL is of; null where nothing is served there by any method. */
export type Router = (asked: AskedUrl, method: HttpRequest['method']) => Found | null

/** Finds operations by their patterns, from the most to the least definite: `/videos/characters` is no video's id. */
export function createRouter(routes: readonly Route[]): Router {
  const places = [...Map.groupBy(routes, ({ path }) => path)]
    .map(([path, atPath]) => placeOf(path, atPath))
    .toSorted((a, b) => b.definite - a.definite)
  const byRoot = {
    v1: places.filter(({ root }) => root === 'v1'),
    genai: places.filter(({ root }) => root === 'genai'),
  }
  const deployable = routes.filter(isDeployable).map((route) => ({ route, verb: behindRoot(route.path) }))

  function find({ root, path }: AskedUrl): Omit<Found, 'route'> | null {
    if (root === null) return null
    if (root === 'genai') return placed(path.replace(genaiWays, '').replace(encodedVerb, ':'), byRoot.genai)
    return (
      deployed(path, deployable) ?? (root === 'openai' && ofDeployments.test(path) ? null : placed(path, byRoot.v1))
    )
  }

  return (asked, method) => {
    const found = find(asked)
    if (!found) return null
    const wanted = method === 'HEAD' ? 'GET' : method
    const route = found.routes.find((each) => each.method === wanted) ?? null
    // What stands behind a colon is a verb that nobody serves, unless the name is only asked after: `llama3.1:latest`.
    return route === null && found.params['model']?.includes(':') ? null : { ...found, route }
  }
}

/** A path with all that is served there. */
type Place = {
  readonly root: string
  readonly pattern: RegExp
  readonly names: readonly string[]
  /** How much of its path is no parameter. */
  readonly definite: number
  readonly routes: readonly Route[]
}

const parameter = /\{(\w+)\}/g

function placeOf(path: string, routes: readonly Route[]): Place {
  const pattern = behindRoot(path)
    .replaceAll(/[.:]/g, '\\$&')
    .replaceAll(parameter, (_, name: string) => (name === 'model' ? '(.+)' : '([^/]+)'))
  return {
    root: path.split('/')[1]!,
    pattern: new RegExp(`^${pattern}$`, 'i'),
    names: [...path.matchAll(parameter)].map(([, name]) => name!),
    definite: path.replaceAll(parameter, '').length,
    routes,
  }
}

const roots = /^\/(?:v1|genai\/v1beta)(?=\/)/
/** What of a path in the table stands behind its dialect's root. */
export const behindRoot = (path: string): string => path.replace(roots, '')

/** Base URLs may lack the version, and Vertex AI's clients name a publisher. */
const genaiWays = /^(?:\/v1(?:(?:alpha|beta)1?)?)?(?:\/publishers\/google(?=\/models))?(?=\/)/i
/** Clients that build their URLs of encoded parts encode the colon of the verb as well. */
const encodedVerb = /%3a(?=[a-z]+$)/i

function placed(path: string, places: readonly Place[]): Omit<Found, 'route'> | null {
  for (const { pattern, names, routes } of places) {
    const [matches, ...values] = pattern.exec(path) ?? []
    if (matches === undefined) continue
    const parts = values.map(decoded)
    if (parts.some(isStep)) return null
    return { routes, params: Object.fromEntries(parts.map((part, at) => [names[at]!, part])) }
  }
  return null
}

/** What would lead elsewhere in an upstream's path. */
const isStep = (part: string): boolean => part === '.' || part === '..'

// ---- Azure's way -----------------------------------------------------------------------------------

/** The model is in the path, slashes and all. Clients are given this server as their endpoint, or its `/v1`. */
const deploymentPath = /^(?:\/openai)?\/deployments\/(.+)$/i
/** What Azure's clients never ask without one: `_deployments_endpoints` of OpenAI's Python SDK, lib/azure.py. */
export const ofDeployments =
  /^\/(?:completions|chat\/completions|embeddings|audio\/(?:transcriptions|translations|speech)|images\/(?:generations|edits))$/i

/** Whether a model is named in its body, which may be named in its path instead. */
const isDeployable = (route: Route): boolean =>
  route.dialect.name === 'openai' && 'kinds' in route && route.kinds.length > 0 && !route.path.includes('{')

function deployed(
  path: string,
  deployable: readonly { readonly route: Route; readonly verb: string }[],
): Omit<Found, 'route'> | null {
  const [, named] = deploymentPath.exec(path) ?? []
  if (named === undefined) return null
  const found = deployable.find(({ verb }) => named.toLowerCase().endsWith(verb))
  if (!found) return null
  return { routes: [found.route], params: { deployment: decoded(named.slice(0, -found.verb.length)) } }
}
