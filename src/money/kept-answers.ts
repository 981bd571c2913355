/**
 * Answers to requests with an idempotency key, kept for a day, so that whoever repeats such a call is given the first
 * answer again. Each is a file of its own, named for its request. It is whole and synced before its request is
 * settled, so that a crash leaves either no use of the key, or a use with its answer.
 *
 * It is a convenience and never a duty: an answer that there is no room for, or that the disk does not take, is not
 * kept, and its request goes on as if nothing had been. Then the repeat is refused with the receipt.
 */
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createAtOnce } from '../lib/at-once.ts'
import type { Clock } from '../lib/clock.ts'
import { createHeadedFile, openHeadedFile, type FileWriter, type HeadedFile } from '../lib/headed-file.ts'
import type { KeyUse } from '../store/store.ts'
import { createHoldings, onDisk, type Holding, type HoldingLimits, type Holdings } from './answer-holdings.ts'
import { usedSince } from './idempotency-keys.ts'

export type KeptAnswers = {
  /** Begins to keep the answer of a request; null where none are kept. `use`: of its key, where no settlement will tell of that. */
  readonly begin: (owner: Owner, head: unknown, use?: KeyUse) => Keeping | null
  /** The answer of a request; null where it is not kept, or not any more. To be closed. */
  readonly find: (requestId: string) => Promise<HeadedFile | null>
  /** Removes it, whether it is still being kept or not. */
  readonly drop: (requestId: string) => void
  /** Takes over what there is of requests that used up their keys, the oldest first, and removes all else. Gives the uses that only an answer tells of. */
  readonly load: (uses: readonly KeyUse[]) => Promise<KeyUse[]>
  /** Removes what is older than a day, and everything where none are kept. */
  readonly forgetOld: () => void
  /** In all, on the disk. */
  readonly heldBytes: () => number
}

export type Owner = Pick<KeyUse, 'requestId' | 'organizationId'>

/** An answer on its way. Nothing here rejects: what cannot be kept is not. */
export type Keeping = {
  /** What follows in it; a promise where its giver should wait for the disk. */
  readonly add: (bytes: Uint8Array) => Promise<void> | null
  /** Resolves once all that was added outlives the process. */
  readonly flush: () => Promise<void>
  /** Nothing more comes. Resolves once it is on the disk, `isWhole`: so that its reader knows it to be all. */
  readonly end: (isWhole: boolean) => Promise<void>
}

export type AnswerLimits = HoldingLimits & {
  /** `none`: nothing is kept. */
  readonly answers: 'kept' | 'none'
}

export type KeptAnswersDeps = {
  /** Asked each time, because configuration may change. */
  readonly limits: () => AnswerLimits
  readonly clock: Pick<Clock, 'now'>
  /** Told when the disk takes no answer, and again when it does: null. */
  readonly onTrouble?: (error: unknown) => void
}

/** Files that are written at once: the journal needs threads for its own. */
const writesMax = 4

/** Keeps answers in a folder of its own, made where there is none. */
export function openKeptAnswers(folder: string, deps: KeptAnswersDeps): KeptAnswers {
  const { limits, clock } = deps
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const disk = diskOf(folder, deps)
  const held = createHoldings(limits, disk.remove)
  return {
    begin({ requestId, organizationId }, head, use) {
      if (limits().answers === 'none') return null
      const holding: Holding = { requestId, organizationId, at: clock.now(), bytes: 0, isUnderWay: true }
      held.put(holding)
      const written: Head = { of: head, ...(use && { use }) }
      return keep(holding, createHeadedFile(disk.pathOf(requestId), written), { held, disk, clock })
    },
    async find(requestId) {
      if (limits().answers === 'none' || !held.isKept(requestId)) return null
      const file = await openHeadedFile(disk.pathOf(requestId))
      return file && { ...file, head: (file.head as Head).of }
    },
    drop: held.take,
    async load(uses) {
      const found = new Set(readdirSync(folder))
      const settled = uses.filter(({ requestId }) => found.delete(requestId))
      const told = await usesToldBy([...found].map(disk.pathOf), usedSince(clock.now()))
      for (const { requestId, organizationId, usedAt } of [...settled, ...told].toSorted(byAge)) {
        found.delete(requestId)
        const bytes = onDisk(statSync(disk.pathOf(requestId)).size)
        held.put({ requestId, organizationId, at: usedAt, bytes, isUnderWay: false })
      }
      found.forEach(disk.remove)
      return told
    },
    forgetOld() {
      const since = limits().answers === 'none' ? Number.POSITIVE_INFINITY : usedSince(clock.now())
      for (const { requestId, at, isUnderWay } of held.all()) if (at < since && !isUnderWay) held.take(requestId)
    },
    heldBytes: held.bytes,
  }
}

/** `of`: as it was given. */
type Head = { readonly of: unknown; readonly use?: KeyUse }

const byAge = (a: KeyUse, b: KeyUse): number => a.usedAt - b.usedAt

/** What whole answers tell of their own keys. */
async function usesToldBy(paths: readonly string[], since: number): Promise<KeyUse[]> {
  const uses: KeyUse[] = []
  for (const path of paths) {
    const file = await openHeadedFile(path).catch(() => null)
    const { use } = (file?.head ?? {}) as Partial<Head>
    if (file?.isWhole && use && use.usedAt >= since) uses.push(use)
    await file?.close()
  }
  return uses
}

type Disk = ReturnType<typeof diskOf>

/** Whose trouble is told when it begins and when it is over. */
function diskOf(folder: string, { onTrouble = () => undefined }: KeptAnswersDeps) {
  const atOnce = createAtOnce(writesMax)
  const pathOf = (requestId: string): string => join(folder, requestId)
  let isTroubled = false
  const note = (trouble: unknown): void => {
    if (isTroubled === (trouble !== null)) return
    isTroubled = trouble !== null
    onTrouble(trouble)
  }
  return {
    pathOf,
    remove: (requestId: string): void => void rm(pathOf(requestId), { force: true }).catch(note),
    /** Whether it could be done. */
    write: (work: () => Promise<void>): Promise<boolean> =>
      atOnce(work).then(
        () => {
          note(null)
          return true
        },
        (error: unknown) => {
          note(error)
          return false
        },
      ),
  }
}

type KeepDeps = Pick<KeptAnswersDeps, 'clock'> & { readonly held: Holdings; readonly disk: Disk }

function keep(holding: Holding, file: FileWriter, { held, disk, clock }: KeepDeps): Keeping {
  const { requestId } = holding
  const write = async (work: () => Promise<void>): Promise<void> => {
    const isWritten = held.has(holding) && (await disk.write(work))
    if (!isWritten) held.take(requestId)
    // It had to go while it was written.
    if (!held.has(holding)) disk.remove(requestId)
  }
  return {
    add(bytes) {
      if (!held.has(holding)) return null
      if (held.resize(holding, file.bytes() + bytes.length)) return file.add(bytes) ? write(file.flush) : null
      held.take(requestId)
      return null
    },
    flush: () => write(file.flush),
    async end(isWhole) {
      await write(isWhole ? file.seal : file.flush)
      holding.isUnderWay = false
      holding.at = clock.now()
    },
  }
}
