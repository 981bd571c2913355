/** What an attack is given, and what it gives back. */

export type Target = {
  readonly port: number
  readonly key: string
  /** Its time counts from the first call on: what is made ready before does not. */
  readonly begin: () => void
  /** Whether its time is up. */
  readonly isOver: () => boolean
  /** Resolves when its time is up. */
  readonly over: Promise<void>
}

/** What it came to: how many answers of each status, bytes sent, connections. A test that asks can tell that it did attack. */
export type Done = Readonly<Record<string, number>>

export type Attack = (target: Target) => Promise<Done>

export type Tally = { readonly add: (what: string, count?: number) => void; readonly done: () => Done }

export function createTally(): Tally {
  const counts: Record<string, number> = {}
  return {
    add: (what, count = 1) => void (counts[what] = (counts[what] ?? 0) + count),
    done: () => counts,
  }
}

/** So many of them at once, each beginning anew until the time is up. */
export async function untilOver(target: Target, atOnce: number, once: () => Promise<void>): Promise<void> {
  target.begin()
  const work = async (): Promise<void> => {
    while (!target.isOver()) await once()
  }
  await Promise.race([target.over, Promise.all(Array.from({ length: atOnce }, work))])
}
