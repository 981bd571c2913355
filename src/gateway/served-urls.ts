/** What is served under a dialect's right base URL, in words for whoever asked for something else there. */
import type { AskedUrl } from './asked-url.ts'
import type { Dialect } from './dialect.ts'
import type { Route } from './operation.ts'
import { behindRoot, ofDeployments } from './router.ts'
import { routes } from './routes.ts'

/** Where what follows the base URL begins with another one. */
const again = /^\/(?:v1(?:(?:alpha|beta)1?)?|genai|openai)(?:\/|$)/i
const genaiVersion = /^\/v1(?:(?:alpha|beta)1?)?(?=\/)/i

/** Paths that a client whose base URL is one of them asks for twice. */
const posted = routes
  .filter(({ dialect, method, path }) => dialect.name === 'openai' && method === 'POST' && !path.includes('{'))
  .map(({ path }) => behindRoot(path))

/** Whether only what stands behind the base URL is not served; otherwise it is the base URL that is wrong. */
export function isRightBase({ name }: Dialect, { root, path }: AskedUrl): boolean {
  if (name === 'genai') return root === 'genai' && !again.test(path.replace(genaiVersion, ''))
  const asked = path.toLowerCase()
  if (root === 'openai') return !again.test(path) && !ofDeployments.test(path)
  const isTwice = posted.some((own) => asked.startsWith(`${own}/`) && asked.endsWith(own))
  return root === 'v1' && !again.test(path) && !isTwice
}

/** `POST /v1/completions is not served; served are: …`: of the same first part, else those that need no id. `sent`: the URL, without its query. */
export function unservedText({ name }: Dialect, { path }: AskedUrl, method: string, sent: string): string {
  const own = routes.filter(({ dialect }) => dialect.name === name)
  const near = own.filter((each) => partOf(behindRoot(each.path)) === partOf(path.replace(genaiVersion, '')))
  const served = near.length > 0 ? near : own.filter((each) => !hasId.test(each.path))
  return `${method} ${sent} is not served; served are: ${served.map((each) => `${each.method} ${each.path}`).join(', ')}.`
}

const hasId = /\{(?!model\})/
const partOf = (path: string): string => (path.split('/')[1] ?? '').toLowerCase()

/** `GET /v1/embeddings is not served; its method is POST.` `atUrl`: what has that URL. */
export function otherMethodText(atUrl: readonly Route[], method: string, sent: string): string {
  const methods = atUrl.map((each) => each.method)
  const are = methods.length === 1 ? 'its method is' : 'its methods are'
  return `${method} ${sent} is not served; ${are} ${methods.join(' and ')}.`
}
