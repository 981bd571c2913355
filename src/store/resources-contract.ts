/** What every store promises about resources: durable, whose they are, listed page by page, forgotten in time. */
import { expect, test } from 'bun:test'
import { failuresOf, stepsIn } from './contract-steps.ts'
import {
  narrowedMax,
  objectCharsMax,
  pageCharsMax,
  type KeptResource,
  type MadeResource,
  type ResourceKey,
} from './resources.ts'
import type { Mode, Store } from './store.ts'
import { batchOf, resourceOf, settlementOf } from './store-fixtures.ts'

/** On the organization `acme`, in a mode. */
export function describeResources(store: () => Store, mode: Mode): void {
  const video = (id: string, changes: Partial<KeptResource> = {}): KeptResource =>
    resourceOf({ id, organizationId: 'acme', mode, ...changes })
  const keyOf = ({ organizationId, kind, id }: KeptResource): ResourceKey => ({ organizationId, mode, kind, id })
  const found = async (resource: KeptResource, at = 100) => (await store().findResources([keyOf(resource)], at))[0]
  const list = async (changes: Partial<Parameters<Store['listResources']>[0]> = {}) => {
    const all = { at: 100, order: 'asc', after: null, before: null, limit: 10, model: null, labels: {} } as const
    const page = await store().listResources({ organizationId: 'acme', mode, kind: 'video', ...all, ...changes })
    return page && { ids: page.resources.map(({ id }) => id), hasMore: page.hasMore }
  }
  const createAll = async (...resources: KeptResource[]): Promise<void> => {
    for (const resource of resources) await store().createResource(resource)
  }

  test('a resource is found by its id, as it was made, and listed with its object', async () => {
    const made = video('v1', { labels: { purpose: 'vision' }, parent: 'v0', object: '{"id":"v1"}', expiresAt: 500 })
    await store().createResource(made)
    const { object, ...resource } = made
    expect(await store().findResources([keyOf(made), { ...keyOf(made), id: 'v2' }], 100)).toEqual([resource, null])
    const page = await store().listResources({
      organizationId: 'acme',
      mode,
      kind: 'video',
      at: 100,
      order: 'desc',
      after: null,
      before: null,
      limit: 1,
      model: null,
      labels: {},
    })
    expect(page).toEqual({ resources: [{ ...resource, object }], hasMore: false })
  })

  test('to another organization, in another mode and as another kind it is unknown, for every operation alike', async () => {
    await store().createOrganization({ id: 'beta', name: 'Beta', createdAt: 1 })
    const own = video('v1')
    await createAll(own, video('v2', { organizationId: 'beta' }))
    const others: ResourceKey[] = [
      { ...keyOf(own), organizationId: 'beta' },
      { ...keyOf(own), mode: mode === 'test' ? 'live' : 'test' },
      { ...keyOf(own), kind: 'file' },
      { ...keyOf(own), id: 'v2' },
      { ...keyOf(own), id: 'V1' },
      { ...keyOf(own), id: "v1' or '1'='1" },
    ]
    for (const other of others) {
      expect(await store().findResources([other], 100)).toEqual([null])
      expect(await store().updateResource(other, { object: '{}' }, 100)).toBeNull()
      expect(await store().deleteResource(other, 100)).toBe(false)
    }
    expect(await list({ organizationId: 'beta' })).toEqual({ ids: ['v2'], hasMore: false })
    expect(await list({ organizationId: 'beta', after: 'v1' })).toBeNull()
    expect(await list({ mode: mode === 'test' ? 'live' : 'test' })).toEqual({ ids: [], hasMore: false })
    expect(await found(own)).toMatchObject({ id: 'v1', organizationId: 'acme' })
  })

  test('what is deleted or expired is unknown from that moment on', async () => {
    const [gone, old] = [video('v1'), video('v2', { expiresAt: 200 })]
    await createAll(gone, old)
    expect(await store().deleteResource(keyOf(gone), 100)).toBe(true)
    expect(await store().deleteResource(keyOf(gone), 101)).toBe(false)
    expect([await found(gone), await found(old, 199), await found(old, 200)]).toEqual([
      null,
      expect.objectContaining({ id: 'v2' }),
      null,
    ])
    expect(await store().updateResource(keyOf(old), { expiresAt: 900 }, 200)).toBeNull()
    expect([await list({ at: 199 }), await list({ at: 200 })]).toEqual([
      { ids: ['v2'], hasMore: false },
      { ids: [], hasMore: false },
    ])
  })

  test('a list is read page by page in both orders, from both ends, whatever is deleted meanwhile', async () => {
    const times = [10, 20, 20, 20, 30]
    await createAll(...times.map((createdAt, index) => video(`v${index + 1}`, { createdAt })))
    await store().createResource(video('f1', { kind: 'file' }))
    expect(await list({ limit: 2 })).toEqual({ ids: ['v1', 'v2'], hasMore: true })
    expect(await list({ limit: 2, after: 'v2' })).toEqual({ ids: ['v3', 'v4'], hasMore: true })
    await store().deleteResource(keyOf(video('v4')), 50)
    expect(await list({ limit: 2, after: 'v4' })).toEqual({ ids: ['v5'], hasMore: false })
    expect(await list({ order: 'desc', limit: 2 })).toEqual({ ids: ['v5', 'v3'], hasMore: true })
    expect(await list({ order: 'desc', after: 'v3' })).toEqual({ ids: ['v2', 'v1'], hasMore: false })
    expect(await list({ before: 'v5', limit: 2 })).toEqual({ ids: ['v2', 'v3'], hasMore: true })
    expect(await list({ order: 'desc', before: 'v1', limit: 2 })).toEqual({ ids: ['v3', 'v2'], hasMore: true })
    expect(await list({ after: 'v1', before: 'v5' })).toEqual({ ids: ['v2', 'v3'], hasMore: false })
    expect(await list({ order: 'desc', after: 'v5', before: 'v1' })).toEqual({ ids: ['v3', 'v2'], hasMore: false })
    expect([await list({ after: 'v9' }), await list({ before: 'f1' })]).toEqual([null, null])
  })

  test('a list is narrowed by model and by labels, all of them, whatever characters they have', async () => {
    const odd = { 'a"b.c$[0]': 'ä\n"', purpose: 'vision' }
    await createAll(
      video('v1', { model: 'sora-2', labels: odd }),
      video('v2', { model: 'sora-2', labels: { purpose: 'vision' } }),
      video('v3', { model: null, labels: {} }),
      video('v4', { model: 'sora-2-pro', labels: { purpose: 'batch' } }),
    )
    expect((await list({ model: 'sora-2' }))!.ids).toEqual(['v1', 'v2'])
    expect((await list({ labels: { purpose: 'vision' } }))!.ids).toEqual(['v1', 'v2'])
    expect((await list({ labels: odd }))!.ids).toEqual(['v1'])
    expect((await list({ labels: { purpose: 'vision' }, limit: 1 }))!).toEqual({ ids: ['v1'], hasMore: true })
    expect((await list({ labels: { purpose: 'vis' } }))!.ids).toEqual([])
    expect(narrowedMax).toBe(10_000)
  })

  test('an object is kept as it was given, unless it is no JSON or too long; changes leave the rest as it was', async () => {
    const text = '{ "a" : 1.0 }'
    await createAll(video('v1', { object: text }), video('v2', { object: '{"a":' }), video('v3', { object: null }))
    await store().createResource(video('v4', { object: JSON.stringify('x'.repeat(objectCharsMax)) }))
    const objects = async () =>
      (await store().listResources({
        organizationId: 'acme',
        mode,
        kind: 'video',
        at: 1,
        order: 'asc',
        after: null,
        before: null,
        limit: 9,
        model: null,
        labels: {},
      }))!.resources.map(({ object }) => object)
    expect(await objects()).toEqual([text, null, null, null])
    const updated = await store().updateResource(keyOf(video('v1')), { labels: { a: 'b' }, expiresAt: 300 }, 100)
    expect(updated).toEqual(video('v1', { object: text, labels: { a: 'b' }, expiresAt: 300 }))
    expect((await store().updateResource(keyOf(video('v3')), { object: '[1]' }, 100))!.object).toBe('[1]')
    expect(await objects()).toEqual([text, null, '[1]', null])
  })

  test('an id that its provider gives out again stands for the newest, also after it was deleted', async () => {
    const [old, newer] = [video('v1', { provider: 'a' }), video('v1', { provider: 'b', createdAt: 60 })]
    await createAll(old, newer)
    expect(await found(old)).toMatchObject({ provider: 'b', createdAt: 60 })
    await store().deleteResource(keyOf(old), 70)
    await store().createResource(old)
    expect(await found(old)).toMatchObject({ provider: 'a' })
    expect(await list()).toEqual({ ids: ['v1'], hasMore: false })
  })

  test('what is gone is forgotten from the oldest on, a bounded number at a time, and nothing else is', async () => {
    await createAll(...[1, 2, 3].map((n) => video(`v${n}`, { expiresAt: n * 10 })), video('v4'), video('v5'))
    await store().deleteResource(keyOf(video('v4')), 15)
    expect(await store().forgetResources(30, 2)).toBe(2)
    expect(await store().forgetResources(30, 2)).toBe(1)
    expect(await store().forgetResources(30, 2)).toBe(0)
    expect([await list({ at: 1 }), await list({ at: 1, after: 'v1' })]).toEqual([
      { ids: ['v3', 'v5'], hasMore: false },
      null,
    ])
  })

  test('what was put there when it was made stays as it is by now when its settlement comes, and a newer one of that id does not', async () => {
    await stepsIn(mode).grant(store(), 5_000n)
    const node = await store().openNode('node-a')
    const [kept, gone] = [video('v1', { object: '{"a":1}', labels: { a: 'b' } }), video('v2')]
    await createAll(kept, gone)
    await store().deleteResource(keyOf(gone), 60)
    const of = { organizationId: 'acme', mode } as const
    const settle = (requestId: string, ...resources: MadeResource[]) => ({
      kind: 'settle' as const,
      epoch: 1,
      settlement: settlementOf({ requestId, ...of, resources: resources.map((made) => ({ ...made, labels: {} })) }),
    })
    await store().applyJournal(batchOf(node, 0, [settle('r1', kept, gone)]))
    expect([await found(kept), await found(gone)]).toMatchObject([{ labels: { a: 'b' } }, null])
    expect((await list())!.ids).toEqual(['v1'])
    await store().applyJournal(batchOf(node, 1, [settle('r2', { ...gone, createdAt: 70 })]))
    expect(await found(gone)).toMatchObject({ id: 'v2', createdAt: 70, requestId: 'r2' })
  })

  test('a page of large objects ends where there is no more room on it, and the next begins there', async () => {
    const object = JSON.stringify('x'.repeat(objectCharsMax - 2))
    const fit = pageCharsMax / objectCharsMax
    const ids = Array.from({ length: fit + 2 }, (_, at) => `v${at}`)
    for (const [at, id] of ids.entries()) await store().createResource(video(id, { createdAt: at, object }))
    expect(await list({ limit: 10_000 })).toEqual({ ids: ids.slice(0, fit), hasMore: true })
    expect(await list({ limit: 10_000, after: ids[fit - 1]! })).toEqual({ ids: ids.slice(fit), hasMore: false })
    expect(await list({ limit: 10_000, before: ids[fit + 1]! })).toEqual({ ids: ids.slice(1, fit + 1), hasMore: true })
    expect(await list({ limit: fit })).toEqual({ ids: ids.slice(0, fit), hasMore: true })
  })

  test('labels that are too long to keep hold up no charge: what was made is kept without them, and whatever is behind is applied', async () => {
    await stepsIn(mode).grant(store(), 5_000n)
    const node = await store().openNode('node-a')
    const settle = (requestId: string, labels: Readonly<Record<string, string>>) => ({
      kind: 'settle' as const,
      epoch: 1,
      settlement: settlementOf({
        requestId,
        organizationId: 'acme',
        mode,
        resources: [
          { ...resourceOf({ kind: 'chat.completion', id: requestId, organizationId: 'acme', mode }), labels },
        ],
      }),
    })
    const records = [settle('r1', { topic: 'x'.repeat(objectCharsMax) }), settle('r2', { topic: 'a' })]
    expect(await store().applyJournal(batchOf(node, 0, records))).toEqual({ applied: true, lastSeq: 2 })
    const keys = ['r1', 'r2'].map((id) => ({ organizationId: 'acme', mode, kind: 'chat.completion' as const, id }))
    expect(await store().findResources(keys, 100)).toMatchObject([{ labels: {} }, { labels: { topic: 'a' } }])
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })

  test('what a request made is there in the transaction that charges it, once, and its deletion stays', async () => {
    await stepsIn(mode).grant(store(), 5_000n)
    const node = await store().openNode('node-a')
    const made: MadeResource[] = [
      {
        kind: 'response',
        id: 'resp_1',
        provider: 'openai',
        upstreamId: 'resp_1',
        parent: 'resp_0',
        labels: {},
        createdAt: 40,
        expiresAt: 9_000,
      },
      {
        kind: 'chat.completion',
        id: 'c1',
        provider: 'azure',
        upstreamId: 'up_1',
        parent: null,
        labels: { topic: 'a' },
        createdAt: 41,
        expiresAt: null,
      },
    ]
    const settlement = settlementOf({ requestId: 'r1', organizationId: 'acme', mode, resources: made })
    const batch = batchOf(node, 0, [{ kind: 'settle', epoch: 1, settlement }])
    expect(await store().applyJournal(batch)).toEqual({ applied: true, lastSeq: 1 })
    expect((await store().receipt('r1'))?.resources).toEqual(made)
    const { keyId, region, upstream: deployment, model } = settlement
    const of = { organizationId: 'acme', mode, keyId, region, deployment, model, requestId: 'r1' } as const
    const keys = made.map(({ kind, id }) => ({ organizationId: 'acme', mode, kind, id }))
    expect(await store().findResources(keys, 100)).toEqual(made.map((one) => ({ ...one, ...of })))
    await store().deleteResource(keys[0]!, 100)
    expect(await store().applyJournal(batch)).toEqual({ applied: false, lastSeq: 1 })
    expect(await store().findResources(keys, 100)).toMatchObject([null, { id: 'c1' }])
    expect(failuresOf(await store().verifyLedger())).toEqual([])
  })
}
