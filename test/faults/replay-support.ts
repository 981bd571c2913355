/** What the tests of calls that are repeated with their `Idempotency-Key` share: what a repeat is given. */
import { expect } from 'bun:test'
import type { Account } from '../support/mart.ts'
import type { Server } from '../support/start-server.ts'
import { detailOf, envelopeOf, factsOf, nanoOf, settledOf, type Taken, type Way } from './request-support.ts'

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
