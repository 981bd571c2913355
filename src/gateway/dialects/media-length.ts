/**
 * How long sound and film are, and how many pages a PDF has, as the file itself says. It is the client's word: what
 * it costs to believe it is bounded as docs/decisions/0004-hold-policy.md says. Read cheaply or not at all: a few bytes
 * of a head, and of a PDF no more than a request may have read.
 */
import { inflateSync } from 'node:zlib'
import type { Strings } from '../../lib/json-skeleton.ts'
import { decodedBytes } from './media-bounds.ts'

/** A file that stands in a body, in base64 or as a data URL. */
export type Sent = {
  /** At most. */
  readonly bytes: number
  /** Some of its bytes; fewer where it ends. */
  readonly read: (from: number, to: number) => Buffer
}

/** Of so many characters from the beginning, a text that is large is whole too. */
const headChars = 256

export function sentIn(value: string, strings: Strings): Sent {
  const begin = value.startsWith('data:') ? value.indexOf(',', 0) + 1 : 0
  let whole: string | null = null
  const charsTo = (end: number): string => (end <= headChars ? value : (whole ??= strings.wholeOf(value)))
  return {
    bytes: decodedBytes(strings.lengthOf(value) - begin),
    read(from, to) {
      const first = begin + Math.floor(from / 3) * 4
      const last = begin + Math.ceil(to / 3) * 4
      return Buffer.from(charsTo(last).slice(first, last), 'base64').subarray(from % 3, (from % 3) + to - from)
    },
  }
}

// ---- Sound and film --------------------------------------------------------------------------------

/** Seconds that a file says it lasts (WAV, FLAC, MP3, and MP4 with its kin); null where it does not say. */
export function secondsSaid(sent: Sent): number | null {
  const head = sent.read(0, headBytes)
  const word = head.toString('latin1', 0, 4)
  const seconds =
    word === 'RIFF'
      ? wavSeconds(head, sent.bytes)
      : word === 'fLaC'
        ? flacSeconds(head)
        : head.toString('latin1', 4, 8) === 'ftyp'
          ? mp4Seconds(sent)
          : mp3Seconds(head, sent.bytes)
  return seconds !== null && Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null
}
const headBytes = 180

/** https://learn.microsoft.com/windows/win32/api/mmeapi/ns-mmeapi-waveformatex; plain samples are as long as they are. */
function wavSeconds(head: Buffer, bytes: number): number | null {
  const at = head.indexOf('fmt ') + 8
  if (at < 8 || at + 16 > head.length) return null
  const isPlain = [1, 3, 0xfffe].includes(head.readUInt16LE(at))
  const plain = (head.readUInt32LE(at + 4) * head.readUInt16LE(at + 2) * head.readUInt16LE(at + 14)) / 8
  return bytes / (isPlain ? plain : head.readUInt32LE(at + 8))
}

/** RFC 9639, 8.2: 20 bits of rate, 3 of channels, 5 of depth, 36 of samples. */
function flacSeconds(head: Buffer): number | null {
  if (head.length < 26) return null
  const rate = head.readUIntBE(18, 3) >> 4
  return ((head[21]! & 15) * 2 ** 32 + head.readUInt32BE(22)) / rate
}

/** ISO/IEC 11172-3, 2.4.2.3: layer III of MPEG-1, and of MPEG-2 and 2.5; kbit/s by index. */
const mp3Kbits = {
  one: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  two: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const
const mp3Rates: Readonly<Record<number, readonly number[]>> = {
  0: [11_025, 12_000, 8_000],
  2: [22_050, 24_000, 16_000],
  3: [44_100, 48_000, 32_000],
}

/** By the frames that its first frame counts, or by that frame's bit rate. */
function mp3Seconds(head: Buffer, bytes: number): number | null {
  const at = head.toString('latin1', 0, 3) === 'ID3' && head.length >= 10 ? 10 + tagBytes(head) : 0
  if (at + 44 > head.length || head[at] !== 0xff || (head[at + 1]! & 0xe6) !== 0xe2) return null
  const version = (head[at + 1]! >> 3) & 3
  const rate = mp3Rates[version]?.[(head[at + 2]! >> 2) & 3]
  const kbits = mp3Kbits[version === 3 ? 'one' : 'two'][head[at + 2]! >> 4]
  if (rate === undefined || kbits === undefined) return null
  const counted = head.subarray(at).indexOf('Xing') === -1 ? head.indexOf('Info', at) : head.indexOf('Xing', at)
  const hasFrames = counted !== -1 && counted + 12 <= head.length && (head[counted + 7]! & 1) === 1
  if (hasFrames) return (head.readUInt32BE(counted + 8) * (version === 3 ? 1_152 : 576)) / rate
  return (bytes - at) / (kbits * 125)
}

/** https://id3.org/id3v2.4.0-structure: four times seven bits. */
const tagBytes = (head: Buffer): number => head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0)

/** A film has a handful of boxes beside each other, one of which has the header with its length. */
const boxesMax = 64

/** ISO/IEC 14496-12, 8.2.2. */
function mp4Seconds(sent: Sent): number | null {
  let at = 0
  for (let box = 0; box < boxesMax && at < sent.bytes; box += 1) {
    const head = sent.read(at, at + 16)
    if (head.length < 16) return null
    const name = head.toString('latin1', 4, 8)
    if (name === 'mvhd') return movieSeconds(sent.read(at + 8, at + 40))
    const stated = head.readUInt32BE(0)
    const size = stated === 1 ? Number(head.readBigUInt64BE(8)) : stated
    // The header is inside of it.
    at += name === 'moov' ? 8 : size
    if (size < 8) return null
  }
  return null
}

