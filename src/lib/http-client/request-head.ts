import { headerLine } from '../http/header-lines.ts'
import type { HttpRequest } from './contract.ts'

/** What follows a `#` is for browsers. */
const forbiddenInTarget = /[^\x21-\x7e]|#/
/** Ours to say, and never twice. */
const framing: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection'])

/** Request line and headers, up to and with the empty line. Throws a `TypeError` for what would not be read as what it is. */
export function requestHead(target: string, host: string, { method, headers, body }: HttpRequest): string {
  if (forbiddenInTarget.test(target)) throw new TypeError('the URL has a character that must be percent-encoded')
  const lines = [`${method} ${target} HTTP/1.1\r\n`, headerLine('host', host)!]
  for (const name in headers) {
    const line = framing.has(name) ? null : headerLine(name, headers[name]!)
    if (line === null) throw new TypeError(`the header ${JSON.stringify(name)} is not one that can be sent`)
    lines.push(line)
  }
  lines.push(method === 'GET' ? '\r\n' : `content-length: ${body.length}\r\n\r\n`)
  return lines.join('')
}
