/** Where somebody goes on after signing in. */

/** A path of this server, or null: what a link says could be anybody's, and must lead nowhere else. */
export function safeWayBack(to: unknown): string | null {
  if (typeof to !== 'string' || !to.startsWith('/')) return null
  if (!URL.canParse(to, 'http://here.invalid')) return null
  const url = new URL(to, 'http://here.invalid')
  // As a browser reads it, `//host` and `/\host` are other servers; and `/.//host` is the first once it was read.
  const isHere = url.origin === 'http://here.invalid' && !url.pathname.startsWith('//')
  return isHere ? `${url.pathname}${url.search}` : null
}
