/**
 * What reports are read from: `reports.db`, a copy of what mart.db has, in a shape that is quick to ask. It can be made
 * anew at any time, and is when it is missing, damaged, of another program's or of another mart.db; only calls that were
 * turned away are in no other place, and are lost then.
 *
 * Amounts are bigint of nano-USD, times epoch milliseconds. Whatever is asked is asked of one organization and mode; a
 * `Scope` of all organizations is for operators alone.
 */
import type { Settlement } from '../store.ts'
import type { Copied } from './catch-up.ts'
import type { Entry } from './entry.ts'
import type { Book } from './names.ts'
import type { EntryCount, EntryFilter, EntryPlace } from './read-entries.ts'
import type { Credit, CreditSums, SetAside } from './read-money.ts'
import type { UsageCell, UsageSelection } from './read-usage.ts'
import type { CountedRejection } from './write-rejections.ts'

export type { Copied } from './catch-up.ts'
export { noSums, type Dimensions, type Entry, type Rejection, type Sums } from './entry.ts'
export type { Book } from './names.ts'
export type { EntryCount, EntryFilter, EntryPlace } from './read-entries.ts'
export type { Credit, CreditSums, SetAside } from './read-money.ts'
export { groupsMax } from './read-usage.ts'
export type { Dimension, Duration, Scope, UsageCell, UsageSelection } from './read-usage.ts'
export { addSums } from './write-usage.ts'
export type { CountedRejection } from './write-rejections.ts'
export type { SpendKind } from '../spend.ts'

export type ReportsDb = {
  /** Copies at most `max` requests that mart.db has and this has not. */
  readonly step: (max: number) => Copied
  /** Writes calls that were turned away, within limits; gives them as entries. */
  readonly reject: (rejections: readonly CountedRejection[]) => readonly Entry[]

  /** Slot by slot, the groups that used something in it. */
  readonly usage: (selection: UsageSelection) => Generator<readonly UsageCell[], undefined>
  /** The newest entries before a place (null: from the end), at most `max`, newest first. */
  readonly list: (
    of: Book,
    asked: { readonly filter: EntryFilter; readonly before: EntryPlace | null; readonly max: number },
  ) => Entry[]
  readonly count: (
    of: Book,
    asked: { readonly filter: EntryFilter; readonly bounds: readonly number[] },
  ) => EntryCount[]
  /** One request with its receipt, which is null where it was turned away; null where it is unknown or another's. */
  readonly find: (of: Book, id: string) => { readonly entry: Entry; readonly settlement: Settlement | null } | null
  /** Credits in [from, to), oldest first, at most 10,000. */
  readonly credits: (of: Book, span: { readonly from: number; readonly to: number }) => Credit[]
  /** What they come to in each slot. */
  readonly sumCredits: (of: Book, bounds: readonly number[]) => CreditSums[]
  readonly creditBefore: (of: Book, to: number) => bigint
  readonly setAside: (of: Book, bounds: readonly number[]) => SetAside[]
  /** What people call an organization's keys, or all keys (null), by their ids. */
  readonly keyNames: (organizationId: string | null) => ReadonlyMap<string, string>
  readonly organizationNames: () => ReadonlyMap<string, string>
  readonly close: () => void
}
