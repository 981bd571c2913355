/** What the pages of usage, requests and billing are told, over a real store. */
import { adminErrorOf } from '../admin/error.ts'
import { ReportTooLarge } from '../../reporting/usage-over-time.ts'
import { beforeAll, describe, expect, test } from 'bun:test'
import { settlementOf } from '../test-server.ts'
import { startTestPages } from './test-pages.ts'

const pages = await startTestPages()
const acme = await pages.organization('Acme')
const beta = await pages.organization('Beta')
const ann = pages.person('ann', { roles: { [acme]: 'owner' } })
const bill = pages.person('bill', { roles: { [acme]: 'billing' } })
const operator = pages.person('ops', { isOperator: true })
const at = (path: string): string => `/api/organizations/${acme}${path}`
const served = settlementOf(acme, '')
const failed = { ...served, requestId: 'req_2', status: 502, ending: 'upstream-failed', model: 'gpt-5.4-mini' } as const

beforeAll(async () => {
  const grant = { mode: 'test', amountNano: 5_000_000_000n, note: '@home, "we"' } as const
  for (const organizationId of [acme, beta])
    await pages.store.grantCredit({ ...grant, organizationId, idempotencyKey: organizationId })
  const { json: key } = await pages.ask('POST', `/organizations/${acme}/keys`, { name: '=SUM(A1)', mode: 'test' })
  const keyId = key['id'] as string
  await pages.settle({ ...served, keyId, costNano: '10000000' })
  await pages.settle({ ...failed, keyId, chargeNano: '0', costNano: '0', admittedAt: served.admittedAt + 1 })
  await pages.settle({ ...settlementOf(beta, 'key_b'), requestId: 'req_3' })
})

const textOf = async (path: string): Promise<string> => (await ann.fetch('GET', at(path))).text()

describe('usage', () => {
  test('is there as soon as it was settled: by groups, in all, and of the span before', async () => {
    const { json } = await ann.get(at('/usage?mode=test&by=model&metrics=spend,latencyP95&unit=hour&from=2026-11-23'))
    expect(json).toMatchObject({
      unit: 'hour',
      isComplete: true,
      total: { requests: 2, errors: 1, chargeNano: '12500000', errorRate: 0.5 },
      previous: { total: { requests: 0, chargeNano: '0', errorRate: null } },
    })
    const [spend] = json['series']
    expect(spend).toMatchObject({ metric: 'spend', group: { id: 'gpt-5.4' }, isOther: false, total: '12500000' })
    expect([spend.values.length, spend.values.at(-1)]).toEqual([json['slots'].length, '12500000'])
    const latency = json['series'].find(({ metric }: { metric: string }) => metric === 'latencyP95')
    expect(Math.abs(latency.total - served.latencyMs)).toBeLessThan(served.latencyMs * 0.04)
  })

  test('names the groups beyond the first as one, which has all the rest', async () => {
    const { json } = await ann.get(at('/usage?mode=test&by=model&metrics=requests&top=1&from=2026-11-23'))
    const shown = json['series'].map((each: Record<string, unknown>) => [each['isOther'], each['total']])
    expect(shown).toEqual([
      [false, 1],
      [true, 1],
    ])
  })

  test('tells costs, margins, deployments and other organizations to operators alone', async () => {
    const asked = 'mode=test&by=organization,upstream&metrics=margin&from=2026-11-23'
    const { json } = await operator.get(`/api/operator/usage?${asked}`)
    const rows = json['rows'].map((row: Record<string, any>) => [row['group'].name, row['figures'].marginNano]) // oxlint-disable-line typescript/no-explicit-any
    expect(rows).toEqual([
      ['Acme', '2500000'],
      ['Beta', '0'],
    ])
    expect((await ann.get(`/api/operator/usage?${asked}`)).status).toBe(403)
    for (const secret of ['by=organization', 'by=upstream', 'metrics=cost', 'organization=x', 'upstream=x'])
      expect((await ann.get(at(`/usage?mode=test&${secret}`))).status).toBe(400)
    const told = JSON.stringify((await ann.get(at('/usage?mode=test'))).json)
    expect(told).not.toMatch(/costNano|marginNano/)
  })

  test.each([
    ['mode=both', 'mode'],
    ['mode=test&zone=Mars/Olympus', 'zone'],
    ['mode=test&unit=minute', 'unit'],
    ['mode=test&from=2026-11-25&to=2026-11-24', 'from'],
    ['mode=test&from=1999-01-01', 'from'],
    ['mode=test&by=model,key,region', 'by'],
    ['mode=test&top=51', 'top'],
    ['mode=test&colour=red', 'colour'],
  ])('refuses %s, naming the field', async (query, field) => {
    const { status, json } = await ann.get(at(`/usage?${query}`))
    expect([status, json['error'].field]).toEqual([400, field])
  })
})

