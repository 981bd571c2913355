/** What is asked for by an id goes to the account that made it, or nowhere; bytes pass as they come. */
import { afterEach, describe, expect, test } from 'bun:test'
import type { Asked, Reading, Reference, Target } from '../../src/gateway/dialect.ts'
import { unmetered } from '../../src/gateway/dialects/unmetered.ts'
import { openai } from '../../src/gateway/dialects/openai/envelope.ts'
import { GatewayError } from '../../src/gateway/errors.ts'
import type { Operation } from '../../src/gateway/operation.ts'
import { UnreachableError } from '../../src/lib/http-client/contract.ts'
import { resourceOf } from '../../src/store/store-fixtures.ts'
import { organizationId, startGateway, until, type TestGateway } from './gateway.ts'
import { silence, type Answerer } from './upstream.ts'

const account = (provider: string, region: string) => ({ name: `${provider}-${region}`, provider, region })
const config = {
  providers: {
    one: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/one' },
    two: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/two' },
  },
  deployments: [account('one', 'us'), account('two', 'us'), account('two', 'eu')].map((at) => ({
    ...at,
    model: 'gpt-5.4',
  })),
  regions: { us: { serves: ['us'] }, eu: { serves: ['eu'] } },
  defaults: { region: 'us' },
  failover: { jitterMs: 0 },
}

const reference = (id: string): Reference => ({
  kind: 'response',
  id,
  field: 'previous_response_id',
  unknown: () => new GatewayError('not_found', `Response with id '${id}' not found.`),
})
const base = {
  // One that every account serves.
  name: 'chat.completions',
  dialect: openai,
  path: '/v1/responses/{id}',
  kinds: [],
  body: { kind: 'none', bytesMax: 0 },
  passes: ['range'],
  due: 'free',
  effects: 'none',
} as const
const asked = (target: Target, wire: Partial<Asked['wire']> = {}): Asked => ({
  target,
  demand: null,
  wire: { path: (id) => `/responses/${id}`, body: () => new Uint8Array(0), answer: unmetered, ...wire },
  effects: 'none',
  affinity: () => null,
})
const retrieve: Operation = {
  ...base,
  method: 'GET',
  read: (_body, { id = '' }) => asked({ kind: 'resource', reference: reference(id) }),
}

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
async function start(answerer: Answerer): Promise<TestGateway> {
  gateway = await startGateway(config, answerer)
  const own = { kind: 'response', organizationId, mode: 'live', upstreamId: 'upstream_1', model: 'gpt-5.4' } as const
  for (const [id, provider, region] of [
    ['resp_one', 'one', 'us'],
    ['resp_two', 'two', 'us'],
    ['resp_far', 'two', 'eu'],
    ['resp_gone', 'three', 'us'],
  ] as const)
    await gateway.deps.resources.create(
      resourceOf({ ...own, id, provider, region, deployment: `${provider}-${region}` }),
    )
  await gateway.deps.resources.create(resourceOf({ ...own, id: 'vid_1', kind: 'video', provider: 'one', region: 'us' }))
  return gateway
}
const json = { pieces: ['{"id":"resp_1"}'] }

describe('what is asked for by its id', () => {
  test('goes to the account that made it, by the name that it has there', async () => {
    const { serve, sent } = await start(() => json)
    for (const id of ['resp_one', 'resp_two'])
      expect((await serve({ operation: retrieve, params: { id } })).status).toBe(200)
    expect(sent.map(({ url, method }) => `${method} ${url}`)).toEqual([
      'GET http://127.0.0.1:1/one/responses/upstream_1',
      'GET http://127.0.0.1:1/two/responses/upstream_1',
    ])
  })

  test('is asked without what its URL says of who asks', async () => {
    const { ask, sent, deps } = await start(() => ({ pieces: ['{"object":"conversation"}'] }))
    Object.assign(deps.fleet.list[0]!.deployment.adapter, { operations: ['conversations.retrieve'] })
    const at = { kind: 'conversation', provider: 'one', region: 'us', deployment: 'one-us' } as const
    await deps.resources.create(resourceOf({ ...at, id: 'conv_1', organizationId, mode: 'live' }))
    const given = await ask('GET', '/v1/conversations/conv_1?key=sk-bf-secret&api-version=1&include=x')
    expect([given.status, sent.map(({ url }) => url)]).toEqual([
      200,
      ['http://127.0.0.1:1/one/conversations/conv_1?include=x'],
    ])
  })

  test('is never asked of another, though its own fails', async () => {
    const { serve, sent } = await start(() => ({ status: 500 }))
    expect((await serve({ operation: retrieve, params: { id: 'resp_one' } })).status).toBe(503)
    expect(sent).toHaveLength(1)
  })

  test('is the vendor’s 404 where it is nobody’s, another kind, or of an account that is no more: nothing goes upstream', async () => {
    const { serve, sent } = await start(() => json)
    for (const id of ['resp_nobody', 'vid_1', '', 'resp_gone', '../models']) {
      const given = await serve({ operation: retrieve, params: { id } })
      expect([id, given.status]).toEqual([id, 404])
      expect(await given.text()).toContain(`Response with id '${id}' not found.`)
    }
    expect(sent).toEqual([])
  })

  test('never leaves the region of its key', async () => {
    const { serve, sent } = await start(() => json)
    const given = await serve({ operation: retrieve, params: { id: 'resp_far' } })
    expect([given.status, JSON.parse(await given.text())]).toMatchObject([
      403,
      { error: { code: 'region_unavailable' } },
    ])
    expect(sent).toEqual([])
  })

  test('and is deleted is unknown from then on', async () => {
    const become = (): Reading => ({
      ...unmetered.read(new TextEncoder().encode('{}'), new Headers()),
      become: 'deleted',
    })
    const remove: Operation = {
      ...retrieve,
      method: 'DELETE',
      read: (_body, { id = '' }) =>
        asked({ kind: 'resource', reference: reference(id) }, { answer: { kind: 'whole', read: become } }),
    }
    const { serve, sent } = await start(() => json)
    expect((await serve({ operation: remove, params: { id: 'resp_one' } })).status).toBe(200)
    expect((await serve({ operation: retrieve, params: { id: 'resp_one' } })).status).toBe(404)
    expect(sent.map(({ method }) => method)).toEqual(['DELETE'])
  })
})