function movieSeconds(header: Buffer): number | null {
  if (header.length < 32) return null
  return header[0] === 1
    ? Number(header.readBigUInt64BE(24)) / header.readUInt32BE(20)
    : header.readUInt32BE(16) / header.readUInt32BE(12)
}

// ---- PDF -------------------------------------------------------------------------------------------

/** What of PDFs is read in one request: beyond it their bytes must do. */
const pdfBytesMax = 8 * 1024 * 1024
const objectStreamsMax = 256
const objectBytesMax = 4 * 1024 * 1024

/** Counts the pages of PDFs of one request, as far as reading them is cheap. */
export type PageCounter = { pdfBytesLeft: number; objectBytesLeft: number; objectStreamsLeft: number }
export const createPageCounter = (): PageCounter => ({
  pdfBytesLeft: pdfBytesMax,
  objectBytesLeft: objectBytesMax,
  objectStreamsLeft: objectStreamsMax,
})

/** Pages that a PDF has by its own objects (ISO 32000-1, 7.7.3); null where it is none, or does not show them. */
export function pagesSaid(sent: Sent, counter: PageCounter): number | null {
  if (sent.bytes > counter.pdfBytesLeft || !sent.read(0, headBytes).includes('%PDF-')) return null
  counter.pdfBytesLeft -= sent.bytes
  const pdf = sent.read(0, sent.bytes)
  const text = pdf.toString('latin1')
  const packed = packedObjects(pdf, text, counter)
  // Where objects are not to be seen, as in an encrypted file, one that is made for the web tells all the same.
  const pages = packed === null ? linearizedPages(text) : Math.max(pagesIn([text, ...packed]), linearizedPages(text))
  return pages > 0 ? pages : null
}

function pagesIn(texts: readonly string[]): number {
  let leaves = 0
  let counted = 0
  let nodes = 0
  for (const text of texts) {
    const objects = objectsIn(text)
    if (objects === null) return 0
    for (const { type, at } of objects) {
      if (type === 'ObjStm') continue
      if ((nodes += 1) > nodesMax) return 0
      if (type === 'Page') leaves += 1
      else counted = Math.max(counted, countBeside(text, at))
    }
  }
  return Math.max(leaves, counted)
}
/** Nobody reads as many. */
const nodesMax = 4_000

/**
 * What says that it is a page, a node of pages or a stream of objects; null for more of it than anybody reads. Searched for
 * by its first word: a pattern is compiled for the text that it meets first, and took 120 ms for 8 MB of another, this 2.
 */
function objectsIn(text: string): readonly { readonly type: string; readonly at: number }[] | null {
  const objects: { type: string; at: number }[] = []
  let many = 0
  for (let at = text.indexOf(typed); at !== -1; at = text.indexOf(typed, at + typed.length)) {
    if ((many += 1) > typedMax) return null
    typeName.lastIndex = at + typed.length
    const type = typeName.exec(text)?.[1]
    if (type !== undefined) objects.push({ type, at })
  }
  return objects
}
const typed = '/Type'
const typeName = /\s{0,8}\/(Pages?|ObjStm)(?![A-Za-z])/y
const typedMax = 200_000

/** What a node of the tree of pages says that is below it: one page may stand there many times. */
function countBeside(text: string, at: number): number {
  const before = text.slice(Math.max(0, at - nodeCharsMax), at)
  const after = text.slice(at, at + nodeCharsMax)
  const node = before.slice(Math.max(0, before.lastIndexOf('<<'))) + after.split('>>', 1)[0]!
  return Number(/\/Count\s{1,8}(\d{1,7})/.exec(node)?.[1] ?? 0)
}
const nodeCharsMax = 512

/** What compressed streams of objects hold; null where one cannot be read, or all are too much. */
function packedObjects(pdf: Buffer, text: string, counter: PageCounter): readonly string[] | null {
  const texts: string[] = []
  let end = 0
  for (const { type, at } of objectsIn(text) ?? []) {
    if (type !== 'ObjStm' || at < end) continue
    const [keyword] = /stream\r?\n/.exec(text.slice(at, at + dictionaryCharsMax)) ?? []
    const from = keyword === undefined ? -1 : text.indexOf(keyword, at) + keyword.length
    end = pdf.indexOf('endstream', at)
    if (from === -1 || end < from || (counter.objectStreamsLeft -= 1) < 0) return null
    const objects = inflated(pdf.subarray(from, end), counter)
    if (objects === null) return null
    texts.push(objects)
  }
  return texts
}
const dictionaryCharsMax = 1_024

/** null for what is encrypted, packed in another way, or too much. */
function inflated(bytes: Buffer, counter: PageCounter): string | null {
  try {
    const objects = inflateSync(bytes, { maxOutputLength: counter.objectBytesLeft })
    counter.objectBytesLeft -= objects.length
    return objects.toString('latin1')
  } catch {
    return null
  }
}

/** ISO 32000-1, annex F: it stands within the first 1,024 bytes. */
function linearizedPages(text: string): number {
  const head = text.slice(0, 2_048)
  return head.includes('/Linearized') ? Number(/\/N\s{1,8}(\d{1,7})/.exec(head)?.[1] ?? 0) : 0
}