describe('requests', () => {
  test('are listed newest first, page by page, by any filter', async () => {
    const first = (await ann.get(at('/requests?mode=test&limit=1'))).json
    expect(first['data'].map(({ id }: { id: string }) => id)).toEqual(['req_2'])
    const second = (await ann.get(at(`/requests?mode=test&limit=1&cursor=${first['next']}`))).json
    expect([second['data'][0].id, second['next']]).toEqual([served.requestId, null])
    const idsBy = async (filter: string) =>
      (await ann.get(at(`/requests?mode=test&${filter}`))).json['data'].map(({ id }: { id: string }) => id)
    expect(await idsBy('outcome=error')).toEqual(['req_2'])
    expect(await idsBy('chargeMin=1&model=gpt-5.4')).toEqual([served.requestId])
    expect(await idsBy('status=502&ending=upstream-failed&streamed=false&latencyMin=1')).toEqual(['req_2'])
    expect(await idsBy('flag=estimated')).toEqual([])
    expect(await idsBy('model=none-that-is')).toEqual([])
    expect(await idsBy(`id=${served.requestId}`)).toEqual([served.requestId])
    expect((await ann.get(at('/requests?mode=test&cursor=here'))).json['error'].field).toBe('cursor')
  })

  test('are counted over time by the same filters', async () => {
    const { json } = await ann.get(at('/requests/histogram?mode=test&unit=hour&from=2026-11-23'))
    expect([json['requests'].at(-1), json['errors'].at(-1)]).toEqual([2, 1])
    const none = await ann.get(at('/requests/histogram?mode=test&unit=hour&from=2026-11-23&chargeMin=99999999'))
    expect(none.json['requests'].at(-1)).toBe(0)
  })

  test('have a receipt, and say what was held, taken and given back; the operator’s cost is not on it', async () => {
    const { json } = await ann.get(at(`/requests/${served.requestId}?mode=test`))
    expect(json['money']).toEqual({
      heldNano: '1000000000',
      capturedNano: '12500000',
      releasedNano: '987500000',
      openNano: '0',
    })
    expect(json['receipt']).toMatchObject({ requestId: served.requestId, chargeUsd: '0.0125' })
    expect(JSON.stringify(json)).not.toContain('costNano')
  })

  test('of another organization or of the other mode are like those that there are not', async () => {
    for (const path of [
      '/requests/req_3?mode=test',
      `/requests/${served.requestId}?mode=live`,
      '/requests/x?mode=test',
    ])
      expect((await ann.get(at(path))).status).toBe(404)
    expect((await ann.get(at('/requests?mode=live'))).json['data']).toEqual([])
    expect((await ann.get(`/api/organizations/${beta}/requests?mode=test`)).status).toBe(404)
  })
})

