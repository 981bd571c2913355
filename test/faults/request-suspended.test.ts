/**
 * A suspended organization: its keys are turned away at once, in the caller's dialect, and cost nobody anything; what
 * was under way ends as it would have and is paid for. Other organizations notice nothing.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mart, runMart } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  answerText,
  ask,
  chat,
  chatStream,
  costNano,
  costsNothing,
  detailOf,
  embed,
  envelopeOf,
  expectClosedBooks,
  isWhole,
  keyHeader,
  openPurse,
  servedOf,
  settledOf,
  startMsMax,
  taken,
  ways,
  type Taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const grantedNano = 1_000_000_000n
const why = 'unpaid since May, case 4711'
let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

function expectSuspended(got: Taken, way: Pick<Way, 'dialect'>): void {
  expect(got.status).toBe(403)
  const error = envelopeOf(got, way.dialect)
  if (way.dialect === 'openai') {
    expect(error).toMatchObject({ code: 'organization_suspended', type: 'invalid_request_error' })
    expect(got.headers.get('x-should-retry')).toBe('false')
  } else {
    expect(error.status).toBe('PERMISSION_DENIED')
    expect(detailOf(error, 'ErrorInfo')!.reason).toBe('ORGANIZATION_SUSPENDED')
    expect(detailOf(error, 'RetryInfo')).toBeUndefined()
  }
  expect(error.message).toContain('suspended')
  expect(got.text).not.toContain('4711')
}

test('its keys get 403 in each dialect at once, costing nothing, until it is resumed, and others are served', async () => {
  const [account, other] = [await openPurse(server, '1.00'), await openPurse(server, '1.00')]
  const suspended = await mart<object>(server, ['org', 'suspend', account.organizationId, '--why', why])
  expect(suspended).toMatchObject({ id: account.organizationId, state: 'suspended', suspendedWhy: why })
  for (const way of [...ways, embed]) {
    expectSuspended(await costsNothing(server, account, () => taken(ask(server, account.key, way))), way)
    expect((await taken(ask(server, other.key, way))).status).toBe(200)
  }
  for (const [path, dialect] of [
    ['/v1/models', 'openai'],
    ['/v1/receipts/req_x', 'openai'],
    ['/genai/v1beta/models', 'genai'],
  ] as const)
    expectSuspended(await taken(fetch(server.baseUrl + path, { headers: keyHeader(dialect, account.key) })), {
      dialect,
    })
  expect((await runMart(server, ['org', 'list'])).stdout).toContain('suspended')
  expect(await mart<object>(server, ['org', 'show', account.organizationId])).toMatchObject({ suspendedWhy: why })

  await mart(server, ['org', 'resume', account.organizationId])
  const got = await taken(ask(server, account.key, chat))
  expect(got.status).toBe(200)
  await expectClosedBooks(server, account, grantedNano, [await settledOf(server, account, got.requestId)])
})

test('a request under way when it is suspended ends as it would have, and is settled by the sandbox’s count', async () => {
  const account = await openPurse(server, '1.00', { concurrency: null })
  const whole = ask(server, account.key, chat, { sandbox: 'tokens=30 latency_ms=1500' })
  const response = await ask(server, account.key, chatStream, { sandbox: 'tokens=30 chunk_ms=60' })
  await mart(server, ['org', 'suspend', account.organizationId])
  expectSuspended(await taken(ask(server, account.key, chat)), chat)
  const ended = [await taken(whole), await taken(response)]
  expect(ended.map(({ status, broke }) => [status, broke])).toEqual([
    [200, false],
    [200, false],
  ])
  expect(answerText(ended[1]!.text, chatStream).length).toBeGreaterThan(0)
  expect(ended[1]!.text).toContain('[DONE]')
  await mart(server, ['org', 'resume', account.organizationId])
  const receipts = await Promise.all(ended.map(({ requestId }) => settledOf(server, account, requestId)))
  for (const { requestId, ending, chargeNano } of receipts) {
    const [served, ...more] = await servedOf(server, requestId)
    expect([more.length, isWhole(served!), ending]).toEqual([0, true, 'completed'])
    expect(BigInt(chargeNano)).toBe(costNano(chat.model, served!.usage))
  }
  await expectClosedBooks(server, account, grantedNano, receipts)
})

test('a suspension and a new name survive a kill and a start', async () => {
  const account = await openPurse(server, '1.00')
  await mart(server, ['org', 'rename', account.organizationId, 'Acme & Sons'])
  await mart(server, ['org', 'suspend', account.organizationId, '--why', why])
  await server.kill('SIGKILL')
  await server.restart()
  for (const way of ways) expectSuspended(await taken(ask(server, account.key, way)), way)
  expect(await mart<object>(server, ['org', 'show', account.organizationId])).toMatchObject({
    name: 'Acme & Sons',
    state: 'suspended',
    suspendedWhy: why,
  })
})
