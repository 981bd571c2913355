/** `/v1/videos` with the official SDK, whole: what it sends is taken, what it gets is the vendor's, and every video is paid once. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import OpenAI from 'openai'
import sharp from 'sharp'
import { eventually } from '../support/eventually.ts'
import { openAccount, type Account } from '../support/mart.ts'
import { describeMp4 } from '../support/mp4.ts'
import { receiptOf } from '../support/receipt.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000

let server: Server
let account: Account
let client: OpenAI
beforeAll(async () => {
  server = await startServer()
  account = await openAccount(server, '25.00')
  client = clientOf(account)
}, startMsMax)
afterAll(() => server.stop())

/** `quick`: the sandbox takes no time for a video. */
const clientOf = ({ key }: Account, quick = 'job_ms=0'): OpenAI =>
  new OpenAI({ baseURL: `${server.baseUrl}/v1`, apiKey: key, maxRetries: 0, defaultHeaders: { 'x-sandbox': quick } })

const refusalOf = (asked: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
  asked.then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  )
const completed = (id: string): Promise<OpenAI.Video> =>
  eventually(
    async () => {
      const video = await client.videos.retrieve(id)
      return video.status === 'completed' ? video : null
    },
    20_000,
    () => `${id} is not completed`,
  )
const create = async (fields: Partial<OpenAI.VideoCreateParams> = {}): Promise<OpenAI.Video> => {
  const { data, request_id: requestId } = await client.videos
    .create({ prompt: 'A cat', size: '1280x720', seconds: '4', ...fields })
    .withResponse()
  expect(await receiptOf(server.baseUrl, account.key, requestId!)).toMatchObject({ endpoint: 'videos' })
  return data
}
/** The receipt of a request, once what it reserved has ended. */
const charged = (requestId: string) =>
  eventually(
    async () => {
      const receipt = await receiptOf(server.baseUrl, account.key, requestId)
      return receipt && receipt.ending !== 'reserved' ? receipt : null
    },
    40_000,
    () => `${requestId} stays reserved`,
  )

test('a receipt there is from the create on; it says reserved, and then multiplies out', async () => {
  const slow = clientOf(account, 'job_ms=2500')
  const { data: video, response } = await slow.videos
    .create({ prompt: 'A cat', model: 'sora-2-pro', size: '1792x1024', seconds: '8' })
    .withResponse()
  const requestId = response.headers.get('x-request-id')!
  expect(response.headers.get('x-mart-reserved-usd')).toBe('4.00')
  expect(await receiptOf(server.baseUrl, account.key, requestId)).toMatchObject({
    ending: 'reserved',
    chargeNano: '0',
    holdNano: '4000000000',
    lines: [],
  })
  // Nobody asks for it any more.
  expect(await charged(requestId)).toMatchObject({
    endpoint: 'videos',
    ending: 'completed',
    chargeNano: '4000000000',
    servedModel: 'sora-2-pro',
    lines: [{ class: 'videoSecond1024p', quantity: 8, picoPerUnit: '500000000000' }],
  })
  expect((await client.videos.retrieve(video.id)).status).toBe('completed')
}, 60_000)

test('one that fails, or is blocked, owes nothing, and its receipt says so', async () => {
  for (const how of ['job=failed', 'blocked=1']) {
    const failing = clientOf(account, `job_ms=0 ${how}`)
    const { response } = await failing.videos.create({ prompt: 'A cat' }).withResponse()
    const receipt = await charged(response.headers.get('x-request-id')!)
    expect(receipt).toMatchObject({ ending: 'upstream-failed', chargeNano: '0', lines: [] })
  }
}, 60_000)

