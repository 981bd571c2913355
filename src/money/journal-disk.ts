/** What the journal asks of a disk: off the event loop, so that a disk that is slow holds up nobody else, but for `writeNow`. */
import { close, fdatasync, fstat, ftruncate, open, read, unlink, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'

export type JournalDisk = {
  /** A new file, mode 0600. Rejects where there is one. */
  readonly create: (path: string) => Promise<number>
  /** `bytes` stay as they are until `done` is called, with how many of them were written. */
  readonly write: (file: number, bytes: Uint8Array, at: number, done: WriteDone) => void
  /** On the event loop, for a disk that has just been seen to be quick: a thread of its own costs ten times the write. Gives how many bytes were written. */
  readonly writeNow: (file: number, bytes: Uint8Array, at: number) => number
  readonly read: (file: number, bytes: Uint8Array, at: number) => Promise<{ readonly bytesRead: number }>
  readonly sync: (file: number) => Promise<void>
  readonly truncate: (file: number, bytes: number) => Promise<void>
  /** Whether it is still in its folder: a file that somebody removed takes writes, and keeps none of them. */
  readonly isLinked: (file: number) => Promise<boolean>
  readonly close: (file: number) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  /** How long it is left alone after it was full. */
  readonly retryMs: number
}

type WriteDone = (error: NodeJS.ErrnoException | null, written: number) => void

const openFile = promisify(open)
const statFile = promisify(fstat)
const readFile = promisify(read)

export const localDisk: JournalDisk = {
  create: (path) => openFile(path, 'wx+', 0o600),
  write: (file, bytes, at, done) => write(file, bytes, 0, bytes.length, at, done),
  writeNow: (file, bytes, at) => writeSync(file, bytes, 0, bytes.length, at),
  read: (file, bytes, at) => readFile(file, bytes, 0, bytes.length, at),
  sync: promisify(fdatasync),
  truncate: promisify(ftruncate),
  isLinked: async (file) => (await statFile(file)).nlink > 0,
  close: promisify(close),
  remove: promisify(unlink),
  retryMs: 500,
}

/** Why the journal takes nothing at the moment. */
export type Trouble = {
  /** `full`: it goes on by itself once there is room. `broken`: only a restart can tell what is left of it. */
  readonly kind: 'full' | 'broken'
  /** For people. */
  readonly reason: string
}

/** Out of room, whoever says so: the disk, a quota, or a limit on the size of files. */
const fullCodes: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** What an error of the disk means for the journal. */
export function troubleOf(error: unknown): Trouble {
  const { code, message } = error as NodeJS.ErrnoException
  if (fullCodes.has(code)) return { kind: 'full', reason: `the journal cannot be written: the disk is full (${code})` }
  return { kind: 'broken', reason: `the journal cannot be written: ${code ?? message}; restart to recover` }
}
