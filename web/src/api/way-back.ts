/** Where somebody goes on after signing in. */

/** A path of this server, or null: what a link says could be anybody's, and must lead nowhere else. */
export function safeWayBack(to: unknown): string | null {
  if (typeof to !== 'string' || !to.startsWith('/')) return null
  const url = new URL(to, 'http://here.invalid')
  // As a browser reads it, `//host` and `/\host` are other servers.
  return url.origin === 'http://here.invalid' && !to.startsWith('//') ? `${url.pathname}${url.search}` : null
}
