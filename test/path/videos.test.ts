/** Videos on the path: what is reserved, kept, passed on and refused; the upstream is a function. */
import { afterEach, describe, expect, test } from 'bun:test'
import { askJob } from '../../src/gateway/ask-job.ts'
import { askedOf } from '../../src/gateway/dialects/openai/videos/ask-video.ts'
import { readVideoEnd } from '../../src/gateway/dialects/openai/videos/video-end.ts'
import { resourceOf } from '../../src/store/store-fixtures.ts'
import { organizationId, startGateway, type TestGateway } from './gateway.ts'
import type { Answer, Answerer, SentCall } from './upstream.ts'

const config = {
  providers: {
    one: { kind: 'openai', apiKey: '${KEY}', baseUrl: 'https://one.test/v1' },
  },
  deployments: [
    { name: 'video', provider: 'one', region: 'us', model: 'sora-2' },
    { name: 'video-pro', provider: 'one', region: 'us', model: 'sora-2-pro' },
    { name: 'text', provider: 'one', region: 'us', model: 'gpt-5.4' },
  ],
  regions: { us: { serves: ['us'] } },
  defaults: { region: 'us' },
  failover: { jitterMs: 0 },
}

const video = (changes: object = {}): object => ({
  id: 'video_1',
  object: 'video',
  created_at: 1_796_000_000,
  completed_at: null,
  error: null,
  expires_at: null,
  model: 'sora-2',
  progress: 0,
  prompt: 'A cat',
  remixed_from_video_id: null,
  seconds: '8',
  size: '1280x720',
  status: 'queued',
  ...changes,
})
const json = (value: object): Answer => ({ pieces: [JSON.stringify(value)] })

let gateway: TestGateway | null = null
afterEach(() => gateway?.stop())
const start = async (answerer: Answerer, creditUsd?: bigint): Promise<TestGateway> =>
  (gateway = await startGateway(config, answerer, creditUsd === undefined ? {} : { creditUsd }))

const create = (of: TestGateway, body: object = {}) =>
  of.ask('POST', '/v1/videos', { body: { model: 'sora-2', prompt: 'A cat', seconds: '8', size: '1280x720', ...body } })
/** A video that was made before, in the table. */
const made = async (of: TestGateway, changes: object = {}): Promise<void> =>
  of.deps.resources.create(
    resourceOf({
      kind: 'video',
      id: 'video_1',
      organizationId,
      mode: 'live',
      upstreamId: 'video_1',
      provider: 'one',
      region: 'us',
      deployment: 'video',
      model: 'sora-2',
      labels: { seconds: '8', size: '1280x720' },
      ...changes,
    }),
  )

