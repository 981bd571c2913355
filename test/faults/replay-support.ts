/** What the tests of calls that are repeated with their `Idempotency-Key` share: what a repeat is given. */
import { connect } from 'node:net'
import { expect } from 'bun:test'
import type { Account } from '../support/mart.ts'
import type { Server } from '../support/start-server.ts'
import { detailOf, envelopeOf, factsOf, keyHeader, nanoOf, settledOf, type Taken, type Way } from './request-support.ts'

export const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })
export const reasonOf = (got: Taken, way: Way): string => {
  const error = envelopeOf(got, way.dialect)
  return way.dialect === 'openai' ? String(error.code) : detailOf(error, 'ErrorInfo')!.reason!.toLowerCase()
}

/** Headers that are this request's own: when and how it came, its id, how far its key has used up its limits. */
const ofOneRequest =
  /^(?:date|connection|keep-alive|transfer-encoding|content-length|vary|x-request-id|x-ratelimit-.*|x-mart-charge-usd|idempotent-replayed|original-request)$/
const lastingHeaders = ({ headers }: Taken) =>
  Object.fromEntries([...headers].filter(([name]) => !ofOneRequest.test(name)))

/** The first answer once more: the very bytes, as another request's that owes nothing. */
export function expectReplay(again: Taken, first: Taken): void {
  expect({ status: again.status, text: again.text, broke: again.broke }).toEqual({
    status: first.status,
    text: first.text,
    broke: first.broke,
  })
  expect(lastingHeaders(again)).toEqual(lastingHeaders(first))
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(again.headers.get('original-request')).toBe(first.requestId)
  expect(again.requestId).toMatch(/^req_/)
  expect(again.requestId).not.toBe(first.requestId)
  const charged = first.headers.get('x-mart-charge-usd')
  expect(again.headers.get('x-mart-charge-usd')).toBe(charged === null ? null : '0.00')
  expect(first.headers.get('idempotent-replayed')).toBeNull()
}

/** The refusal of a repeat whose answer is not kept: what the first one was charged, where its receipt is, and nothing that invites a retry. */
export async function expectUsed(
  got: Taken,
  way: Way,
  { server, account, firstId }: { readonly server: Server; readonly account: Account; readonly firstId: string },
): Promise<void> {
  expect([got.status, reasonOf(got, way)]).toEqual([409, 'idempotency_key_used'])
  expect(got.headers.get('x-should-retry')).toBe('false')
  expect(got.headers.get('retry-after')).toBeNull()
  const { chargeNano } = await settledOf(server, account, firstId)
  const facts = factsOf(envelopeOf(got, way.dialect), way)
  expect(facts).toMatchObject({ first_request_id: firstId, receipt: `/v1/receipts/${firstId}` })
  expect(nanoOf(facts['charge_usd']).toString()).toBe(chargeNano)
  expect(got.requestId).not.toBe(firstId)
}

/** As `taken`, with all that came before the connection broke: `fetch` throws away what was not read by then. For answers of no stated length. */
export function takenRaw(
  server: Server,
  key: string,
  way: Way,
  headers: Readonly<Record<string, string>>,
): Promise<Taken> {
  const { hostname, port } = new URL(server.baseUrl)
  const body = JSON.stringify(way.bodyOf('What is a river?', {}))
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  const head = Object.entries({
    host: 'gateway',
    connection: 'close',
    ...length,
    ...keyHeader(way.dialect, key),
    ...headers,
  })
  const request = [`POST ${way.path} HTTP/1.1`, ...head.map((pair) => pair.join(': ')), '', body].join('\r\n')
  return new Promise((resolve) => {
    const came: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(request))
    socket.on('data', (piece) => came.push(Buffer.from(piece)))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(takenOf(Buffer.concat(came))))
  })
}

function takenOf(answer: Buffer): Taken {
  const headEnd = answer.indexOf('\r\n\r\n')
  const [first = '', ...lines] = answer.toString('latin1', 0, headEnd).split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [line.split(':')[0]!, line.slice(line.indexOf(':') + 1)]),
  )
  const { body, isWhole } = unchunked(answer.subarray(headEnd + 4))
  const requestId = headers.get('x-request-id') ?? ''
  return { status: Number(first.split(' ')[1]), headers, requestId, text: body.toString(), broke: !isWhole }
}

function unchunked(bytes: Buffer): { readonly body: Buffer; readonly isWhole: boolean } {
  const pieces: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size) || size === 0) return { body: Buffer.concat(pieces), isWhole: size === 0 }
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
