/** The files of all accounts, kept byte for byte; the oldest are forgotten where there are too many, as no vendor does. */
import { randomBytes } from 'node:crypto'
import { memoryBytesMax } from '../../../lib/spool.ts'
import type { FormFile } from '../../form.ts'
import { Refusal } from '../../refusal.ts'

export type StoredFile = {
  readonly id: string
  readonly owner: string
  readonly purpose: string
  readonly file: FormFile
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly free: () => void
}

export type StoredFiles = {
  readonly add: (stored: Omit<StoredFile, 'id'>) => StoredFile
  readonly get: (owner: string, id: string) => StoredFile | undefined
  /** The newest first. */
  readonly list: (owner: string) => readonly StoredFile[]
  readonly remove: (stored: StoredFile) => void
}

/** Of all accounts together: so many files, so much of small ones, which are in memory, and of large ones, which are on disk. */
const limits = { filesMax: 10_000, memoryMax: 64 * 1024 ** 2, diskMax: 4 * 1024 ** 3 }

export function createStoredFiles({ filesMax, memoryMax, diskMax } = limits): StoredFiles {
  const files = new Map<string, StoredFile>()
  const bytes = { memory: 0, disk: 0 }
  const count = ({ file: { length } }: StoredFile, sign: 1 | -1): void => {
    bytes[length > memoryBytesMax ? 'disk' : 'memory'] += sign * length
  }
  const remove = (stored: StoredFile): void => {
    if (!files.delete(stored.id)) return
    count(stored, -1)
    stored.free()
  }
  const isFull = (): boolean => files.size > filesMax || bytes.memory > memoryMax || bytes.disk > diskMax
  const removeExpired = (): void => {
    for (const stored of files.values()) if ((stored.expiresAt ?? Infinity) <= Date.now()) remove(stored)
  }
  return {
    add(given) {
      removeExpired()
      const stored = { ...given, id: `file-${randomBytes(12).toString('hex')}` }
      files.set(stored.id, stored)
      count(stored, 1)
      for (const oldest of files.values()) {
        if (!isFull()) break
        remove(oldest)
      }
      return stored
    },
    get(owner, id) {
      removeExpired()
      const stored = files.get(id)
      return stored?.owner === owner ? stored : undefined
    },
    list(owner) {
      removeExpired()
      return [...files.values()].filter((stored) => stored.owner === owner).toReversed()
    },
    remove,
  }
}

type FilesOfCaller = { readonly files: StoredFiles; readonly cacheOwner: string }

/** A file of the account; refuses with OpenAI's 404. */
export function requiredFile({ files, cacheOwner }: FilesOfCaller, id: string): StoredFile {
  const stored = files.get(cacheOwner, id)
  if (!stored) throw new Refusal(404, `No such File object: ${id}`, { code: null, param: 'id' })
  return stored
}