describe('a video that is created', () => {
  test('is reserved at exactly what it will cost before its id is given out, and its answer passes as it came', async () => {
    const text = `{"id":"video_1", "object" : "video","seconds":"8","size":"1280x720","status":"queued"}`
    const of = await start(() => ({ pieces: [text] }))
    const given = await create(of)
    expect([given.status, await given.text()]).toEqual([200, text])
    expect(of.reserved).toMatchObject([
      {
        kind: 'video',
        provider: 'one',
        resourceId: 'video_1',
        upstreamId: 'video_1',
        settlement: { endpoint: 'videos', model: 'sora-2', ending: 'reserved', holdNano: '800000000', chargeNano: '0' },
      },
    ])
    expect(of.settled).toEqual([])
    expect(given.headers['x-mart-reserved-usd']).toBe('0.80')
    expect(given.headers['x-mart-charge-usd']).toBeUndefined()
    expect(of.intended).toMatchObject([{ deferred: true }])
    const key = { organizationId, mode: 'live', kind: 'video', id: 'video_1' } as const
    expect(await of.deps.resources.find(key)).toMatchObject({
      requestId: given.headers['x-request-id'],
      labels: { seconds: '8', size: '1280x720' },
      upstreamId: 'video_1',
    })
  })

  test.each([
    [{}, '800000000'],
    [{ seconds: undefined, size: undefined, model: undefined }, '400000000'],
    [{ seconds: '12', size: '720x1280' }, '1200000000'],
    [{ seconds: 4 }, '400000000'],
    [{ model: 'sora-2-pro', seconds: '4', size: '1792x1024' }, '2000000000'],
    [{ model: 'sora-2-pro', seconds: '8', size: '1080x1920' }, '5600000000'],
    // A size that nobody knows is held at the dearest; whether there is one is the upstream's to say.
    [{ model: 'sora-2-pro', seconds: '4', size: 'large' }, '2800000000'],
  ])('%j holds %s nano-USD', async (body, nano) => {
    const of = await start(() => json(video()))
    expect((await create(of, body)).status).toBe(200)
    expect(of.reserved.map(({ settlement }) => settlement.holdNano)).toEqual([nano])
  })

  test.each([[1_796_000_000.1234], [0], [1_000], [-1], [9e15], [1e300]])(
    'is reserved whatever its provider says of the time: %d',
    async (created_at) => {
      const of = await start(({ method }) => (method === 'GET' ? { status: 404 } : json(video({ created_at }))))
      expect([(await create(of)).status, of.reserved.length]).toEqual([200, 1])
      // A provider may learn of what it has just created a moment later, whatever its clock says.
      const state = await askJob(of.reserved[0]!, new AbortController().signal, of.deps)
      expect(state).toMatchObject({ state: 'pending' })
    },
  )

  test.each([
    ['sora-2-pro', ['other-model-served']],
    ['sora-2', []],
    // A dated name of its own, and what is in no catalog, are no other model.
    ['sora-2-2025-12-08', []],
    ['sora-2-next', []],
  ])(
    'and ended as one of %s is told with %j, and charged at the price that it is reserved at',
    async (model, flags) => {
      const of = await start(({ method }) => json(video({ model, status: method === 'GET' ? 'completed' : 'queued' })))
      await create(of)
      const ended = await askJob(of.reserved[0]!, new AbortController().signal, of.deps)
      expect(ended).toMatchObject({ state: 'done', servedModel: model, flags, usage: { videoSecond: 8 } })
    },
  )

  test('whose id its provider gives out again is lost: it is not charged by what another became', async () => {
    const of = await start(({ method }) => json(video({ status: method === 'GET' ? 'completed' : 'queued' })))
    await create(of, { seconds: '4' })
    await create(of, { seconds: '12' })
    const [first, second] = await Promise.all(
      of.reserved.map((each) => askJob(each, new AbortController().signal, of.deps)),
    )
    expect([first, second]).toMatchObject([{ state: 'void' }, { state: 'done' }])
  })

  test('is not created where credit does not cover it', async () => {
    const of = await start(() => json(video()), 0n)
    const given = await create(of)
    expect([given.status, of.sent, of.reserved]).toMatchObject([429, [], []])
    expect(await given.text()).toContain('insufficient_quota')
  })

  test('is refused with what it costs and how less of it is asked for', async () => {
    const of = await start(() => json(video()), 1n)
    const given = await create(of, { model: 'sora-2-pro', size: '1080x1920' })
    const { error } = JSON.parse(await given.text()) as { error: { message: string } }
    expect(error.message).toBe(
      'Not enough credit: this request needs $5.60 to be admitted and $1.00 is available. Add credit, or ask for fewer seconds or a smaller size.',
    )
  })

  test('is created once: an upstream that fails is not tried again, and owes nothing', async () => {
    const of = await start(() => ({ status: 500 }))
    expect((await create(of)).status).toBeGreaterThanOrEqual(500)
    expect([of.sent.length, of.reserved.length]).toEqual([1, 0])
    expect(of.settled).toMatchObject([{ chargeNano: '0' }])
  })

  test('is the vendor’s refusal where the vendor refuses, for nothing', async () => {
    const error = {
      error: { message: 'Invalid size', type: 'invalid_request_error', param: 'size', code: 'invalid_value' },
    }
    const of = await start(() => ({ status: 400, ...json(error) }))
    const given = await create(of, { size: '5x5' })
    expect([given.status, JSON.parse(await given.text())]).toEqual([400, error])
    expect(of.settled).toMatchObject([{ chargeNano: '0', ending: 'upstream-refused' }])
  })

  test('is reserved though its client has left before the answer came: the upstream makes it all the same', async () => {
    const of = await start(() => json(video()))
    await of.ask('POST', '/v1/videos', {
      body: { prompt: 'A cat', seconds: '8' },
      leaver: (leave) => leave(),
    })
    expect(of.sent.map(({ abortedBy }) => abortedBy)).toEqual([null])
    expect(of.reserved).toHaveLength(1)
  })

  test('of which nothing can be read is in doubt: nothing is charged', async () => {
    for (const pieces of [['{}'], ['<html>'], ['[]']]) {
      const of = await start(() => ({ pieces }))
      expect((await create(of)).status).toBeGreaterThanOrEqual(500)
      expect(of.reserved).toEqual([])
      expect(of.settled).toMatchObject([{ chargeNano: '0' }])
    }
  })

  test.each([
    [{ seconds: 'five' }, 'seconds'],
    [{ seconds: '0' }, 'seconds'],
    [{ seconds: 4.5 }, 'seconds'],
    [{ seconds: ['4'] }, 'seconds'],
    [{ size: 7 }, 'size'],
    [{ model: 7 }, 'model'],
    [{ model: 'gpt-5.4' }, 'model'],
    [{ input_reference: { file_id: 'file-nobody' } }, 'input_reference.file_id'],
  ])('%j is refused by its name, and nothing goes upstream', async (body, param) => {
    const of = await start(() => json(video()))
    const given = await create(of, body)
    expect([given.status === 400 || given.status === 404, of.sent]).toEqual([true, []])
    expect(JSON.parse(await given.text())).toMatchObject({ error: { param } })
  })

  test('with two lengths is refused: two readers might each take another', async () => {
    const of = await start(() => json(video()))
    const given = await of.ask('POST', '/v1/videos', { body: '{"prompt":"x","seconds":"4","seconds":"12"}' })
    expect([given.status, of.sent]).toEqual([400, []])
  })
})