test('content comes with its length, in ranges, and as pictures', async () => {
  const { id } = await create()
  await completed(id)
  const whole = await client.videos.downloadContent(id)
  const bytes = Buffer.from(await whole.arrayBuffer())
  expect([whole.headers.get('content-type'), whole.headers.get('content-length')]).toEqual([
    'video/mp4',
    String(bytes.length),
  ])
  expect(describeMp4(bytes)).toBe('1280x720, 4 s')
  const part = await client.videos.downloadContent(id, { variant: 'video' }, { headers: { range: 'bytes=100-199' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${bytes.length}`])
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200))
  const beyond = refusalOf(client.videos.downloadContent(id, {}, { headers: { range: `bytes=${bytes.length}-` } }))
  expect((await beyond).status).toBe(416)
  const head = await fetch(`${server.baseUrl}/v1/videos/${id}/content`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${account.key}` },
  })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
  const still = await client.videos.downloadContent(id, { variant: 'thumbnail' })
  expect((await sharp(await still.arrayBuffer()).metadata()).format).toBe('webp')
  const sheet = await client.videos.downloadContent(id, { variant: 'spritesheet' })
  expect((await sharp(await sheet.arrayBuffer()).metadata()).format).toBe('jpeg')
}, 60_000)

test('a picture to begin with, remixes, edits, extensions and characters, as the SDK sends them', async () => {
  const png = await sharp({ create: { width: 1_280, height: 720, channels: 3, background: '#123' } })
    .png()
    .toBuffer()
  const { id } = await create({ input_reference: new File([png], 'a.png', { type: 'image/png' }) })
  await completed(id)
  const remix = await client.videos.remix(id, { prompt: 'At night' })
  expect(remix).toMatchObject({ remixed_from_video_id: id, seconds: '4', size: '1280x720' })
  expect((await client.videos.edit({ prompt: 'At night', video: { id } })).remixed_from_video_id).toBe(id)
  const { data: longer, response } = await client.videos
    .extend({ prompt: 'On', seconds: '8', video: { id } })
    .withResponse()
  expect(longer).toMatchObject({ seconds: '12' })
  // Only what is added is paid.
  expect(await charged(response.headers.get('x-request-id')!)).toMatchObject({
    endpoint: 'videos.extensions',
    chargeNano: '800000000',
  })
  const character = await client.videos.createCharacter({ name: 'Ada', video: new File(['mp4'], 'a.mp4') })
  expect(await client.videos.getCharacter(character.id!)).toEqual(character)
  const uploaded = client.videos.edit({ prompt: 'x', video: new File(['mp4'], 'a.mp4') })
  expect(await refusalOf(uploaded)).toMatchObject({ status: 400, param: 'video' })
}, 60_000)

test('lists hold the organization’s own alone, in pages; what is deleted is gone, and was paid', async () => {
  const other = await openAccount(server, '5.00')
  const theirs = await clientOf(other).videos.create({ prompt: 'Another’s' })
  const { id } = await create()
  const ids = async (of: OpenAI) => (await Array.fromAsync(of.videos.list({ limit: 2 }))).map((video) => video.id)
  expect(await ids(client)).toContain(id)
  expect(await ids(client)).not.toContain(theirs.id)
  expect(await ids(clientOf(other))).toEqual([theirs.id])
  for (const asked of [
    client.videos.retrieve(theirs.id),
    client.videos.delete(theirs.id),
    client.videos.downloadContent(theirs.id),
    client.videos.remix(theirs.id, { prompt: 'x' }),
    client.videos.edit({ prompt: 'x', video: { id: theirs.id } }),
    client.videos.extend({ prompt: 'x', seconds: '4', video: { id: theirs.id } }),
  ])
    expect((await refusalOf(asked)).message).toBe(`404 Video with id '${theirs.id}' not found.`)
  await completed(id)
  expect(await client.videos.delete(id)).toMatchObject({ id, deleted: true })
  expect((await refusalOf(client.videos.retrieve(id))).status).toBe(404)
  expect(await ids(client)).not.toContain(id)
}, 60_000)

test('deleted as soon as it is there, it is charged all the same', async () => {
  const { data: video, response } = await client.videos.create({ prompt: 'A cat', seconds: '12' }).withResponse()
  await completed(video.id)
  await client.videos.delete(video.id)
  expect(await charged(response.headers.get('x-request-id')!)).toMatchObject({
    ending: 'completed',
    chargeNano: '1200000000',
  })
}, 60_000)