test('the statement closes with what the ledger has, and lists what came in', async () => {
  const { json } = await bill.get(at('/billing/statement?mode=test&from=2026-11-22'))
  expect(
    json['days'].map((day: Record<string, string>) => [day['day'], day['openingNano'], day['closingNano']]),
  ).toEqual([
    ['2026-11-22', '0', '0'],
    ['2026-11-23', '0', '4987500000'],
  ])
  const balance = await pages.store.balance(acme, 'test')
  expect(json['total']).toMatchObject({ usageNano: '12500000', closingNano: balance.balanceNano.toString() })
  expect(json['credits']).toMatchObject([{ kind: 'grant', amountNano: '5000000000', note: '@home, "we"' }])
})

test('home says what was spent today, how long credit lasts, and what failed last to whoever may see requests', async () => {
  const { json } = await ann.get(at('/home?mode=test&zone=Asia/Kathmandu'))
  expect(json['today']).toEqual({ spentNano: '12500000', requests: 2, yesterdaySpentNano: '0', yesterdayRequests: 0 })
  expect(json['burn']).toEqual({ windowHours: 168, nanoPerHour: '74404' })
  expect(json['lastsUntil'] > '2033').toBe(true)
  expect([json['lastErrors'][0].id, json['lastRequest'].key.name]).toEqual(['req_2', '=SUM(A1)'])
  expect([json['lastRequest'].id, json['lastSuccess'].id]).toEqual(['req_2', served.requestId])
  const { json: ofBilling } = await bill.get(at('/home?mode=test'))
  expect([ofBilling['lastErrors'], ofBilling['lastRequest'], ofBilling['lastSuccess']]).toEqual([[], null, null])
})

test('files have exactly what is shown, amounts in exact USD, and nothing in them is a formula', async () => {
  const usage = await textOf('/usage.csv?mode=test&unit=day&from=2026-11-23')
  expect(usage).toBe(
    'from,to,zone,metric,unit,group,subgroup,value\r\n2026-11-23T00:00:00.000Z,2026-11-23T08:16:00.000Z,UTC,spend,USD,,,0.0125\r\n',
  )
  const [head, newest, oldest] = (await textOf('/requests.csv?mode=test')).split('\r\n')
  expect([head!.split(',').length, newest!.split(',').length]).toEqual([23, 23])
  expect([newest, oldest!.includes(',0.0125,')]).toEqual([expect.stringContaining(",'=SUM(A1),gpt-5.4-mini,"), true])
  const { data } = (await ann.get(at('/requests?mode=test'))).json
  expect(JSON.parse(await textOf('/requests.json?mode=test'))).toEqual(data)
  expect(JSON.parse(await textOf('/requests.json?mode=live'))).toEqual([])
  const asked = 'mode=test&from=2026-11-22&zone=America/New_York'
  const statement = (await ann.get(at(`/billing/statement?${asked}`))).json
  expect(JSON.parse(await textOf(`/billing/statement.json?${asked}`))).toEqual(statement)
  expect((await textOf(`/billing/statement.csv?${asked}`)).split('\r\n').at(-2)).toStartWith('total,')
})

test('whoever watches is told of a request within a second, and of each once', async () => {
  const live = await ann.fetch('GET', at('/live?mode=test'))
  const reader = live.body!.getReader()
  const frame = async () => JSON.parse(new TextDecoder().decode((await reader.read()).value).slice('data: '.length))
  expect((await frame()).newest.length).toBe(2)
  await pages.settle({ ...served, requestId: 'req_4', endedAt: pages.time.now })
  const startedAt = performance.now()
  const seen: string[] = []
  let last = { nanoPerMinute: '' }
  while (seen.length === 0) {
    last = await frame()
    seen.push(...(last as unknown as { newest: { id: string }[] }).newest.map(({ id }) => id))
  }
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  expect([seen, last.nanoPerMinute, (await frame()).newest]).toEqual([['req_4'], '25000000', []])
  await reader.cancel()
})

test('a report that would add up too much is refused by the name of what to change', () => {
  const { code, field, message } = adminErrorOf(new ReportTooLarge())
  expect([code, field]).toEqual(['invalid_request', 'unit'])
  expect(message).toStartWith('unit must be so long that the report adds up at most 500000')
})
