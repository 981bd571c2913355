/**
 * Large bodies that must be kept whole for a while, so that they can be looked at before they are sent on, and sent
 * again: the first few MiB of each in memory, whatever is larger in a file.
 *
 * A file has no name from the moment that it is open, so the system gives its room back when this process ends, however
 * it ends. One that a crash left between the two is removed at the next start. Nobody but their owner can read them.
 *
 * Room is taken by what has come and not by what is announced, so that nobody fills it by being slow; and a part of the
 * disk stays free for whoever else writes there.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open, statfs, unlink, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { createByteBudget, type ByteLimits, type Room } from './byte-budget.ts'
import { waitForTurn } from './byte-turns.ts'
import { keptBytes } from './http/kept-bytes.ts'
import { takeNext } from './http/pieces.ts'
import { joinedSources, sourceOf, type Rereadable } from './source.ts'

export type Spool = {
  /** Begins to keep a body of `owner`. `length`: how long it will be, where that is known. Throws a `SpoolFullError` where there is no room for it now; none is taken before it comes. */
  readonly keep: (owner: string, length: number | null) => Kept
  /** In files now. */
  readonly heldBytes: () => number
}

/** A body that is kept. */
export type Kept = {
  /** So far. */
  readonly bytes: number
  /** Adds a piece; not before the one before it has been added. Rejects with a `SpoolFullError`, or with what the file system says. */
  readonly append: (piece: Uint8Array) => Promise<void>
  /** From one byte until before another; as often as is asked. */
  readonly source: (from: number, until: number) => Rereadable
  /** Nothing of it is wanted any more. */
  readonly free: () => void
}

/** There is no room in files for so much: its owner has too much in them, or all together do, or the disk has no more to give. */
export class SpoolFullError extends Error {
  readonly full: 'own-full' | 'all-full'

  constructor(full: SpoolFullError['full']) {
    super('there is no room for a large body')
    this.name = 'SpoolFullError'
    this.full = full
  }
}

export type SpoolOptions = {
  readonly directory: string
  /** Of files; asked for each time, because configuration may change. */
  readonly limits: () => ByteLimits
  /** Told when a file cannot be closed. */
  readonly failed: (error: unknown) => void
  /** The disk that the folder is on, as the system tells it. */
  readonly disk?: (directory: string) => Promise<Disk>
}

export type Disk = { readonly bytes: number; readonly freeBytes: number }

/** Of a body up to this long, nothing is written. */
export const memoryBytesMax = 4 * 1024 * 1024
const suffix = '.body'
/** The disk is looked at once for so many bytes of a body. */
const lookBytes = 4 * 1024 * 1024
/** What stays free of a disk: the journal and the database are on it, and can do without the spool. */
export const reserveBytesOf = ({ bytes }: Pick<Disk, 'bytes'>): number =>
  Math.min(2 * 1024 ** 3, Math.floor(bytes / 10))

async function diskOf(directory: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(directory)
  return { bytes: bsize * blocks, freeBytes: bsize * bavail }
}

/** Opens the folder, and empties it of what a crash left there. */
export function createSpool({ directory, limits, failed, disk = diskOf }: SpoolOptions): Spool {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(directory)) if (name.endsWith(suffix)) rmSync(path.join(directory, name))
  const budget = createByteBudget(limits)
  const take = (owner: string, bytes: number): Room => {
    const room = budget.take(owner, bytes)
    if (typeof room === 'string') throw new SpoolFullError(room)
    return room
  }
  /** One at a time: it takes the system 8 ms for 160 MB, and twenty threads that do so leave little of a core to the event loop. */
  let closing = Promise.resolve()
  const close = (file: FileHandle): void => {
    closing = closing.then(() => file.close()).catch(failed)
  }
  return {
    keep(owner, length) {
      const room = take(owner, length !== null && length > memoryBytesMax ? length : 0)
      room.resize(0)
      return new Body({ directory, close, disk, room })
    },
    heldBytes: budget.heldBytes,
  }
}

type BodyOptions = Required<Pick<SpoolOptions, 'directory' | 'disk'>> & {
  readonly room: Room
  readonly close: (file: FileHandle) => void
}

class Body implements Kept {
  readonly #options: BodyOptions
  #bytes = 0
  /** So many the disk was found to have room for. */
  #lookedAt = 0
  #pieces: Uint8Array[] = []
  #file: FileHandle | null = null
  #isFreed = false

  constructor(options: BodyOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes
  }

  async append(piece: Uint8Array): Promise<void> {
    const bytes = this.#bytes + piece.length
    if (!this.#file && bytes <= memoryBytesMax) this.#pieces.push(keptBytes(piece))
    else await this.#write(piece, bytes)
    this.#bytes = bytes
  }

  async #write(piece: Uint8Array, bytes: number): Promise<void> {
    if (!this.#options.room.resize(bytes)) throw new SpoolFullError('all-full')
    if (bytes > this.#lookedAt) {
      await leaveReserve(this.#options)
      this.#lookedAt = bytes + lookBytes
    }
    if (!this.#file) {
      const file = await openNameless(this.#options.directory)
      if (this.#isFreed) return file.close()
      this.#file = file
      await this.#writeBegun(file)
    }
    await writeWhole(this.#file, piece, this.#bytes)
  }

  /** What was in memory. Not put together: of many at once, that would be tens of MB in one turn of the event loop. */
  async #writeBegun(file: FileHandle): Promise<void> {
    const pieces = this.#pieces
    this.#pieces = []
    for (let at = 0; pieces.length > 0;) {
      const some = takeNext(pieces)
      await writeWhole(file, some, at)
      at += some.length
    }
  }

  source(from: number, until: number): Rereadable {
    if (this.#file) return fileSource(this.#file, from, until)
    let at = 0
    const sources: Rereadable[] = []
    for (const piece of this.#pieces) {
      const some = piece.subarray(Math.max(0, from - at), Math.max(0, until - at))
      if (some.length > 0) sources.push(sourceOf(some))
      at += piece.length
    }
    return joinedSources(sources)
  }

  free(): void {
    this.#isFreed = true
    this.#pieces = []
    this.#options.room.free()
    if (this.#file) this.#options.close(this.#file)
    this.#file = null
  }
}

async function leaveReserve({ disk, directory }: BodyOptions): Promise<void> {
  const found = await disk(directory)
  if (found.freeBytes - lookBytes < reserveBytesOf(found)) throw new SpoolFullError('all-full')
}

async function openNameless(directory: string): Promise<FileHandle> {
  const name = path.join(directory, `${crypto.randomUUID()}${suffix}`)
  const file = await open(name, 'wx+', 0o600)
  await unlink(name)
  return file
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done).catch(asFull)
    done += bytesWritten
  }
}

const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Somebody else may have taken what the disk had a moment ago. */
function asFull(error: unknown): never {
  throw fullCodes.has((error as NodeJS.ErrnoException).code) ? new SpoolFullError('all-full') : error
}

const readBytes = 256 * 1024

function fileSource(file: FileHandle, from: number, until: number): Rereadable {
  let at = from
  return {
    length: until - from,
    async read() {
      if (at >= until) return { done: true }
      const bytes = Math.min(readBytes, until - at)
      await waitForTurn(bytes)
      const piece = Buffer.allocUnsafe(bytes)
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error('a file of the spool is shorter than what was written to it')
      at += bytesRead
      return { done: false, value: piece.subarray(0, bytesRead) }
    },
    cancel() {
      at = until
      return Promise.resolve()
    },
    open: () => fileSource(file, from, until),
  }
}
