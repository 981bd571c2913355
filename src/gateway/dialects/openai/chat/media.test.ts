import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Asked } from '../../../dialect.ts'
import { wholeBodyOf } from '../../../body.ts'
import { chatCompletions } from './completions.ts'

const read = (content: unknown, fields: object = {}): Asked => {
  const body = { model: 'gpt-5.4', messages: [{ role: 'user', content }], ...fields }
  return chatCompletions.read(wholeBodyOf(new TextEncoder().encode(JSON.stringify(body))), {}, new URLSearchParams())
}
const held = (content: unknown, fields: object = {}): number => read(content, fields).demand!.input.max
const base64 = (bytes: number): string => 'A'.repeat(Math.ceil(bytes / 3) * 4)
const pdf = (bytes: number): object => ({
  type: 'file',
  file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${base64(bytes)}` },
})
const sound = (bytes: number): object => ({ type: 'input_audio', input_audio: { format: 'wav', data: base64(bytes) } })
const video = (bytes: number): object => ({
  type: 'video_url',
  video_url: { url: `data:video/mp4;base64,${base64(bytes)}` },
})

describe('the bound on the input of a chat', () => {
  test('text counts at most its bytes, an image its own bound instead of its bytes', () => {
    expect(held('🦊🦊🦊')).toBeGreaterThan(12)
    expect(read('🦊🦊🦊').demand!.input.isAssumed).toBe(false)
    const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`
    expect(held([{ type: 'image_url', image_url: { url } }])).toBeLessThan(11_000)
  })

  test('6 KB of a PDF, of sound or of video count little, not all that the model takes', () => {
    expect(held([pdf(6_000)])).toBeLessThan(50_000)
    expect(held([sound(6_000)])).toBeLessThan(5_000)
    expect(held([video(6_000)])).toBeLessThan(70_000)
  })

  test('a PDF that shows how many pages it has counts these, with what text a page can hold', () => {
    const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n<</Type/Page>><</Type /Page >>'), Buffer.alloc(3_000_000)])
    const file_data = `data:application/pdf;base64,${bytes.toString('base64')}`
    const asked = read([{ type: 'file', file: { filename: 'a.pdf', file_data } }]).demand!.input
    expect(asked.max).toBeGreaterThan(3 * 1_536 + 2 * 2_048)
    expect(asked.max).toBeLessThan(3 * 1_536 + 2 * 2_048 + 500)
    expect(asked.isAssumed).toBe(true)
  })

  // By the vendor's documented rules, of media no thinner than decision 0004 says.
  const media = fc.oneof(
    fc
      .record({ pages: fc.integer({ min: 1, max: 300 }), bytesPerPage: fc.integer({ min: 1_024, max: 3_000 }) })
      .map(({ pages, bytesPerPage }) => {
        const bytes = pages * bytesPerPage
        return { part: pdf(bytes), tokens: pages * 1_536 + bytes }
      }),
    fc.integer({ min: 1, max: 16 }).map((pages) => ({ part: pdf(300), tokens: pages * 1_536 + 300 })),
    fc.nat(3_600).map((seconds) => ({ part: sound(seconds * 750), tokens: seconds * 10 })),
    fc.string({ maxLength: 200 }).map((text) => ({
      part: { type: 'text', text },
      tokens: new TextEncoder().encode(text).length,
    })),
  )

  test('whatever the media, they count no more than is held by the documented rules', () => {
    fc.assert(
      fc.property(fc.array(media, { maxLength: 4 }), (mix) => {
        const tokens = mix.reduce((sum, each) => sum + each.tokens, 0)
        expect(held(mix.map(({ part }) => part))).toBeGreaterThanOrEqual(tokens)
      }),
      { numRuns: 200 },
    )
  })

  test('more bytes never count less', () => {
    fc.assert(
      fc.property(fc.constantFrom(pdf, sound, video), fc.nat(300_000), fc.nat(300_000), (partOf, one, more) => {
        expect(held([partOf(one + more)])).toBeGreaterThanOrEqual(held([partOf(one)]))
      }),
      { numRuns: 200 },
    )
  })

  test('what is only named may be as much as the model takes', () => {
    for (const part of [
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', file: { file_url: 'https://example.com/a.pdf' } },
      { type: 'file' },
      { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
      { type: 'audio_url', audio_url: null },
    ])
      expect(held([part])).toBe(Number.POSITIVE_INFINITY)
  })

  test("the upstream's own tools add a stated number of tokens each, the client's none", () => {
    const tools = (...types: readonly string[]): object => ({ tools: types.map((type) => ({ type })) })
    expect(held('hi', tools('function', 'custom'))).toBeLessThan(300)
    expect(held('hi', tools('file_search', 'mcp'))).toBeGreaterThan(262_144)
    expect(held('hi', { web_search_options: {} }) - held('hi')).toBeGreaterThan(32_768)
    expect(held('hi', { plugins: [{ id: 'web' }] })).toBeGreaterThan(131_072)
    expect(read('hi', { web_search_options: {} }).demand!.input.isAssumed).toBe(true)
  })
})
