/** What came in, was taken back and was set aside, for statements. What was used is `readUsage`'s. */
import type { Database } from 'bun:sqlite'
import type { Book, Names } from './names.ts'
import type { CreditRecord } from './read-books.ts'

/** Credit given (above zero) or taken back (below). */
export type Credit = Pick<CreditRecord, 'transfer' | 'at' | 'kind' | 'amountNano' | 'note'>
/** What credits of a slot come to, by kind. */
export type CreditSums = { readonly slot: number } & Readonly<Record<Credit['kind'], bigint>>
/** Of money that requests of a slot set aside: what is open still, and what was charged in the end. */
export type SetAside = { readonly slot: number; readonly openNano: bigint; readonly chargedNano: bigint }

/** Credits that are listed, at most; their sums have all of them. */
const creditsMax = 10_000

/** Credits in [from, to), oldest first. */
export function listCredits(
  db: Database,
  names: Names,
  of: Book,
  { from, to }: { readonly from: number; readonly to: number },
): Credit[] {
  const book = names.knownBook(of)
  if (book === null) return []
  const rows = db
    .query<{ transfer: bigint; at: bigint; kind: Credit['kind']; amount_nano: bigint; note: string | null }, number[]>(`
      select transfer, at, kind, amount_nano, note from credit
      where book = ? and at >= ? and at < ? order by at, transfer limit ?`)
    .all(book, from, to, creditsMax)
  return rows.map(({ transfer, at, kind, amount_nano: amountNano, note }) => {
    return { transfer: Number(transfer), at: Number(at), kind, amountNano, note }
  })
}

/** What all credits before a time come to. */
export function creditBefore(db: Database, names: Names, of: Book, to: number): bigint {
  const book = names.knownBook(of)
  if (book === null) return 0n
  return db
    .query<{ nano: bigint }, number[]>(
      'select coalesce(sum(amount_nano), 0) as nano from credit where book = ? and at < ?',
    )
    .get(book, to)!.nano
}

/** What came in and was taken back in each slot, by `bounds` as in a usage selection. */
export function sumCredits(db: Database, names: Names, of: Book, bounds: readonly number[]): CreditSums[] {
  const book = names.knownBook(of)
  if (book === null) return []
  const sums = db.query<Omit<CreditSums, 'slot'>, number[]>(`
    select ${['grant', 'top-up', 'reversal'].map((kind) => `coalesce(sum(amount_nano) filter (where kind = '${kind}'), 0) as "${kind}"`).join(', ')}
    from credit where book = ? and at >= ? and at < ?`)
  return bounds.slice(0, -1).map((from, slot) => ({ slot, ...sums.get(book, from, bounds[slot + 1]!)! }))
}

/** What was set aside in each slot, by `bounds` as in a usage selection. */
export function readSetAside(db: Database, names: Names, of: Book, bounds: readonly number[]): SetAside[] {
  const book = names.knownBook(of)
  if (book === null) return []
  const sums = db.query<{ open: bigint; charged: bigint }, number[]>(`
    select coalesce(sum(amount_nano) filter (where charge_nano is null), 0) as open,
      coalesce(sum(charge_nano), 0) as charged
    from reservation where book = ? and at >= ? and at < ?`)
  return bounds.slice(0, -1).map((from, slot) => {
    const { open, charged } = sums.get(book, from, bounds[slot + 1]!)!
    return { slot, openNano: open, chargedNano: charged }
  })
}
