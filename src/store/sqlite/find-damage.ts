/** Whether the pages of the file are what SQLite left there. */
import type { Database } from 'bun:sqlite'

const namedMax = 5

/** What is wrong, in SQLite's words; see `Store.findDamage`. */
export function findDamage(db: Database): string[] {
  try {
    const found = db.prepare<{ quick_check: string }, []>(`pragma quick_check(${namedMax})`).all()
    return found.map((row) => row.quick_check).filter((words) => words !== 'ok')
  } catch (error) {
    if (isDamage(error)) return [(error as Error).message]
    throw error
  }
}

/** Whether an error says that the file is not what it was, or ends within a page; the thread it came from may be another. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Error && /disk image is malformed|file is not a database|disk I\/O error/.test(error.message)
