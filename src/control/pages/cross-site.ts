/**
 * Whether a change is asked for by a page of this server: a browser says so in headers that no page of another's can set.
 * Cookies alone say nothing, because browsers send them wherever the request comes from.
 */
import { AdminError } from '../admin/error.ts'

/** Throws `cross_site` for what another's page sends, or nobody says, and `json_expected` for a body of a form's. */
export function refuseCrossSite(request: Request, publicUrl: string | null): void {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const isOurs = origin === null ? site === 'same-origin' : isOwnOrigin(origin, request.url, publicUrl)
  if (!isOurs || (site !== null && site !== 'same-origin')) throw new AdminError('cross_site')
  const type = request.headers.get('content-type')
  if (request.body !== null && !/^application\/json\s*(?:;|$)/i.test(type ?? '')) throw new AdminError('json_expected')
}

/** By the host alone: a proxy that ends TLS in front of this server need not say so. */
function isOwnOrigin(origin: string, url: string, publicUrl: string | null): boolean {
  if (!URL.canParse(origin)) return false
  const { host } = new URL(origin)
  return host === new URL(url).host || (publicUrl !== null && host === new URL(publicUrl).host)
}
