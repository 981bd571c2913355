/** The sandbox's videos: jobs that progress and end as they were told to, real files, each account's own, counted once when completed. */
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import sharp from 'sharp'
import { eventually } from '../../../../test/support/eventually.ts'
import { describeMp4 } from '../../../../test/support/mp4.ts'
import { post, sandboxUrl, send, servedAs, useSandbox, type Got } from '../../poses/pose-support.ts'

useSandbox()

const headers = { authorization: 'Bearer sandbox-credential' }
const sdkClient = (): OpenAI =>
  new OpenAI({
    baseURL: `${sandboxUrl()}/v1`,
    apiKey: 'sandbox-credential',
    defaultHeaders: { 'x-sandbox': 'job_ms=0' },
  })
const create = (fields: object, directives = 'job_ms=0', more: Record<string, string> = {}): Promise<Got> =>
  post('/v1/videos', { prompt: 'A cat playing piano', ...fields }, { ...headers, ...more, 'x-sandbox': directives })
const get = (path: string, more: Record<string, string> = {}): Promise<Got> =>
  send('GET', `/v1${path}`, undefined, { ...headers, ...more })

/** The video once it has ended. */
const ended = (id: string) =>
  soon(`${id} to end`, async () => {
    const { json } = await get(`/videos/${id}`)
    return ['completed', 'failed'].includes(json.status) ? json : null
  })
const soon = <Value>(what: string, ask: () => Promise<Value | null>) =>
  eventually(ask, 5_000, () => `waiting for ${what}`)
/** What was counted of a call, once anything was. */
const counted = (id: string) =>
  soon('the count', async () => {
    const all = await servedAs(id)
    return all.length > 0 ? all : null
  })
const made = async (fields: object = {}, directives?: string) => {
  const { status, json } = await create(fields, directives)
  expect([status, json.error]).toEqual([200, null])
  return ended(json.id)
}

describe('a job', () => {
  test('waits, progresses and is completed, and is described as the SDK types it at every step', async () => {
    const { json: first } = await create({ seconds: '4', size: '1280x720' }, 'job_ms=400')
    expect(first).toEqual({
      id: expect.stringMatching(/^video_[0-9a-f]{48}$/),
      object: 'video',
      created_at: expect.any(Number),
      completed_at: null,
      expires_at: null,
      error: null,
      model: 'sora-2',
      progress: 0,
      prompt: 'A cat playing piano',
      remixed_from_video_id: null,
      seconds: '4',
      size: '1280x720',
      status: 'queued',
    })
    const seen: { status: string; progress: number }[] = []
    await soon('the end', async () => {
      seen.push((await get(`/videos/${first.id}`)).json)
      return seen.at(-1)!.status === 'completed' || null
    })
    expect(new Set(seen.map(({ status }) => status))).toContain('in_progress')
    const progress = seen.map((each) => each.progress)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))
    expect(progress.at(-1)).toBe(100)
    expect((await get(`/videos/${first.id}`)).json).toMatchObject({
      completed_at: expect.any(Number),
      expires_at: expect.any(Number),
    })
  })

  test.each([
    ['blocked=1', { code: 'moderation_blocked' }],
    ['job=failed', { code: 'video_generation_failed' }],
    ['job=failed code=internal_error', { code: 'internal_error' }],
  ])('%s: it fails, is not counted, and has no content', async (directive, error) => {
    const { json } = await create({}, `job_ms=0 ${directive}`, { 'x-client-request-id': directive })
    expect(await ended(json.id)).toMatchObject({ status: 'failed', error, completed_at: null, expires_at: null })
    expect((await get(`/videos/${json.id}/content`)).status).toBe(404)
    expect(await servedAs(encodeURIComponent(directive))).toEqual([])
  })

  test('is counted once when it is completed, with its seconds, though nobody asks for it', async () => {
    await create({ seconds: '8' }, 'job_ms=1', { 'x-client-request-id': 'nobody-asks' })
    const [served, ...more] = await counted('nobody-asks')
    expect(more).toEqual([])
    expect(served).toMatchObject({
      endpoint: 'videos',
      model: 'sora-2',
      complete: true,
      sent: { videoSeconds: 8, input: 0 },
      video: { id: expect.stringMatching(/^video_/), size: '720x1280' },
    })
    expect((await send('GET', '/sandbox/count')).json.byModel['sora-2'].videoSeconds).toBeGreaterThanOrEqual(8)
  })

  test('can be forgotten by the vendor, never end, lose its files at once, or last longer than was asked for', async () => {
    const lost = (await create({}, 'job_ms=0 job=lost')).json.id
    await soon('it to be lost', async () => (await get(`/videos/${lost}`)).status === 404 || null)
    const stuck = (await create({}, 'job_ms=0 job=stuck')).json.id
    await soon('it to be at 99 percent', async () => (await get(`/videos/${stuck}`)).json.progress === 99 || null)
    expect((await get(`/videos/${stuck}`)).json.status).toBe('in_progress')
    expect((await send('DELETE', `/v1/videos/${stuck}`, undefined, headers)).status).toBe(400)
    const expired = await made({}, 'job_ms=0 expires_ms=0')
    expect((await get(`/videos/${expired.id}/content`)).json.error.message).toContain('has expired')
    expect((await made({}, 'job_ms=0 job_seconds=5')).seconds).toBe('5')
  })
})

