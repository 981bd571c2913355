import { describe, expect, test } from 'bun:test'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { cpuMs } from '../../../test/support/cpu-ms.ts'
import { SkeletonReader, wholeStrings } from '../../lib/json-skeleton.ts'
import { createPageCounter, pagesSaid, secondsSaid, sentIn } from './media-length.ts'

const sent = (bytes: Uint8Array, before = '') => sentIn(before + Buffer.from(bytes).toString('base64'), wholeStrings)
const seconds = (...pieces: readonly Uint8Array[]): number | null => secondsSaid(sent(Buffer.concat(pieces)))
const pages = (...pieces: readonly (Uint8Array | string)[]): number | null =>
  pagesSaid(sent(Buffer.concat(pieces.map((piece) => Buffer.from(piece)))), createPageCounter())

const numbers = (...values: readonly (readonly [bytes: number, value: number])[]): Buffer =>
  Buffer.concat(
    values.map(([bytes, value]) => {
      const one = Buffer.alloc(Math.abs(bytes))
      if (bytes > 0) one.writeUIntBE(value, 0, bytes)
      else one.writeUIntLE(value, 0, -bytes)
      return one
    }),
  )

/** `bits` of each sample; `format` 1 is plain. */
function wav(format: number, channels: number, rate: number, bits: number, bytesPerSecond: number): Buffer {
  const fields = numbers([-2, format], [-2, channels], [-4, rate], [-4, bytesPerSecond], [-2, 0], [-2, bits])
  return Buffer.concat([Buffer.from('RIFF????WAVEfmt ????'), fields, Buffer.from('data????')])
}

describe('what sound and film say of their length', () => {
  test('WAV: by its samples, and where they are packed by its bytes of a second', () => {
    expect(seconds(wav(1, 1, 16_000, 16, 1), Buffer.alloc(320_000))).toBe(11)
    expect(seconds(wav(0xfffe, 2, 48_000, 24, 1), Buffer.alloc(2_880_000))).toBe(11)
    expect(seconds(wav(6, 1, 8_000, 8, 8_000), Buffer.alloc(79_900))).toBe(10)
  })

  test('FLAC: by the samples that its header counts', () => {
    const streamInfo = numbers([4, 34], [4, 0], [6, 0], [3, (44_100 << 4) | 2], [5, 44_100 * 600])
    expect(seconds(Buffer.from('fLaC'), streamInfo, Buffer.alloc(400))).toBe(600)
  })

  test('MP3: by the frames that are counted, else by its bit rate, behind a tag too', () => {
    const first = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(32)])
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x23'), Buffer.alloc(35)])
    expect(seconds(first, Buffer.alloc(16_000 * 60))).toBe(61)
    expect(seconds(tag, first, Buffer.alloc(16_000 * 60))).toBe(61)
    const counted = Buffer.concat([Buffer.from('Xing'), numbers([4, 1], [4, 2_296])])
    expect(seconds(tag, first, counted, Buffer.alloc(900))).toBe(60)
    expect(seconds(Buffer.from([0xff, 0xf3, 0x40, 0xc0]), Buffer.alloc(40_000))).toBe(11)
  })

  test('MP4 and MOV: by the header of the movie, wherever it stands', () => {
    const box = (name: string, content: Uint8Array, extra = 0): Buffer =>
      Buffer.concat([numbers([4, 8 + content.length + extra]), Buffer.from(name), content])
    const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0'))
    const short = box('moov', box('mvhd', numbers([4, 0], [4, 0], [4, 0], [4, 600], [4, 36_000], [6, 0], [6, 0])))
    const long = box(
      'moov',
      box('mvhd', numbers([4, 0x1000000], [6, 0], [6, 0], [4, 0], [4, 1_000], [4, 0], [4, 90_500])),
    )
    const large = Buffer.concat([
      numbers([4, 1]),
      Buffer.from('mdat'),
      numbers([4, 0], [4, 5_016]),
      Buffer.alloc(5_000),
    ])
    expect(seconds(ftyp, short, box('mdat', Buffer.alloc(5_000)))).toBe(60)
    expect(seconds(ftyp, box('mdat', Buffer.alloc(5_001)), long)).toBe(91)
    expect(seconds(ftyp, large, short)).toBe(60)
  })

  test('whatever is none of these, is broken or says nothing, says nothing', () => {
    for (const bytes of ['', 'RIFF', 'RIFF????WAVEfmt ', 'OggS', 'fLaC', 'ID3', '\0\0\0\x20ftyp', 'hello'])
      expect(seconds(Buffer.from(bytes))).toBeNull()
    expect(seconds(wav(1, 0, 0, 0, 0), Buffer.alloc(99))).toBeNull()
    expect(seconds(Buffer.from('\0\0\0\0ftypisom'), Buffer.alloc(99))).toBeNull()
    const begins = fc.constantFrom('RIFF????WAVEfmt ????', 'fLaC', 'ID3', '\xff\xfb', '????ftyp', '')
    fc.assert(
      fc.property(begins, fc.uint8Array({ maxLength: 400 }), (begin, bytes) => {
        const said = seconds(Buffer.from(begin, 'latin1'), bytes)
        expect(said === null || (Number.isFinite(said) && said > 0)).toBe(true)
      }),
    )
  })
})