describe('a call to a model that names what was made before', () => {
  const naming = (...ids: readonly string[]): Operation => ({
    ...base,
    method: 'POST',
    kinds: ['text'],
    read: () => asked({ kind: 'model', name: 'gpt-5.4', references: ids.map(reference) }),
  })

  test('goes where that was made', async () => {
    const { serve, sent } = await start(() => json)
    for (let times = 0; times < 4; times += 1)
      expect((await serve({ operation: naming('resp_two', 'resp_two') })).status).toBe(200)
    expect(new Set(sent.map(({ url }) => url))).toEqual(new Set(['http://127.0.0.1:1/two/responses/gpt-5.4']))
  })

  test('is refused with the reason where no one account has all of it, and costs nothing', async () => {
    const { serve, sent } = await start(() => json)
    const apart = await serve({ operation: naming('resp_one', 'resp_two') })
    expect([apart.status, await apart.text()]).toEqual([400, expect.stringContaining('different providers')])
    const unknown = await serve({ operation: naming('resp_one', 'resp_x') })
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining("id 'resp_x' not found")])
    const many = Array.from({ length: 1_001 }, (_, at) => `resp_${at}`)
    expect((await serve({ operation: naming(...many) })).status).toBe(400)
    expect(sent).toEqual([])
  })
})

describe('what is for no model', () => {
  const create: Operation = {
    ...base,
    method: 'POST',
    path: '/v1/conversations',
    read: () =>
      asked({ kind: 'provider' }, { path: () => '/conversations', answer: { kind: 'whole', read: readMade } }),
  }
  const made = { kind: 'conversation', id: 'conv_1', parent: null, labels: {}, createdAt: 1, expiresAt: null } as const
  const readMade = (answer: Uint8Array): Reading => ({
    ...unmetered.read(answer, new Headers()),
    made: [{ ...made, object: new TextDecoder().decode(answer) }],
  })

  test('is made at an account of the region, and can be named once its client knows of it', async () => {
    const { serve, sent, deps } = await start(() => ({ pieces: ['{"id":"conv_1"}'] }))
    const given = await serve({ operation: create })
    expect([given.status, await given.text()]).toEqual([200, '{"id":"conv_1"}'])
    const key = { organizationId, mode: 'live', kind: 'conversation', id: 'conv_1' } as const
    const [, provider] = /:1\/(\w+)\//.exec(sent[0]!.url)!
    expect(await deps.resources.find(key)).toMatchObject({ provider, region: 'us', model: null, requestId: null })
  })

  test('is one account’s for an organization, as long as that can take it', async () => {
    const { serve, sent } = await start(() => json)
    for (let times = 0; times < 8; times += 1) await serve({ operation: create })
    expect(new Set(sent.map(({ url }) => url)).size).toBe(1)
  })
})

describe('what acts at its upstream', () => {
  const act: Operation = {
    ...base,
    method: 'POST',
    kinds: ['text'],
    effects: 'acts',
    read: () => ({ ...asked({ kind: 'model', name: 'gpt-5.4' }), effects: 'acts' }),
  }

  test('is never done twice where it may have been done: a failure and a broken connection are told', async () => {
    for (const failure of [{ status: 500 }, { status: 503 }, new Error('reset'), { pieces: ['<html>'] }]) {
      const { serve, sent, stop } = await start(() => failure)
      expect((await serve({ operation: act })).status).toBe(503)
      expect(sent).toHaveLength(1)
      stop()
    }
  })

  test('is done elsewhere where it surely was not: it was not sent, or was refused', async () => {
    for (const failure of [{ status: 429 }, { status: 401 }, new UnreachableError('away')]) {
      const { serve, sent, stop } = await start((_, at) => (at === 0 ? failure : json))
      expect((await serve({ operation: act })).status).toBe(200)
      expect(sent).toHaveLength(2)
      stop()
    }
  })

  test('what only leaves a record is made elsewhere as long as nothing was answered', async () => {
    const leaving: Operation = {
      ...act,
      read: () => ({ ...asked({ kind: 'model', name: 'gpt-5.4' }), effects: 'leaves-record' }),
    }
    for (const failure of [{ status: 500 }, new Error('reset')]) {
      const { serve, sent, stop } = await start((_, at) => (at === 0 ? failure : json))
      expect((await serve({ operation: leaving })).status).toBe(200)
      expect(sent).toHaveLength(2)
      stop()
    }
  })
})