describe('content', () => {
  test.each([
    ['720x1280', '4'],
    ['1280x720', '8'],
  ])(
    'is an MP4 of %s and %s seconds',
    async (size, seconds) => {
      const { id } = await made({ size, seconds })
      const { status, bytes, headers: got } = await content(id)
      expect([status, got.get('content-type'), got.get('content-length')]).toEqual([
        200,
        'video/mp4',
        String(bytes.length),
      ])
      expect(describeMp4(bytes)).toBe(`${size}, ${seconds} s`)
      // Fetched again it is the same, without being made again.
      expect(Buffer.compare((await content(id)).bytes, bytes)).toBe(0)
    },
    30_000,
  )

  test('has a still in WebP and a sheet of stills in JPEG', async () => {
    const { id } = await made({ size: '1280x720' })
    const still = await content(id, '?variant=thumbnail')
    expect(still.headers.get('content-type')).toBe('image/webp')
    expect(await sharp(still.bytes).metadata()).toMatchObject({ format: 'webp', width: 1_280, height: 720 })
    const sheet = await content(id, '?variant=spritesheet')
    expect(sheet.headers.get('content-type')).toBe('image/jpeg')
    expect(await sharp(sheet.bytes).metadata()).toMatchObject({ format: 'jpeg', width: 1_280, height: 360 })
    expect((await get(`/videos/${id}/content?variant=poster`)).json.error).toMatchObject({ param: 'variant' })
  })

  test('is given in ranges, and its head without it', async () => {
    const { id } = await made()
    const { bytes } = await content(id)
    const length = bytes.length
    for (const [range, from, to] of [
      ['bytes=0-99', 0, 100],
      ['bytes=100-', 100, length],
      ['bytes=-100', length - 100, length],
      [`bytes=10-${length * 2}`, 10, length],
    ] as const) {
      const part = await content(id, '', { range })
      expect([range, part.status, part.headers.get('content-range')]).toEqual([
        range,
        206,
        `bytes ${from}-${to - 1}/${length}`,
      ])
      expect(Buffer.compare(part.bytes, bytes.subarray(from, to))).toBe(0)
    }
    expect((await content(id, '', { range: `bytes=${length}-` })).status).toBe(416)
    for (const range of ['bytes=0-1,5-6', 'bytes=9-3', 'bytes=-', 'lines=1-2'])
      expect([range, (await content(id, '', { range })).status]).toEqual([range, 200])
    expect((await content(id, '', { range: 'bytes=0-9', 'if-range': '"another"' })).bytes.length).toBe(length)
    const head = await send('HEAD', `/v1/videos/${id}/content`, undefined, headers)
    expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, String(length), ''])
  })

  test('is not there before the video is', async () => {
    const { json } = await create({}, 'job_ms=60000')
    expect(await get(`/videos/${json.id}/content`)).toMatchObject({
      status: 404,
      json: { error: { message: 'Video is not ready yet, use GET /v1/videos/{video_id} to check status.' } },
    })
  })
})

