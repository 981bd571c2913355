import { describe, expect, test } from 'bun:test'
import { readVideoEnd } from './video-end.ts'
import { readVideoObject, secondsOf, videoUsage } from './video-object.ts'

const bytes = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json))
/** As openai-openapi 2.3.0 shows it. */
const video = {
  id: 'video_123',
  object: 'video',
  created_at: 1_763_800_000,
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
}
const asked = { seconds: 8, size: '1280x720', isExtension: false }
const endOf = (changes: object, of: Partial<typeof asked> = {}) =>
  readVideoEnd(bytes({ ...video, ...changes }), { ...asked, ...of })

test('a video says what it is, and nothing that it does not', () => {
  expect(readVideoObject(bytes(video))).toEqual({
    id: 'video_123',
    state: 'running',
    seconds: 8,
    size: '1280x720',
    model: 'sora-2',
    createdAt: 1_763_800_000_000,
    parent: null,
  })
  expect(readVideoObject(bytes({ id: 'v', seconds: 8, size: null, created_at: 'x' }))).toMatchObject({
    seconds: 8,
    size: null,
    createdAt: null,
  })
  for (const none of ['{', '[]', 'null', '{}', '{"id":""}', '{"id":7}'])
    expect(() => readVideoObject(new TextEncoder().encode(none))).toThrow()
})

test.each([
  ['720x1280', { videoSecond: 4 }],
  ['1280x720', { videoSecond: 4 }],
  ['480x480', { videoSecond: 4 }],
  ['1024x1792', { videoSecond1024p: 4 }],
  ['1792x1024', { videoSecond1024p: 4 }],
  ['1080x1920', { videoSecond1080p: 4 }],
  ['3840x2160', { videoSecond1080p: 4 }],
  // What is no size is held at the dearest.
  ['auto', { videoSecond1080p: 4 }],
  ['', { videoSecond1080p: 4 }],
])('four seconds of %s are %j', (size, usage) => {
  expect(videoUsage(size, 4)).toEqual(usage)
})

test('seconds are whole and positive, as text or as a number', () => {
  for (const [value, seconds] of [
    ['4', 4],
    [12, 12],
    ['20', 20],
  ] as const)
    expect(secondsOf(value)).toBe(seconds)
  for (const value of ['', '0', '-4', '4.5', ' 4', '4s', '999999', 0, -1, 1.5, null, true, [4]])
    expect([value, secondsOf(value)]).toEqual([value, null])
})

describe('how a video ends', () => {
  test('while it goes on it has not, whatever the provider calls that', () => {
    for (const status of ['queued', 'in_progress', 'preprocessing', 'toString', undefined, null, 7])
      expect([status, endOf({ status })]).toEqual([status, null])
  })

  test('completed: by the seconds and the size of what was made', () => {
    expect(endOf({ status: 'completed' })).toEqual({
      state: 'done',
      usage: { videoSecond: 8 },
      tier: null,
      servedModel: 'sora-2',
      vendorUsage: { seconds: 8, size: '1280x720' },
    })
    expect(endOf({ status: 'completed', seconds: '5' })).toMatchObject({ usage: { videoSecond: 5 } })
    expect(endOf({ status: 'completed', size: '1792x1024' })).toMatchObject({ usage: { videoSecond1024p: 8 } })
  })

  test('completed without a word of either: by what was asked for', () => {
    expect(endOf({ status: 'completed', seconds: undefined, size: undefined })).toMatchObject({
      usage: { videoSecond: 8 },
    })
  })

  test('an extension by the seconds that were added, since its object has the length of the whole', () => {
    expect(endOf({ status: 'completed', seconds: '12' }, { seconds: 4, isExtension: true })).toMatchObject({
      usage: { videoSecond: 4 },
    })
  })

  test('failed, cancelled and the like owe nothing', () => {
    for (const [status, why] of [
      ['failed', 'failed'],
      ['cancelled', 'cancelled'],
      ['canceled', 'cancelled'],
      ['expired', 'expired'],
    ] as const)
      expect([status, endOf({ status })]).toEqual([status, { state: 'void', why }])
  })
})
