/** Every operation that names something by an id: whoever else's that is, it is unknown, and nothing goes upstream. */
import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { operations } from '../../src/gateway/operations.ts'
import { resourceOf } from '../../src/store/store-fixtures.ts'
import { resourceKinds, type ResourceKind } from '../../src/store/resources.ts'
import { organizationId, startGateway } from './gateway.ts'

type Named = {
  readonly call: { readonly target: string; readonly body?: object }
  readonly resource?: { readonly kind: ResourceKind; readonly id: string; readonly model: string | null }
  readonly answer: unknown
}
const root = resolve(import.meta.dir, '../recorded')
const named = operations.flatMap((operation) => {
  const recorded = JSON.parse(readFileSync(join(root, operation.name, 'operation.json'), 'utf8')) as Named
  return recorded.resource ? [{ operation, ...recorded, resource: recorded.resource }] : []
})

const config = {
  providers: { one: { kind: 'openai', apiKey: '${KEY}' } },
  deployments: [{ name: 'one', model: 'gpt-5.4', provider: 'one', region: 'us' }],
}
const at = { provider: 'one', region: 'us', deployment: 'one' } as const

async function start(answer: unknown) {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer)
  const gateway = await startGateway(config, () => ({ pieces: [body] }))
  await gateway.createOrganization('stranger')
  return gateway
}

test('every operation that has an id in its path is asked here', () => {
  const withId = operations.filter(({ path }) => /\{(?!model\})/.test(path))
  const asked = new Set(named.map(({ operation }) => operation.name))
  expect(withId.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([])
})

describe.each(named.map((each) => [`${each.operation.method} ${each.operation.path}`, each] as const))(
  '%s',
  (_, each) => {
    const { operation, call, resource, answer } = each
    const ask = (gateway: Awaited<ReturnType<typeof start>>, id: string) =>
      gateway.ask(operation.method, call.target.replace(resource.id, id), call.body && { body: call.body })

    test('one’s own, made by this key or another one of the organization', async () => {
      for (const keyId of ['key_1', 'key_2']) {
        const gateway = await start(answer)
        await gateway.deps.resources.create(resourceOf({ ...resource, ...at, organizationId, mode: 'live', keyId }))
        expect((await ask(gateway, resource.id)).status).toBe(200)
        expect(gateway.sent).toHaveLength(1)
        gateway.stop()
      }
    })

    test('another organization’s, another mode’s, another kind, expired, unknown or malformed: all alike', async () => {
      const gateway = await start(answer)
      const { create } = gateway.deps.resources
      const own = { ...resource, ...at, organizationId, mode: 'live' } as const
      await create(resourceOf({ ...own, id: 'foreign', organizationId: 'stranger' }))
      await create(resourceOf({ ...own, id: 'simulated', mode: 'test' }))
      await create(resourceOf({ ...own, id: 'expired', expiresAt: 1 }))
      const other = resourceKinds.find((kind) => kind !== resource.kind)!
      await create(resourceOf({ ...own, id: 'other-kind', kind: other }))
      const malformed = ['a%2Fb', '%00', '%F0%9F%91%8B', 'x'.repeat(300), '%27%20or%201=1']
      const words = new Set<string>()
      for (const id of ['foreign', 'simulated', 'expired', 'other-kind', 'unknown', ...malformed]) {
        const given = await ask(gateway, id)
        expect([id, given.status]).toEqual([id, 404])
        if (!malformed.includes(id)) words.add((await given.text()).replaceAll(id, 'ID'))
      }
      // Nothing tells what is somebody else's from what never was.
      expect([...words]).toHaveLength(1)
      expect(gateway.sent).toEqual([])
      gateway.stop()
    })
  },
)
