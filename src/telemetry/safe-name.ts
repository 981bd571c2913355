/**
 * A model's name as it may be written down. It can come from a client or an upstream, so it may be
 * anything: a key that was put in the wrong place, or a text without end.
 */
const charsMax = 128
const secretLike = /\b(?:sk-|AIza|Bearer\s)[\w.-]+/gi

/** Nearly all of them are few. */
const known = new Map<string, string>()
const knownMany = 1_000

export function safeName(name: string | null): string | null {
  if (name === null) return null
  const seen = known.get(name)
  if (seen !== undefined) return seen
  const safe = madeSafe(name)
  if (known.size < knownMany && name.length <= charsMax) known.set(name, safe)
  return safe
}

function madeSafe(name: string): string {
  const short = name.length > charsMax ? `${name.slice(0, charsMax)}…` : name
  return short.replaceAll(secretLike, '[secret]')
}