const page = '<</Type/Page/Parent 2 0 R>>'
const tree = (count: number): string => `<< /Kids [3 0 R] /Type /Pages\n/Count ${count} >>`
const packed = (objects: string): Buffer =>
  Buffer.concat([Buffer.from('<</Type/ObjStm/N 2>>stream\r\n'), deflateSync(objects), Buffer.from('\nendstream ')])

describe('what a PDF says of its pages', () => {
  test('as many as it has objects of pages, or as its tree counts where one stands there often', () => {
    expect(pages('%PDF-1.4\n', page.repeat(3), tree(3), '/Type /PageLabel /Type/Pagesetup')).toBe(3)
    expect(pages('%PDF-1.4\n', page, tree(900))).toBe(900)
    expect(pages('junk before %PDF-1.4\n', page)).toBe(1)
    expect(pages('%PDF-1.4\n', page, '<< /Type /Outlines /Count 50 >>')).toBe(1)
  })

  test('those in compressed streams of objects as well', () => {
    expect(pages('%PDF-1.7\n', packed(page.repeat(7)), packed(page.repeat(5) + tree(12)))).toBe(12)
  })

  test('one that is encrypted tells where it is made for the web, and otherwise not', () => {
    const encrypted = '<</Type/ObjStm>>stream\nnot to be read endstream trailer <</Encrypt 1 0 R>>'
    expect(pages('%PDF-1.7\n<</Linearized 1/L 9/N 41/O 3>>', encrypted)).toBe(41)
    expect(pages('%PDF-1.7\n', encrypted)).toBeNull()
  })

  test('none where it is none, has none, or would cost too much to read', () => {
    for (const text of ['', 'hello', '%PDF-1.7\n', page.repeat(2)]) expect(pages(text)).toBeNull()
    expect(pages('%PDF-1.7\n', page.repeat(5_000))).toBeNull()
    expect(pages('%PDF-1.7\n', packed(' '.repeat(5_000_000) + page))).toBeNull()
    expect(pages('%PDF-1.7\n', ...Array.from({ length: 300 }, () => packed(page)))).toBeNull()
    const counter = createPageCounter()
    const large = sent(Buffer.concat([Buffer.from(`%PDF-1.7\n${page}`), Buffer.alloc(5 * 1024 * 1024)]))
    expect([pagesSaid(large, counter), pagesSaid(large, counter)]).toEqual([1, null])
  })

  test('of more objects than anybody reads is known by its bytes alone', () => {
    const file = sent(Buffer.from(`%PDF-1.7\n${page.repeat(4)}${'/Type'.repeat(200_000)}${page.repeat(100)}`))
    expect(pagesSaid(file, createPageCounter())).toBeNull()
  })

  test('is read in time that does not grow faster than it', () => {
    for (const text of ['/Type/Pages', '/Type        ', '<<', '/Type/ObjStm', '<</Type/ObjStm>>stream\nendstream']) {
      const hostile = (times: number) => sent(Buffer.from(`%PDF-1.7\n${text.repeat(times)}`))
      const [few, many] = [hostile(10_000), hostile(100_000)]
      const ms = (file: typeof few): number => {
        const before = cpuMs()
        pagesSaid(file, createPageCounter())
        return cpuMs() - before
      }
      expect(ms(many)).toBeLessThan(10 * ms(few) + 200)
    }
  })
})

test('a file within a large body is read as one that stands alone', () => {
  const pdf = Buffer.concat([Buffer.from(`%PDF-1.7\n${page.repeat(4)}`), Buffer.alloc(200_000, 'x'), Buffer.from(page)])
  const url = `data:application/pdf;base64,${pdf.toString('base64')}`
  const reader = new SkeletonReader(Buffer.from(JSON.stringify({ url })))
  while (!reader.step(64 * 1024));
  const strings = reader.skeleton()
  const { url: begun } = JSON.parse(strings.text) as { url: string }
  expect(begun.length).toBeLessThan(url.length)
  expect(pagesSaid(sentIn(begun, strings), createPageCounter())).toBe(5)
})