describe('by its id', () => {
  test('it is asked of the account that has it, is free, and lists tell what it said last', async () => {
    const of = await start(() => json(video({ status: 'completed', progress: 100 })))
    await made(of, { object: JSON.stringify(video()) })
    const given = await of.ask('GET', '/v1/videos/video_1')
    expect([given.status, JSON.parse(await given.text())]).toMatchObject([200, { status: 'completed' }])
    expect(of.sent.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET https://one.test/v1/videos/video_1'])
    expect([of.settled, of.reserved]).toEqual([[], []])
    const list = JSON.parse(await (await of.ask('GET', '/v1/videos')).text())
    expect(list).toMatchObject({ object: 'list', data: [{ id: 'video_1', status: 'completed' }], has_more: false })
    expect(of.sent).toHaveLength(1)
  })

  test('its content passes with its length and in ranges', async () => {
    const of = await start(({ headers }) => ({
      status: headers['range'] ? 206 : 200,
      headers: { 'content-type': 'video/mp4', ...(headers['range'] && { 'content-range': 'bytes 2-3/6' }) },
      pieces: headers['range'] ? ['cd'] : ['abc', 'def'],
      length: headers['range'] ? 2 : 6,
    }))
    await made(of)
    const whole = await of.ask('GET', '/v1/videos/video_1/content?variant=video')
    expect([whole.status, whole.headers['content-type'], await whole.text()]).toEqual([200, 'video/mp4', 'abcdef'])
    expect(of.sent[0]!.url).toBe('https://one.test/v1/videos/video_1/content?variant=video')
    const part = await of.ask('GET', '/v1/videos/video_1/content', { headers: { range: 'bytes=2-3' } })
    expect([part.status, part.headers['content-range'], await part.text()]).toEqual([206, 'bytes 2-3/6', 'cd'])
  })

  test('somebody else’s, one that never was and one of another kind are the vendor’s 404, for every operation', async () => {
    const of = await start(() => json(video()))
    await made(of, { id: 'video_beta', organizationId: 'beta' }).catch(() => undefined)
    await made(of, { id: 'file_1', kind: 'file' })
    for (const id of ['video_beta', 'video_nobody', 'file_1', '..%2Fmodels'])
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['GET', '/content'],
        ['POST', '/remix'],
      ] as const) {
        const given = await of.ask(
          method,
          `/v1/videos/${id}${path}`,
          method === 'POST' ? { body: { prompt: 'x' } } : {},
        )
        expect([id, method, path, given.status]).toEqual([id, method, path, 404])
        expect(await given.text()).toContain('not found')
      }
    expect(of.sent).toEqual([])
  })

  test('what it owes is told before it is deleted, and then it is unknown', async () => {
    const told: object[] = []
    const of = await start(({ method }) =>
      json(
        method === 'GET' ? video({ status: 'completed' }) : { id: 'video_1', deleted: true, object: 'video.deleted' },
      ),
    )
    Object.assign(of.deps, {
      tellJob: (requestId: string, _of: object, end: object) => Promise.resolve(void told.push({ requestId, ...end })),
    })
    await made(of, { requestId: 'req_1' })
    expect((await of.ask('DELETE', '/v1/videos/video_1')).status).toBe(200)
    expect(told).toMatchObject([{ requestId: 'req_1', state: 'done', usage: { videoSecond: 8 } }])
    expect(of.sent.map(({ method }) => method)).toEqual(['GET', 'DELETE'])
    expect((await of.ask('GET', '/v1/videos/video_1')).status).toBe(404)
  })

  test('while it is made, or nobody knows what has become of it, it is not deleted', async () => {
    for (const [answer, status] of [
      [json(video({ status: 'in_progress' })), 400],
      [{ status: 500 }, 503],
    ] as const) {
      const of = await start(() => answer)
      await made(of, { requestId: 'req_1' })
      expect((await of.ask('DELETE', '/v1/videos/video_1')).status).toBe(status)
      expect(of.sent.map(({ method }) => method)).toEqual(['GET'])
    }
  })
})