test('remixes, edits and extensions are of the length and size of what they are made from, an extension longer', async () => {
  const from = await made({ size: '1280x720', seconds: '8' })
  const at = { ...headers, 'x-sandbox': 'job_ms=0' }
  const remix = await post(`/v1/videos/${from.id}/remix`, { prompt: 'At night' }, at)
  const edit = await post('/v1/videos/edits', { prompt: 'At night', video: { id: from.id } }, at)
  const longer = await post('/v1/videos/extensions', { prompt: 'On', seconds: '4', video: { id: from.id } }, at)
  const same = { size: '1280x720', prompt: 'At night', seconds: '8', remixed_from_video_id: from.id }
  expect([remix.json, edit.json]).toMatchObject([same, same])
  expect(longer.json).toMatchObject({ size: '1280x720', seconds: '12' })
  const pending = (await create({}, 'job_ms=60000')).json.id
  expect((await post(`/v1/videos/${pending}/remix`, { prompt: 'x' }, at)).status).toBe(404)
})

test('lists go by time, in pages, and hold what is the account’s own alone', async () => {
  const mine = { authorization: 'Bearer key-lists' }
  const ids: string[] = []
  for (let at = 0; at < 5; at += 1)
    ids.push((await post('/as/openai/lists/v1/videos', { prompt: `number ${at}` }, mine)).json.id)
  const list = async (query: string) => (await send('GET', `/as/openai/lists/v1/videos${query}`, undefined, mine)).json
  const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)
  expect(idsOf(await list('?order=asc'))).toEqual(ids)
  const first = await list('?limit=3')
  expect(first).toMatchObject({ object: 'list', first_id: ids[4], last_id: ids[2], has_more: true })
  expect(await list(`?limit=3&after=${ids[2]}`)).toMatchObject({ first_id: ids[1], last_id: ids[0], has_more: false })
  for (const query of ['?limit=0', '?limit=x', '?order=up', '?after=video_nobody'])
    expect([query, (await list(query)).error?.type]).toEqual([query, 'invalid_request_error'])
  for (const other of ['/v1', '/as/openai/another/v1']) {
    const stranger = other === '/v1' ? headers : { authorization: 'Bearer key-another' }
    expect(idsOf((await send('GET', `${other}/videos?limit=100`, undefined, stranger)).json)).not.toContain(ids[0])
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/content'],
    ] as const)
      expect((await send(method, `${other}/videos/${ids[0]}${path}`, undefined, stranger)).status).toBe(404)
  }
})

test('what has ended can be deleted, and is gone', async () => {
  const { id } = await made()
  const gone = await send('DELETE', `/v1/videos/${id}`, undefined, headers)
  expect(gone.json).toEqual({ id, object: 'video.deleted', deleted: true })
  expect((await get(`/videos/${id}`)).json.error).toMatchObject({ message: `Video with id '${id}' not found.` })
})

test('Azure makes them for the deployment that is named, and its account is what the count names', async () => {
  const azure = { 'api-key': 'key-west', 'x-sandbox': 'job_ms=0', 'x-client-request-id': 'azure-video' }
  const { json } = await post('/as/azure/west/openai/v1/videos', { prompt: 'x', model: 'dep-sora-2' }, azure)
  expect(json).toMatchObject({ model: 'sora-2', status: 'queued' })
  expect((await counted('azure-video'))[0]).toMatchObject({
    pose: 'azure',
    account: 'west',
    model: 'sora-2',
    upstreamModel: 'dep-sora-2',
    usage: { videoSeconds: 4 },
  })
  expect((await send('GET', `/as/azure/west/openai/v1/videos/${json.id}`, undefined, azure)).status).toBe(200)
})

