import { headerLine } from '../http/header-lines.ts'
import type { HttpRequest } from './contract.ts'

/** What follows a `#` is for browsers. */
const forbiddenInTarget = /[^\x21-\x7e]|#/

/** Request line and headers, up to and with the empty line. `host`: from a URL that was parsed. Throws a `TypeError` for what would not be read as what it is. */
export function requestHead(target: string, host: string, { method, headers, body }: HttpRequest): string {
  if (forbiddenInTarget.test(target)) throw new TypeError('the URL has a character that must be percent-encoded')
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n`
  for (const name in headers) {
    const line = headerLine(name, headers[name]!)
    if (!line) throw new TypeError(`the header ${JSON.stringify(name)} is not one that can be sent`)
    head += line
  }
  return `${head}${framingLine(method, body.length)}\r\n`
}

/** RFC 9110, 8.6: of an empty body, nothing is said where the method does not lead one to expect any. */
function framingLine(method: HttpRequest['method'], length: number | null): string {
  if (length === null) return 'transfer-encoding: chunked\r\n'
  return length > 0 || hasBodyAsARule.has(method) ? `content-length: ${length}\r\n` : ''
}
const hasBodyAsARule: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
