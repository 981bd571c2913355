import { afterEach, expect, test } from 'bun:test'
import { callWithKey } from './keyed-call.ts'

const { fetch } = globalThis
afterEach(() => {
  globalThis.fetch = fetch
})

const keyOf = (id: string) => ({ organization: 'org_1', keyId: id })

/** Lends `pass_1`, `pass_2`, …; the gateway takes the one that is given, and turns all others away. */
function gatewayThatTakes(
  taken: string,
  refusal: Response,
): { readonly secrets: string[]; readonly lent: () => number } {
  const secrets: string[] = []
  let lent = 0
  globalThis.fetch = Object.assign(
    (path: string, init: RequestInit): Promise<Response> => {
      if (path.endsWith('/passes'))
        return Promise.resolve(
          Response.json({ secret: `pass_${++lent}`, until: new Date(Date.now() + 600_000).toISOString() }),
        )
      const headers = new Headers(init.headers)
      const secret = headers.get('x-goog-api-key') ?? headers.get('authorization')!.slice('Bearer '.length)
      secrets.push(secret)
      return Promise.resolve(secret === taken ? Response.json({ ok: true }) : refusal.clone())
    },
    { preconnect: () => undefined },
  ) as typeof globalThis.fetch
  return { secrets, lent: () => lent }
}

const openaiRefusal = Response.json({ error: { message: 'No.', code: 'invalid_api_key' } }, { status: 401 })
const genaiRefusal = Response.json(
  { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'No.', details: [{ reason: 'API_KEY_INVALID' }] } },
  { status: 400 },
)

test('a pass that ended meanwhile is lent anew, once, in either dialect', async () => {
  const openai = gatewayThatTakes('pass_2', openaiRefusal)
  await callWithKey({ dialect: 'openai', key: keyOf('key_1'), path: '/v1/models', method: 'GET' })
  expect(openai.secrets).toEqual(['pass_1', 'pass_2'])
  const genai = gatewayThatTakes('pass_2', genaiRefusal)
  await callWithKey({ dialect: 'genai', key: keyOf('key_2'), path: '/genai/v1beta/models', method: 'GET' })
  expect(genai.secrets).toEqual(['pass_1', 'pass_2'])
  const never = gatewayThatTakes('none', openaiRefusal)
  const refused = callWithKey({ dialect: 'openai', key: keyOf('key_3'), path: '/v1/models', method: 'GET' })
  expect(await refused.catch((error: Error) => error.message)).toBe('No.')
  expect(never.lent()).toBe(2)
})

test('a pass is used again as long as it lasts, and what else is refused is asked once', async () => {
  const limited = gatewayThatTakes('none', Response.json({ error: { message: 'Slower.' } }, { status: 429 }))
  const ask = () => callWithKey({ dialect: 'openai', key: keyOf('key_4'), path: '/v1/files', method: 'GET' })
  for (let call = 0; call < 2; call++) expect(await ask().catch((error: Error) => error.message)).toBe('Slower.')
  expect(limited.secrets).toEqual(['pass_1', 'pass_1'])
  expect(limited.lent()).toBe(1)
})
