import { STATUS_CODES } from 'node:http'
import { assert } from '../assert.ts'
import { headerLine } from '../http/header-lines.ts'
import type { AnswerHeaders } from './contract.ts'

/** What the server adds to an answer's own headers. */
export type Ending = {
  /** Bytes of the body; `chunked` where nobody knows yet, `until-closed` for HTTP/1.0, null for what has no body. */
  readonly length: number | 'chunked' | 'until-closed' | null
  /** What is said of the connection; null where it is kept without a word. */
  readonly connection: 'close' | 'keep-alive' | null
  readonly date: string
}

const statusLines = new Map(
  Object.entries(STATUS_CODES)
    .filter(([status]) => Number(status) >= 200)
    .map(([status, words]) => [Number(status), `HTTP/1.1 ${status} ${words}\r\n`]),
)

/** Status line and headers, up to and with the empty line. Throws for what would not be read as what it is. */
export function answerHead(status: number, headers: AnswerHeaders, ending: Ending): string {
  let head = statusLines.get(status) ?? statusLine(status)
  for (const name in headers) {
    const value = headers[name]!
    if (typeof value === 'string') head += lineOf(name, value)
    else for (const one of value) head += lineOf(name, one)
  }
  const length = framingOf(ending)
  return ending.connection === null
    ? `${head}date: ${ending.date}\r\n${length}\r\n`
    : `${head}date: ${ending.date}\r\nconnection: ${ending.connection}\r\n${length}\r\n`
}

function statusLine(status: number): string {
  assert(Number.isInteger(status) && status >= 200 && status <= 999, 'an answer has a final status')
  return `HTTP/1.1 ${status} \r\n`
}

function lineOf(name: string, value: string): string {
  const line = headerLine(name, value)
  if (line === null) throw new Error(`a header named ${JSON.stringify(name)} cannot be sent`)
  return line
}

function framingOf({ length }: Ending): string {
  if (typeof length === 'number') return `content-length: ${length}\r\n`
  return length === 'chunked' ? 'transfer-encoding: chunked\r\n' : ''
}
