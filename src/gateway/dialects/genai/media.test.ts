import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Asked } from '../../dialect.ts'
import { wholeStrings } from '../../../lib/json-skeleton.ts'
import { wholeBodyOf } from '../../body.ts'
import { generateContent } from './generate.ts'
import { mediaOf } from './media.ts'

const read = (body: object): Asked =>
  generateContent.read(
    wholeBodyOf(new TextEncoder().encode(JSON.stringify(body))),
    { model: 'gemini-3.5-flash' },
    new URLSearchParams(),
  )
const base64 = (bytes: number): string => 'A'.repeat(Math.ceil(bytes / 3) * 4)
const inline = (mimeType: string, bytes: number, more: object = {}): object => ({
  inlineData: { mimeType, data: base64(bytes) },
  ...more,
})
const contents = (...parts: readonly object[]): { contents: object[] } => ({ contents: [{ role: 'user', parts }] })
const held = (...parts: readonly object[]): number => read(contents(...parts)).demand!.input.max

describe('the bound on the input of a Gemini request', () => {
  test.each([
    ['audio/wav', 5_000],
    ['audio/ogg', 5_000],
    ['application/pdf', 20_000],
    ['application/rtf', 25_000],
    ['video/mp4', 25_000],
    ['image/png', 5_000],
    ['', 25_000],
  ])('6 KB of %s count little, not all that the model takes', (mimeType, tokens) => {
    expect(held(inline(mimeType, 6_000))).toBeLessThan(tokens)
    expect(held({ inline_data: { mime_type: mimeType.toUpperCase(), data: base64(6_000) } })).toBeLessThan(tokens)
  })

  // By the vendor's documented rules, of media no thinner than decision 0004 says.
  const sound = fc.record({ seconds: fc.nat(1_200), bytesPerSecond: fc.integer({ min: 750, max: 4_000 }) })
  const media = fc.oneof(
    sound.map(({ seconds, bytesPerSecond }) => ({
      part: inline('audio/mpeg', seconds * bytesPerSecond),
      tokens: seconds * 32,
    })),
    fc
      .record({
        seconds: fc.nat(600),
        bytesPerSecond: fc.integer({ min: 4_000, max: 9_000 }),
        fps: fc.constantFrom(1, 2, 24),
      })
      .map(({ seconds, bytesPerSecond, fps }) => ({
        part: inline('video/mp4', seconds * bytesPerSecond, fps === 1 ? {} : { videoMetadata: { fps } }),
        tokens: seconds * (258 * fps + 32),
      })),
    fc
      .record({ pages: fc.integer({ min: 1, max: 1_000 }), bytesPerPage: fc.integer({ min: 1_024, max: 3_000 }) })
      .map(({ pages, bytesPerPage }) => ({
        part: inline('application/pdf', pages * bytesPerPage),
        tokens: pages * 560,
      })),
    // Small documents may be thinner: pages that are empty, a moment of silence.
    fc.integer({ min: 1, max: 16 }).map((pages) => ({ part: inline('application/pdf', 300), tokens: pages * 560 })),
    fc.integer({ min: 1, max: 60 }).map((seconds) => ({ part: inline('audio/opus', 40), tokens: seconds * 32 })),
    fc.nat(5_000).map((bytes) => ({ part: inline('image/webp', bytes), tokens: 1_120 })),
    fc.string({ maxLength: 200 }).map((text) => ({ part: { text }, tokens: new TextEncoder().encode(text).length })),
  )

  test('whatever the media, they count no more than is held by the documented rules', () => {
    fc.assert(
      fc.property(fc.array(media, { maxLength: 4 }), (mix) => {
        const tokens = mix.reduce((sum, each) => sum + each.tokens, 0)
        expect(held(...mix.map(({ part }) => part))).toBeGreaterThanOrEqual(tokens)
      }),
      { numRuns: 100 },
    )
  })

  test('more bytes never count less', () => {
    const anyType = fc.constantFrom('audio/wav', 'video/mp4', 'application/pdf', 'application/x-unknown', 'image/png')
    fc.assert(
      fc.property(anyType, fc.nat(300_000), fc.nat(300_000), (mimeType, one, more) => {
        expect(held(inline(mimeType, one + more))).toBeGreaterThanOrEqual(held(inline(mimeType, one)))
      }),
      { numRuns: 200 },
    )
  })

  test('a higher resolution of pages is held, asked for the whole request or for one part', () => {
    const pdf = inline('application/pdf', 100_000)
    const plain = held(pdf)
    const whole = (level: string): number =>
      read({ ...contents(pdf), generation_config: { media_resolution: level } }).demand!.input.max
    expect(whole('MEDIA_RESOLUTION_LOW') - plain).toBeLessThan(100)
    expect(whole('MEDIA_RESOLUTION_HIGH')).toBeGreaterThan(1.9 * plain)
    expect(held({ ...pdf, mediaResolution: { level: 'MEDIA_RESOLUTION_ULTRA_HIGH' } })).toBeGreaterThan(3.8 * plain)
  })

  test('a file that says how long it is, or how many pages it has, counts no more', () => {
    const said = (mimeType: string, data: Uint8Array): number =>
      held({ inlineData: { mimeType, data: Buffer.from(data).toString('base64') } })
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n<</Type/Page>><</Type /Page >>'), Buffer.alloc(3_000_000)])
    expect(said('application/pdf', pdf)).toBeLessThan(3 * 560 + 300)
    expect(said('text/x-not-a-pdf', pdf.subarray(0, 9_000))).toBeGreaterThan(9_000)
    const wav = Buffer.alloc(320_044)
    wav.write('RIFF????WAVEfmt ????\x01\0\x01\0', 'latin1')
    wav.writeUInt32LE(16_000, 24)
    wav.writeUInt16LE(16, 34)
    expect(said('audio/wav', wav)).toBeLessThan(21 * 32 + 300)
    expect(read(contents({ inlineData: { mimeType: 'audio/wav', data: '' } })).demand!.input.isAssumed).toBe(true)
  })

  test('a picture or a PDF elsewhere counts what Google takes of one, at most', () => {
    const named = (mimeType: string): object => ({ fileData: { mimeType, fileUri: 'https://a.example/a' } })
    expect(held(named('image/PNG'))).toBeLessThan(5_000)
    expect(held({ file_data: { mime_type: 'application/pdf', file_uri: 'https://a.example/a' } })).toBeLessThan(561_000)
    expect(read(contents(named('image/png'))).demand!.input.isAssumed).toBe(true)
    for (const type of ['video/mp4', 'audio/mpeg', '']) expect(held(named(type))).toBe(Number.POSITIVE_INFINITY)
  })

  test('what is only named may be as much as the model takes', () => {
    const uri = 'https://youtu.be/dQw4'
    expect(held({ fileData: { fileUri: uri } })).toBe(Number.POSITIVE_INFINITY)
    expect(held({ file_data: { file_uri: uri } })).toBe(Number.POSITIVE_INFINITY)
  })

  test('the same words in a schema or in arguments are text', () => {
    const parameters = { type: 'OBJECT', properties: { fileData: { type: 'STRING' }, inlineData: { type: 'STRING' } } }
    const tools = [{ functionDeclarations: [{ name: 'f', parameters }] }]
    const { input } = read({ ...contents({ text: 'hi' }), tools }).demand!
    expect(input.max).toBeLessThan(1_000)
    expect(input.isAssumed).toBe(false)
  })

  test("Google's own tools add a stated number of tokens each, the client's none", () => {
    const added = (tool: object): number =>
      read({ ...contents({ text: 'hi' }), tools: [tool] }).demand!.input.max -
      read({ ...contents({ text: 'hi' }), tools: [] }).demand!.input.max
    for (const [tool, tokens] of [
      [{ codeExecution: {} }, 65_536],
      [{ url_context: {} }, 131_072],
      [{ urlContext: {} }, 131_072],
      [{ computer_use: {} }, 16_384],
      [{ googleSearch: {} }, 16_384],
      [{ somethingNew: {} }, 131_072],
      [{ functionDeclarations: [] }, 0],
    ] as const)
      expect(added(tool) - JSON.stringify(tool).length).toBe(tokens)
    expect(read({ ...contents({ text: 'hi' }), tools: [{ google_search: {} }] }).demand!.pieces).toEqual({
      searchQuery: 10,
      groundedPrompt: 1,
    })
  })

  test('a body made to be walked is not walked through: it is held at all that the model takes', () => {
    const members = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`k${at}`, 1]))
    for (const contents of [Array.from({ length: 200_000 }, () => ({})), Array(200_000).fill(1), members])
      expect(mediaOf({ contents }, wholeStrings).tokensMax).toBe(Number.POSITIVE_INFINITY)
    let deep: object = {}
    for (let at = 0; at < 1_000; at += 1) deep = { deep }
    expect(mediaOf(deep, wholeStrings).tokensMax).toBe(Number.POSITIVE_INFINITY)
  })
})