test.each([
  [{ prompt: '' }, 'prompt', 'empty_string'],
  [{ prompt: undefined }, 'prompt', 'missing_required_parameter'],
  [{ seconds: 4 }, 'seconds', 'invalid_type'],
  [{ seconds: '5' }, 'seconds', 'invalid_value'],
  [{ size: '1024x1792' }, 'size', 'invalid_value'],
  [{ size: '640x480', model: 'sora-2-pro' }, 'size', 'invalid_value'],
  [{ n: 2 }, 'n', 'unknown_parameter'],
  [{ input_reference: {} }, 'input_reference', 'invalid_value'],
  [{ input_reference: { image_url: 'data:image/png;base64,AAAA' } }, 'input_reference', null],
  [{ model: 'sora-does-not-exist' }, 'model', 'model_not_found'],
  [{ model: 'gpt-image-2' }, 'model', 'model_not_found'],
])('%j is refused', async (fields, param, code) => {
  const { status, json } = await create(fields)
  expect(status).toBe(code === 'model_not_found' ? 404 : 400)
  expect(json.error).toMatchObject({ param, code })
})

test('a picture to begin with must have the size of the video', async () => {
  const picture = async (width: number, height: number) => {
    const png = await sharp({ create: { width, height, channels: 3, background: '#123' } })
      .png()
      .toBuffer()
    return { image_url: `data:image/png;base64,${png.toString('base64')}` }
  }
  expect((await create({ size: '1280x720', input_reference: await picture(1_280, 720) })).status).toBe(200)
  expect((await create({ size: '1280x720', input_reference: await picture(64, 64) })).json.error.message).toBe(
    'Inpaint image must match the requested width and height',
  )
})

const content = async (id: string, query = '', more: Record<string, string> = {}) => {
  const got = await send('GET', `/v1/videos/${id}/content${query}`, undefined, { ...headers, ...more })
  return { status: got.status, headers: got.headers, bytes: got.bytes }
}

test('forms as the SDK sends them are taken: pictures to begin with, videos to edit and extend, characters', async () => {
  const sdk = sdkClient()
  const png = await sharp({ create: { width: 1_280, height: 720, channels: 3, background: '#123' } })
    .png()
    .toBuffer()
  const reference = new File([png], 'a.png')
  const video = await sdk.videos.create({ prompt: 'A cat', size: '1280x720', seconds: '8', input_reference: reference })
  expect(video).toMatchObject({ size: '1280x720', seconds: '8', model: 'sora-2' })
  const { id: fileId } = await sdk.files.create({ file: reference, purpose: 'vision' })
  expect(
    (await sdk.videos.create({ prompt: 'x', size: '1280x720', input_reference: { file_id: fileId } })).id,
  ).toBeTruthy()
  await ended(video.id)
  expect((await sdk.videos.edit({ prompt: 'At night', video: { id: video.id } })).remixed_from_video_id).toBe(video.id)
  expect((await sdk.videos.extend({ prompt: 'On', seconds: '4', video: { id: video.id } })).seconds).toBe('12')
  expect((await sdk.videos.edit({ prompt: 'x', video: new File(['mp4'], 'a.mp4') })).seconds).toBe('4')
  const character = await sdk.videos.createCharacter({ name: 'Ada', video: new File(['mp4'], 'a.mp4') })
  expect(await sdk.videos.getCharacter(character.id!)).toEqual(character)
  expect((await Array.fromAsync(sdk.videos.list({ limit: 2 }))).map(({ id }) => id)).toContain(video.id)
})
