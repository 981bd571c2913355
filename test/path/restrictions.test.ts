/** A key that is restricted to endpoints or addresses: refused elsewhere by its head alone, in the caller's dialect, at no cost. */
import { afterEach, expect, test } from 'bun:test'
import { routes } from '../../src/gateway/routes.ts'
import type { Route } from '../../src/gateway/operation.ts'
import type { KeyChanges } from '../../src/store/store.ts'
import { startGateway, testKey, type Given, type TestGateway } from './gateway.ts'
import type { Answerer } from './upstream.ts'

const config = {
  providers: { one: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/one' } },
  deployments: [{ model: 'gpt-5.4', provider: 'one', region: 'us' }],
  server: { trustedProxies: ['192.0.2.1'] },
}
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const choices = [{ message: { content: 'hi' }, finish_reason: 'stop' }]
const answerer: Answerer = () => ({ pieces: [JSON.stringify({ model: 'gpt-5.4', choices, usage })] })
const body = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'hi' }] }

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
async function start() {
  const started = (gateway = await startGateway(config, answerer))
  return { ...started, changeKey: (changes: KeyChanges) => started.deps.keys.put({ ...testKey, ...changes }) }
}

async function refusalOf(given: Given, { dialect }: Pick<Route, 'dialect'>) {
  const { error } = JSON.parse(await given.text()) as { error: Record<string, any> } // oxlint-disable-line typescript/no-explicit-any
  if (dialect.name === 'openai') return { code: error['code'], facts: error, message: error['message'] }
  const [info] = error['details']
  expect([error['status'], info.domain]).toEqual(['PERMISSION_DENIED', 'googleapis.com'])
  return { code: info.reason, facts: info.metadata, message: error['message'] }
}

/** Every URL there is, with something for each parameter. */
const urlOf = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, 'x')

test('an endpoint that a key may not ask is refused in its dialect, naming what is allowed, before anything of the body is read', async () => {
  const { ask, changeKey, sent, settled, intended } = await start()
  for (const route of routes) {
    const others = routes.map(({ name }) => name).filter((name) => name !== route.name)
    changeKey({ endpoints: others, rpm: 1 })
    let reads = 0
    const given = await ask(route.method, urlOf(route), { body, onRead: () => void (reads += 1) })
    const { code, facts, message } = await refusalOf(given, route)
    expect([given.status, code, reads]).toEqual([
      403,
      route.dialect.name === 'openai' ? 'endpoint_not_allowed' : 'API_KEY_SERVICE_BLOCKED',
      0,
    ])
    expect(facts).toMatchObject({ endpoint: route.name, allowed: others.join(', ') })
    expect(message).toContain(`for ${route.name}. Allowed: ${others[0]}, ${others[1]}`)
    if (route.dialect.name === 'openai') expect(given.headers['x-should-retry']).toBe('false')
  }
  expect([sent, settled, intended]).toEqual([[], [], []])
  // It took none of its requests.
  changeKey({ endpoints: null, rpm: 1 })
  expect((await ask('POST', '/v1/chat/completions', { body })).status).toBe(200)
})

test('what it may ask is served, and everything once the restriction is taken away', async () => {
  const { ask, changeKey, settled } = await start()
  changeKey({ endpoints: ['chat.completions'] })
  expect((await ask('POST', '/v1/chat/completions', { body })).status).toBe(200)
  expect((await ask('GET', '/v1/models')).status).toBe(403)
  changeKey({ endpoints: null })
  expect((await ask('GET', '/v1/models')).status).toBe(200)
  expect(settled).toHaveLength(1)
})

test('an address that a key may not be used from is refused as the trusted proxy names it, of IPv4 and of IPv6', async () => {
  const { ask, changeKey } = await start()
  changeKey({ addresses: ['198.51.100.0/24', '2001:db8::/32', '203.0.113.7'] })
  const from = (address: string) =>
    ask('POST', '/v1/chat/completions', { body, headers: { 'x-forwarded-for': address } })
  for (const good of ['198.51.100.255', '2001:db8:0:1::9', '2001:DB8::1', '203.0.113.7', '::ffff:198.51.100.1'])
    expect([good, (await from(good)).status]).toEqual([good, 200])
  for (const bad of ['198.51.101.0', '2001:db9::1', '203.0.113.8', '203.0.113.8, 198.51.101.0', '::1']) {
    const given = await from(bad)
    expect([bad, given.status]).toEqual([bad, 403])
    const { code, facts, message } = await refusalOf(given, routes[0]!)
    expect(code).toBe('address_not_allowed')
    expect(facts).toMatchObject({ allowed: '198.51.100.0/24, 2001:db8::/32, 203.0.113.7' })
    expect(message).toContain('Allowed: 198.51.100.0/24, 2001:db8::/32, 203.0.113.7.')
  }
  // What a client says of itself counts only from a proxy: nearest first.
  expect((await from('203.0.113.7, 198.51.101.0')).status).toBe(403)
  expect((await ask('POST', '/v1/chat/completions', { body })).status).toBe(403)
})

test('with Google’s SDK an address is refused for Google’s own reason', async () => {
  const { ask, changeKey } = await start()
  changeKey({ addresses: ['198.51.100.0/24'] })
  const given = await ask('GET', '/genai/v1beta/models')
  const { code, facts } = await refusalOf(given, { dialect: { name: 'genai' } as Route['dialect'] })
  expect([given.status, code, facts.address]).toEqual([403, 'API_KEY_IP_ADDRESS_BLOCKED', '192.0.2.1'])
})
