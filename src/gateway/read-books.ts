import type { KeyRow } from '../store/store.ts'
import type { BooksReader, GatewayDeps } from './deps.ts'
import { GatewayError } from './errors.ts'

/** What one organization may look up at once, for the store answers one after the other: a receipt is one row, a report many. */
export const receiptsMax = 1_000
export const reportsMax = 8
/** By organization. A gateway has one of these maps, as it has one store. */
const underWay = new WeakMap<BooksReader, Map<string, number>>()

const retryMs = 1_000

/**
 * Looks something up in the books, everything settled so far included. Rejects with `rate_limited` where an organization
 * asks for more than `atOnceMax` things at once, and with `billing_unavailable` where the store cannot be read.
 */
export async function readBooks<Found>(
  { organizationId }: KeyRow,
  atOnceMax: number,
  { books }: Pick<GatewayDeps, 'books'>,
  read: (store: BooksReader['store']) => Promise<Found>,
): Promise<Found> {
  const counts = countsOf(books)
  const count = counts.get(organizationId) ?? 0
  if (count >= atOnceMax) throw tooMany()
  counts.set(organizationId, count + 1)
  try {
    await books.flush()
    return await read(books.store)
  } catch (cause) {
    throw new GatewayError('billing_unavailable', 'The books cannot be read for a moment. Try again shortly.', {
      retryAfterMs: 2 * retryMs,
      cause,
    })
  } finally {
    const left = counts.get(organizationId)! - 1
    if (left > 0) counts.set(organizationId, left)
    else counts.delete(organizationId)
  }
}

function countsOf(books: BooksReader): Map<string, number> {
  const counts = underWay.get(books) ?? new Map<string, number>()
  underWay.set(books, counts)
  return counts
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'rate_limited',
    `An organization may ask for ${reportsMax} reports at once, and for ${receiptsMax} receipts. Try again in a second.`,
    { limit: 'concurrency', retryAfterMs: retryMs },
  )
