import { STATUS_CODES } from 'node:http'
import { mustBeHeaderLine } from '../http/header-lines.ts'
import type { AnswerHeaders } from './contract.ts'

/** What the server adds to an answer's own headers. */
export type Ending = {
  /** Bytes of the body; `chunked` where nobody knows yet, `until-closed` for HTTP/1.0, null for what has no body. */
  readonly length: number | 'chunked' | 'until-closed' | null
  readonly isLast: boolean
  readonly date: string
}

/** Ours to say, and never twice. */
const framing: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'date',
  'keep-alive',
])

const statusLines = new Map(
  Object.entries(STATUS_CODES).map(([status, words]) => [Number(status), `HTTP/1.1 ${status} ${words}\r\n`]),
)

/** Status line and headers, up to and with the empty line. Throws for what would not be read as what it is. */
export function answerHead(status: number, headers: AnswerHeaders, { length, isLast, date }: Ending): string {
  const lines = [statusLines.get(status) ?? `HTTP/1.1 ${status} \r\n`, mustBeHeaderLine('date', date)]
  for (const name in headers) {
    if (framing.has(name)) continue
    const value = headers[name]!
    if (typeof value === 'string') lines.push(mustBeHeaderLine(name, value))
    else for (const one of value) lines.push(mustBeHeaderLine(name, one))
  }
  if (isLast) lines.push('connection: close\r\n')
  if (length === 'chunked') lines.push('transfer-encoding: chunked\r\n\r\n')
  else lines.push(typeof length === 'number' ? `content-length: ${length}\r\n\r\n` : '\r\n')
  return lines.join('')
}
