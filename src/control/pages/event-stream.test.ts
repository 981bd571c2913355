import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { eventStream } from './event-stream.ts'
import {
  createShares,
  requestsOfPersonMax,
  streamsMax,
  streamsOfAddressMax,
  streamsOfOrganizationMax,
  streamsOfPersonMax,
  type StreamOf,
} from './shares.ts'
import { pageRoute } from './page-route.ts'
import { startTestPages } from './test-pages.ts'

/** Values as they are asked for, and what became of them. */
function counting() {
  const told = { made: 0, returned: 0 }
  async function* values(): AsyncGenerator<number> {
    try {
      for (;;) yield (told.made += 1)
    } finally {
      told.returned += 1
    }
  }
  return { told, values }
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

describe('events', () => {
  test('are made one by one as their reader takes them, so that a slow one keeps none waiting', async () => {
    const { told, values } = counting()
    const reader = eventStream(values()).body!.getReader()
    expect(told.made).toBe(0)
    expect(textOf((await reader.read()).value)).toBe('data: 1\n\n')
    expect(textOf((await reader.read()).value)).toBe('data: 2\n\n')
    expect(told.made).toBe(2)
    await reader.cancel()
    expect(told).toEqual({ made: 2, returned: 1 })
  })

  test('tell that they are still there while nothing happens, and lose nothing that happens meanwhile', async () => {
    const happening = Promise.withResolvers<void>()
    async function* values(): AsyncGenerator<string> {
      await happening.promise
      yield 'it'
    }
    const reader = eventStream(values(), { everyMs: 1 }).body!.getReader()
    expect(textOf((await reader.read()).value)).toBe(': still here\n\n')
    expect(textOf((await reader.read()).value)).toBe(': still here\n\n')
    happening.resolve()
    let came = ''
    while (!came.startsWith('data')) came = textOf((await reader.read()).value)
    expect(came).toBe('data: "it"\n\n')
    expect((await reader.read()).done).toBe(true)
  })
})

describe('open streams', () => {
  async function watching() {
    const counted = counting()
    const watch = pageRoute({
      method: 'GET',
      path: '/api/watch',
      summary: 'Watch',
      needs: 'signed-in',
      query: null,
      body: null,
      answer: 'text/event-stream',
      handle: () => Promise.resolve(eventStream(counted.values())),
    })
    const pages = await startTestPages({ routes: [watch] })
    const open = (name: string, method = 'GET') => pages.person(name).fetch(method, '/api/watch')
    return { open, told: counted.told }
  }
  const many = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

  test('of one person are so many at most, and one that ends makes room for another', async () => {
    const { open } = await watching()
    const streams: Response[] = []
    for (const _ of many(streamsOfPersonMax)) streams.push(await open('ann'))
    expect(streams.map(({ status }) => status)).toEqual(many(streamsOfPersonMax).map(() => 200))
    const more = await open('ann')
    expect([more.status, more.headers.get('retry-after')]).toEqual([429, '1'])
    expect(((await more.json()) as { error: { code: string } }).error.code).toBe('too_many_streams')
    expect((await open('ben')).status).toBe(200)
    await streams[0]!.body!.cancel()
    expect((await open('ann')).status).toBe(200)
    expect((await open('ann')).status).toBe(429)
  })

  test('are none of whoever asks for their heads alone', async () => {
    const { open, told } = await watching()
    for (const _ of many(streamsOfPersonMax + 1)) expect((await open('ann', 'HEAD')).status).toBe(200)
    expect((await open('ann')).status).toBe(200)
    expect(told.made).toBe(0)
  })

  test('of all together are so many at most, whoever they are', async () => {
    const { open } = await watching()
    const statuses = new Map<number, number>()
    for (const index of many(streamsMax + 5)) {
      const { status } = await open(`person-${index % 50}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: streamsMax, 429: 5 })
  })
})

test('streams of one organization are so many at most, and from one address; there are some left for others', () => {
  const { takeStream } = createShares()
  let last = 0
  const open = (given: Partial<StreamOf>): (() => void) | null => {
    last += 1
    try {
      return takeStream({
        personId: `per_${last}`,
        organizationId: `org_${last}`,
        address: `192.0.2.${last % 250}`,
        ...given,
      })
    } catch {
      return null
    }
  }
  const openMany = (given: Partial<StreamOf>): (() => void)[] => {
    const ends: (() => void)[] = []
    for (let end = open(given); end !== null; end = open(given)) ends.push(end)
    return ends
  }
  const ours = openMany({ organizationId: 'org_a' })
  expect(ours).toHaveLength(streamsOfOrganizationMax)
  ours[0]!()
  ours[0]!()
  expect([open({ organizationId: 'org_a' }) === null, open({ organizationId: 'org_a' }) === null]).toEqual([
    false,
    true,
  ])
  const theirs = openMany({ address: '2001:db8:1:1::7' })
  expect(theirs).toHaveLength(streamsOfAddressMax)
  expect(open({ address: '2001:db8:1:1::8' })).toBeNull()
  expect(openMany({})).toHaveLength(streamsMax - streamsOfOrganizationMax - streamsOfAddressMax)
})

test('one person has so many requests under way at most, and another is answered meanwhile', async () => {
  const held = Promise.withResolvers<void>()
  const slow = pageRoute({
    method: 'GET',
    path: '/api/slow',
    summary: 'Slow',
    needs: 'signed-in',
    query: null,
    body: null,
    answer: z.strictObject({}),
    handle: async ({ person }) => {
      if (person.name === 'ann') await held.promise
      return {}
    },
  })
  const pages = await startTestPages({ routes: [slow] })
  const [ann, ben] = [pages.person('ann'), pages.person('ben')]
  const waiting = Array.from({ length: requestsOfPersonMax }, () => ann.get('/api/slow'))
  const { status, json } = await ann.get('/api/slow')
  expect([status, json.error.code]).toEqual([429, 'too_many_at_once'])
  expect((await ben.get('/api/slow')).status).toBe(200)
  held.resolve()
  expect((await Promise.all(waiting)).map((each) => each.status)).toEqual(waiting.map(() => 200))
  expect((await ann.get('/api/slow')).status).toBe(200)
})
