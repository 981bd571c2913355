/**
 * Files of a head, in JSON, and a body, whose bytes come little by little. A file says itself whether it is whole: whoever
 * dies while writing leaves one that is not. Never is one open but for a moment, so that any number may be written at once.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** Each file begins with it: a mark, how long head and body are, in bytes, and the CRC-32 of both; of a body that is not whole, blanks. */
const mark = 'headed2'
const headDigits = 8
const bodyDigits = 16
const sumDigits = 10
const prefixBytes = mark.length + headDigits + bodyDigits + sumDigits + 1

type Sealed = { readonly bodyBytes: number; readonly sum: number }

function prefixOf(headBytes: number, sealed: Sealed | null): string {
  const [body, sum] = sealed ? [sealed.bodyBytes, sealed.sum] : ['', '']
  return `${mark}${String(headBytes).padStart(headDigits)}${String(body).padStart(bodyDigits)}${String(sum).padStart(sumDigits)}\n`
}

export type FileWriter = {
  /** How long the file is, with what of it has not been written yet. */
  readonly bytes: () => number
  /** Takes what follows in the body. Gives whether so much is gathered that it should be written; until then these bytes must stay as they are. */
  readonly add: (bytes: Uint8Array) => boolean
  /** Resolves once all that was added is written. Once it rejects, it always does. */
  readonly flush: () => Promise<void>
  /** All of the body has come: resolves once the file is whole, and no power cut can take it any more. May reject. */
  readonly seal: () => Promise<void>
}

/** More should not be gathered before it is written. */
const gatheredBytesMax = 16 * 1024

/** Begins a file, mode 0600, at a path where there is none. Nothing is written before something is added or sealed. */
export function createHeadedFile(path: string, head: unknown): FileWriter {
  const headBytes = Buffer.from(JSON.stringify(head))
  let gathered: Uint8Array[] = [Buffer.from(prefixOf(headBytes.length, null)), headBytes]
  let waiting = prefixBytes + headBytes.length
  let written = 0
  let sum = crc32(headBytes)
  let last: Promise<void> = Promise.resolve()

  /** One after the other; what comes meanwhile goes with the next. */
  const flush = (): Promise<void> => (last = last.then(writeGathered))
  async function writeGathered(): Promise<void> {
    if (waiting === 0) return
    const pieces = joined(gathered)
    const first = written
    gathered = []
    written += waiting
    waiting = 0
    await withFile(path, first === 0 ? 'wx' : 'r+', async (file) => {
      let at = first
      for (const piece of pieces) {
        await writeAll(file, piece, at)
        at += piece.length
      }
    })
  }
  const bodyBytes = (): number => written + waiting - prefixBytes - headBytes.length
  return {
    bytes: () => written + waiting,
    add(bytes) {
      waiting += bytes.length
      sum = crc32(bytes, sum)
      const isDue = waiting >= gatheredBytesMax
      // Whose they are may use their memory again.
      gathered.push(isDue ? bytes : bytes.slice())
      return isDue
    },
    flush,
    async seal() {
      await flush()
      await withFile(path, 'r+', async (file) => {
        await writeAll(file, Buffer.from(prefixOf(headBytes.length, { bodyBytes: bodyBytes(), sum })), 0)
        await file.datasync()
      })
    },
  }
}

/** In as few pieces as can be, and without a copy of a large one. */
function joined(gathered: readonly Uint8Array[]): readonly Uint8Array[] {
  const last = gathered.at(-1)!
  return last.length < gatheredBytesMax ? [Buffer.concat(gathered)] : [Buffer.concat(gathered.slice(0, -1)), last]
}

export type HeadedFile = {
  readonly head: unknown
  /** Of its body, as far as it came. */
  readonly bodyBytes: number
  readonly isWhole: boolean
  /** What of the body stands from `at` on, at most `max` bytes. */
  readonly read: (at: number, max: number) => Promise<Uint8Array>
  /** Whether one that is whole is what was written, by its checksum. Reads all of it. */
  readonly isSound: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/** Opens a file that was written so; it can be read although somebody removes it. null where there is none, or not even a head. */
export async function openHeadedFile(path: string): Promise<HeadedFile | null> {
  const file = await open(path, 'r').catch(noneWhereMissing)
  if (file === null) return null
  try {
    const found = await lookInto(file)
    if (found === null) await file.close()
    return found
  } catch (error) {
    await file.close()
    throw error
  }
}

async function lookInto(file: FileHandle): Promise<HeadedFile | null> {
  const prefix = prefixIn(await readAt(file, 0, prefixBytes))
  if (prefix === null) return null
  const bodyAt = prefixBytes + prefix.headBytes
  const { size } = await file.stat()
  if (size < bodyAt) return null
  const head = headIn(await readAt(file, prefixBytes, prefix.headBytes))
  return head === undefined ? null : filed(file, { head, bodyAt, size, sealed: prefix.sealed })
}

type Found = {
  readonly head: unknown
  readonly bodyAt: number
  readonly size: number
  readonly sealed: Sealed | null
}

const filed = (file: FileHandle, { head, bodyAt, size, sealed }: Found): HeadedFile => ({
  head,
  bodyBytes: size - bodyAt,
  isWhole: sealed?.bodyBytes === size - bodyAt,
  read: (at, max) => readAt(file, bodyAt + at, Math.max(0, Math.min(max, size - bodyAt - at))),
  async isSound() {
    let sum = 0
    for (let at = prefixBytes; at < size; at += summedBytes)
      sum = crc32(await readAt(file, at, Math.min(summedBytes, size - at)), sum)
    return sum === sealed?.sum
  },
  close: () => file.close(),
})

/** undefined for what a power cut has left of one. */
function headIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown
  } catch {
    return undefined
  }
}

const summedBytes = 256 * 1024

const prefixPattern = new RegExp(`^${mark}([ \\d]{${headDigits}})([ \\d]{${bodyDigits}})([ \\d]{${sumDigits}})\\n$`)
function prefixIn(prefix: Uint8Array): { readonly headBytes: number; readonly sealed: Sealed | null } | null {
  const [, head = '', body = '', sum = ''] = prefixPattern.exec(Buffer.from(prefix).toString('latin1')) ?? []
  if (head === '') return null
  return { headBytes: Number(head), sealed: body.trim() === '' ? null : { bodyBytes: Number(body), sum: Number(sum) } }
}

async function withFile(path: string, flags: 'wx' | 'r+', work: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await work(file)
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}

/** Fewer than `many` only at the end of the file. */
async function readAt(file: FileHandle, at: number, many: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(many)
  let done = 0
  while (done < many) {
    const { bytesRead } = await file.read(bytes, done, many - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

function noneWhereMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw error
}
