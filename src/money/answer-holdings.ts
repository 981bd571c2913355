/** How much is kept of whose answers: in bytes on a disk, for each organization and in all, the oldest going first. */
import type { KeyUse } from '../store/store.ts'

/** An answer that is kept, or on its way to be. `at`: since when, epoch ms. `bytes`: what is counted for it. */
export type Holding = Pick<KeyUse, 'requestId' | 'organizationId'> & { at: number; bytes: number; isUnderWay: boolean }

export type HoldingLimits = {
  /** Of one answer. */
  readonly answerBytesMax: number
  /** Of all that an organization has; then its oldest go. */
  readonly organizationBytesMax: number
  /** In all; then the oldest of whoever has the most go. */
  readonly bytesMax: number
}

type Owner = { readonly own: Map<string, Holding>; bytes: number }

export type Holdings = ReturnType<typeof createHoldings>

/** What the smallest file takes of a disk. */
const blockBytes = 4096

/** Nothing is kept yet. `limits` is asked each time; `dropped` is told of what had to go. */
export function createHoldings(limits: () => HoldingLimits, dropped: (requestId: string) => void) {
  const holdings = new Map<string, Holding>()
  const owners = new Map<string, Owner>()
  let bytes = 0

  const grow = (holding: Holding, more: number): void => {
    holding.bytes += more
    owners.get(holding.organizationId)!.bytes += more
    bytes += more
  }
  const take = (requestId: string): void => {
    const holding = holdings.get(requestId)
    if (!holding) return
    const { organizationId } = holding
    const owner = owners.get(organizationId)!
    grow(holding, -holding.bytes)
    holdings.delete(requestId)
    owner.own.delete(requestId)
    if (owner.own.size === 0) owners.delete(organizationId)
    dropped(requestId)
  }
  /** False where nobody has anything that could go. */
  const makeRoom = (isTooMuch: () => boolean, owner: () => Owner | undefined): boolean => {
    while (isTooMuch()) {
      const oldest = oldestOf(owner())
      if (!oldest) return false
      take(oldest.requestId)
    }
    return true
  }
  return {
    bytes: () => bytes,
    has: (holding: Holding): boolean => holdings.get(holding.requestId) === holding,
    isKept: (requestId: string): boolean => holdings.has(requestId),
    all: () => [...holdings.values()],
    put(holding: Holding): void {
      const owner = owners.get(holding.organizationId) ?? { own: new Map<string, Holding>(), bytes: 0 }
      owners.set(holding.organizationId, owner)
      owner.own.set(holding.requestId, holding)
      holdings.set(holding.requestId, holding)
      owner.bytes += holding.bytes
      bytes += holding.bytes
    },
    /** Counts a file that becomes so long. False where there is no room for it, not even once the oldest have gone. */
    resize(holding: Holding, fileBytes: number): boolean {
      const { answerBytesMax, organizationBytesMax, bytesMax } = limits()
      if (fileBytes > answerBytesMax) return false
      const more = onDisk(fileBytes) - holding.bytes
      const own = owners.get(holding.organizationId)!
      const hasRoom =
        makeRoom(
          () => own.bytes + more > organizationBytesMax,
          () => own,
        ) &&
        makeRoom(
          () => bytes + more > bytesMax,
          () => withMost(owners.values()),
        )
      if (hasRoom) grow(holding, more)
      return hasRoom
    },
    take,
  }
}

/** What a file takes of a disk. */
export const onDisk = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes

const withMost = (owners: Iterable<Owner>): Owner | undefined => {
  let most: Owner | undefined
  for (const owner of owners) if (owner.bytes > (most?.bytes ?? -1)) most = owner
  return most
}

function oldestOf(owner: Owner | undefined): Holding | null {
  for (const holding of owner?.own.values() ?? []) if (!holding.isUnderWay) return holding
  return null
}
