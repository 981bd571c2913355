/** What is served under a dialect's right base URL, in words for whoever asked for something else there. */
import { countTokens } from './dialects/genai/count-tokens.ts'
import type { AskedUrl } from './asked-url.ts'
import type { Dialect } from './dialect.ts'
import { genaiEndpoints, openaiEndpoints } from './endpoints.ts'

type Served = { readonly method: 'GET' | 'POST'; readonly url: string; readonly path: RegExp }

const version = '(?:/v1(?:(?:alpha|beta)1?)?)?'
const model = '/genai/v1beta/models/{model}'
const served: Readonly<Record<Dialect['name'], readonly Served[]>> = {
  openai: [
    ...[...openaiEndpoints.keys()].map((url) => post(url, `${url.slice('/v1'.length)}$`)),
    get('/v1/models', '/models$'),
    get('/v1/models/{model}', '/models/'),
    get('/v1/receipts/{id}', '/receipts/'),
  ],
  genai: [
    ...[...genaiEndpoints.keys(), countTokens.name].map((verb) => post(`${model}:${verb}`, `.*:${verb}$`)),
    get('/genai/v1beta/models', `${version}/models$`),
    get(model, `${version}/(?:publishers/google/)?models/[^:]+$`),
  ],
}

function get(url: string, path: string): Served {
  return { method: 'GET', url, path: new RegExp(`^${path}`, 'i') }
}
function post(url: string, path: string): Served {
  return { method: 'POST', url, path: new RegExp(`^${path}`, 'i') }
}

/** Where what follows the base URL begins with another one. */
const again = /^\/(?:v1(?:(?:alpha|beta)1?)?|genai|openai)(?:\/|$)/i
const genaiVersion = /^\/v1(?:(?:alpha|beta)1?)?(?=\/)/i

/** Whether only what stands behind the base URL is not served; otherwise it is the base URL that is wrong. */
export function isRightBase({ name }: Dialect, { root, path }: AskedUrl): boolean {
  if (name === 'genai') return root === 'genai' && !again.test(path.replace(genaiVersion, ''))
  if (root === 'openai') return path.toLowerCase().startsWith('/deployments/')
  // A client whose base URL is an endpoint's own asks for it twice.
  const isTwice = [...openaiEndpoints.keys()].some((url) => {
    const own = url.slice('/v1'.length)
    return path.toLowerCase().startsWith(`${own}/`) && path.toLowerCase().endsWith(own)
  })
  return root === 'v1' && !again.test(path) && !isTwice
}

/** `POST /v1/responses is not served; served are: …`, or the method that it is served by. `sent`: the URL, without its query. */
export function unservedText({ name }: Dialect, { path }: AskedUrl, method: string, sent: string): string {
  const allowed = served[name].find((each) => each.path.test(path))
  const began = `${method} ${sent} is not served; `
  if (allowed && allowed.method !== method) return `${began}its method is ${allowed.method}.`
  return `${began}served are: ${served[name].map((each) => `${each.method} ${each.url}`).join(', ')}.`
}