describe('made from another', () => {
  const asked = [
    ['/v1/videos/video_1/remix', { prompt: 'At night' }, 'videos.remix', '800000000'],
    ['/v1/videos/edits', { prompt: 'At night', video: { id: 'video_1' } }, 'videos.edits', '800000000'],
    [
      '/v1/videos/extensions',
      { prompt: 'On', seconds: '4', video: { id: 'video_1' } },
      'videos.extensions',
      '400000000',
    ],
  ] as const

  test.each(asked)('%s is reserved at its length and size', async (url, body, endpoint, nano) => {
    const of = await start(() => json(video({ id: 'video_2', seconds: '12', remixed_from_video_id: 'video_1' })))
    await made(of)
    const given = await of.ask('POST', url, { body })
    expect([given.status, JSON.parse(await given.text())]).toMatchObject([200, { id: 'video_2' }])
    expect(of.sent.map(({ method, url: at, body: sent }: SentCall) => [method, at, JSON.parse(sent)])).toEqual([
      ['POST', `https://one.test${url}`, body],
    ])
    expect(of.reserved).toMatchObject([{ resourceId: 'video_2', settlement: { endpoint, holdNano: nano } }])
    const key = { organizationId, mode: 'live', kind: 'video', id: 'video_2' } as const
    expect(await of.deps.resources.find(key)).toMatchObject({ parent: 'video_1', model: 'sora-2' })
  })

  test.each(asked)(
    '%s: what its answer does not say of it is as it was held, also where it is made from in turn',
    async (url, body, _endpoint, nano) => {
      const silent = video({ id: 'video_2', seconds: undefined, size: undefined })
      const of = await start(() => json(silent))
      await made(of)
      await of.ask('POST', url, { body })
      const video2 = (await of.deps.resources.find({ organizationId, mode: 'live', kind: 'video', id: 'video_2' }))!
      const whole = url.includes('extensions') ? '12' : '8'
      expect(video2.labels).toMatchObject({ seconds: whole, size: '1280x720' })
      const again = await of.ask('POST', '/v1/videos/video_2/remix', { body: { prompt: 'Again' } })
      expect(again.status).toBe(200)
      expect(of.reserved.map(({ settlement }) => settlement.holdNano)).toEqual([nano, `${whole}00000000`])
      // Nor does what has ended.
      const object = new TextEncoder().encode(JSON.stringify({ ...silent, status: 'completed' }))
      expect(readVideoEnd(object, askedOf(video2))).toMatchObject({ usage: { videoSecond: Number(nano.slice(0, -8)) } })
    },
  )

  test('needs one that was made here', async () => {
    const of = await start(() => json(video()))
    for (const [url, , ,] of asked)
      expect([url, (await of.ask('POST', url, { body: { prompt: 'x', seconds: '4' } })).status]).toEqual([
        url,
        url.includes('remix') ? 404 : 400,
      ])
    expect(of.sent).toEqual([])
  })
})
