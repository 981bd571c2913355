import { forbiddenInValue, headerName } from '../http/header-text.ts'
import type { HttpRequest } from './contract.ts'

/** What follows a `#` is for browsers. */
const forbiddenInTarget = /[^\x21-\x7e]|#/
/** Ours to say, and never twice. */
const framing = new Set(['host', 'content-length', 'transfer-encoding', 'connection'])

/** Request line and headers, up to and with the empty line. Throws a `TypeError` for what would not be read as what it is. */
export function requestHead(target: string, host: string, { method, headers, body }: HttpRequest): string {
  if (forbiddenInTarget.test(target)) throw new TypeError('the URL has a character that must be percent-encoded')
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n`
  for (const name in headers) {
    const value = headers[name]!
    if (framing.has(name) || !headerName.test(name) || forbiddenInValue.test(value))
      throw new TypeError(`the header ${JSON.stringify(name)} is not one that can be sent`)
    head += `${name}: ${value}\r\n`
  }
  return method === 'GET' ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n`
}
