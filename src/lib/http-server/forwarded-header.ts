/** One proxy's words in a `Forwarded` header (RFC 7239), by their names in lower case. */
export type Hop = Readonly<Partial<Record<string, string>>>

const pair = /[\t ]*([\w-]+)=(?:"([^"\\]*)"|([^\t ;,"]*))[\t ]*([;,]|$)/gy

/** The elements of `Forwarded`; none where it is not written as it should be. */
export function hopsOf(header: string): readonly Hop[] {
  const hops: Record<string, string>[] = [{}]
  pair.lastIndex = 0
  for (let end = 0; end < header.length; end = pair.lastIndex) {
    const [, name, quoted, bare, mark] = pair.exec(header) ?? []
    if (name === undefined) return []
    hops.at(-1)![name.toLowerCase()] = quoted ?? bare!
    if (mark === ',') hops.push({})
  }
  return hops
}

/** Without a port, and without the brackets of IPv6. */
export const addressIn = (node: string): string =>
  /^\[([^\]]*)\]/.exec(node)?.[1] ?? node.replace(/^([\d.]+):\d+$/, '$1')