describe('bytes', () => {
  const content: Operation = {
    ...retrieve,
    read: (_body, { id = '' }) =>
      asked(
        { kind: 'resource', reference: reference(id) },
        { path: (upstreamId) => `/files/${upstreamId}/content`, answer: { kind: 'bytes' } },
      ),
  }
  const inbound = { operation: content, params: { id: 'resp_one' } }

  test('pass with their length, what they are and which of them, and nothing of the account', async () => {
    const headers = {
      'content-type': 'video/mp4',
      'content-range': 'bytes 0-9/100',
      'accept-ranges': 'bytes',
      etag: '"a"',
      'content-disposition': 'attachment; filename="a.mp4"',
      'openai-organization': 'org-secret',
      'set-cookie': 'a=b',
    }
    const { serve, sent, ended } = await start(() => ({ status: 206, headers, pieces: ['01234', '56789'], length: 10 }))
    const given = await serve(inbound, { headers: { range: 'bytes=0-9' } })
    expect(sent[0]!.headers['range']).toBe('bytes=0-9')
    expect(given.status).toBe(206)
    expect(given.headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-range': 'bytes 0-9/100',
      'accept-ranges': 'bytes',
      etag: '"a"',
      'content-disposition': 'attachment; filename="a.mp4"',
    })
    expect(JSON.stringify(given.headers)).not.toMatch(/secret|cookie/)
    expect((given.answer.body as { length: number }).length).toBe(10)
    expect(ended).toEqual([])
    expect(await given.text()).toBe('0123456789')
    await until(() => ended.length === 1)
    expect(ended).toMatchObject([{ status: 206, relayed: { ending: 'completed' } }])
  })

  test('are read no faster than the client takes them', async () => {
    let read = 0
    const pieces = Array.from({ length: 100 }, () => 'x'.repeat(1_000))
    const { serve, deps } = await start(() => ({ pieces, length: 100_000 }))
    const { send } = deps.http
    Object.assign(deps, {
      http: {
        ...deps.http,
        send(request: Parameters<typeof send>[0]) {
          const call = send(request)
          const counted = call.response.then((response) => ({
            ...response,
            read: () => {
              read += 1
              return response.read()
            },
          }))
          return { ...call, response: counted }
        },
      },
    })
    const given = await serve(inbound)
    const body = given.answer.body as { read: () => Promise<unknown>; cancel: () => Promise<void> }
    expect(read).toBe(0)
    await body.read()
    await body.read()
    expect(read).toBe(2)
    await body.cancel()
  })

  for (const status of [304, 416])
    test(`${status} is theirs to say`, async () => {
      const { serve, ended } = await start(() => ({ status, headers: { 'content-range': 'bytes */100' }, length: 0 }))
      const given = await serve(inbound)
      expect([given.status, given.headers['content-range']]).toEqual([status, 'bytes */100'])
      await given.bytes()
      await until(() => ended.length === 1)
    })

  test('that break off break the client’s connection, and that is told', async () => {
    const { serve, ended } = await start(() => ({ pieces: ['01234', new Error('reset')], length: 10 }))
    const given = await serve(inbound)
    expect(await given.bytes().catch(String)).toBe('Error: reset')
    await until(() => ended.length === 1)
    expect(ended[0]!.relayed).toMatchObject({
      ending: 'upstream-failed',
      attempts: [{ error: 'the answer broke off' }],
    })
  })

  test('whose client leaves are cut off upstream', async () => {
    const { serve, sent, ended } = await start(() => ({ pieces: ['01234', silence], length: 10 }))
    const given = await serve(inbound)
    const body = given.answer.body as { read: () => Promise<unknown>; cancel: () => Promise<void> }
    await body.read()
    await body.cancel()
    expect(sent[0]!.abortedBy?.message).toBe('cut off: client-left')
    await until(() => ended.length === 1)
    expect(ended[0]!.relayed!.ending).toBe('client-left')
  })

  test('of which only the head was asked for have ended with it', async () => {
    const { serve, ended } = await start(() => ({ pieces: ['01234'], length: 5 }))
    const given = await serve(inbound, { method: 'HEAD' })
    expect(given.status).toBe(200)
    await until(() => ended.length === 1)
    expect(ended[0]!.relayed!.ending).toBe('completed')
  })

  test('that are refused are told as anything else is', async () => {
    const { serve } = await start(() => ({ status: 400, pieces: ['{"error":{"message":"not ready"}}'] }))
    const given = await serve(inbound)
    expect([given.status, await given.text()]).toEqual([400, expect.stringContaining('not ready')])
  })
})
