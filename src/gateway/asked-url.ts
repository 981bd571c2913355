/** Reading a URL of the two dialects, with the slips that clients make in its spelling: one slash too many, another case. */
import type { HttpRequest } from '../lib/http-server/contract.ts'

/** What a URL says, less its spelling. */
export type AskedUrl = {
  /** `openai` is where Azure clients look for their deployments; null: another part of the product. */
  readonly root: 'v1' | 'genai' | 'openai' | null
  /** Behind the root: begins with a slash, and does not end with one. As it was sent, so that names keep their case. */
  readonly path: string
  readonly query: URLSearchParams
  /** The region policy whose name stands in front of the root, for clients that choose it for each request. */
  readonly region: string | null
}

export function readUrl({ target }: Pick<HttpRequest, 'target'>): AskedUrl {
  const end = target.indexOf('?')
  const sent = end === -1 ? target : target.slice(0, end)
  const query = new URLSearchParams(end === -1 ? '' : target.slice(end))
  const whole = sent.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
  const [, region, root, path] = rooted.exec(whole) ?? []
  if (root === undefined) return { root: null, path: whole, query, region: null }
  return {
    root: root.toLowerCase() as 'v1',
    path: path ?? '',
    query,
    // The names of policies are in small letters.
    region: region === undefined ? null : decoded(region).toLowerCase(),
  }
}

/** What no region policy is called: URLs that begin with it mean something else. */
const unregional = '(?:v1|v1(?:alpha|beta)1?|genai|openai|api|docs|playground)(?:\\/|$)'
const rooted = new RegExp(`^(?:\\/(?!${unregional})([^/]+))?\\/(v1|genai|openai)(\\/.*)?$`, 'i')

/** A path that is not valid percent-encoding names nothing that is encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
