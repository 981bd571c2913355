/** Steps that the tests of a store share; all on the organization `acme`. */
import { expect } from 'bun:test'
import { StoreRefusal, type Check, type Store } from './store.ts'
import { settlementOf, type Entry } from './store-fixtures.ts'

/** Opens an empty store; `close` also removes it. */
export type OpenStore = () => Promise<{ readonly store: Store; readonly close: () => Promise<void> }>
export type Node = { readonly nodeId: number; readonly epoch: number; readonly lastSeq: number }

/** The names and details of checks that failed. */
export const failuresOf = (checks: readonly Check[]): string[] =>
  checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)

/** Gives `acme` credit. */
export const grant = (store: Store, amountNano: bigint, idempotencyKey = 'grant-1') =>
  store.grantCredit({ organizationId: 'acme', amountNano, note: null, idempotencyKey })

/** A node that leased from an organization with credit. */
export async function leasedNode(store: Store, amountNano = 1_000_000n): Promise<Node> {
  await grant(store, amountNano)
  const node = await store.openNode('node-a')
  await store.leaseCredit({ ...node, organizationId: 'acme', wantTotalNano: amountNano })
  return node
}

/** The settlement of a request of `acme`. */
export const settled = (requestId: string, chargeNano = '1000', epoch = 1): Entry => ({
  kind: 'settle',
  epoch,
  settlement: settlementOf({ requestId, organizationId: 'acme', chargeNano }),
})

/** What the work throws. Not `expect().rejects`, which stops Bun's event loop and with it the replies of a worker. */
export const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

/** The words of the error that the work throws, or null when it throws none. */
export async function messageOf(work: Promise<unknown>): Promise<string | null> {
  const error = await thrownBy(work)
  return error instanceof Error ? error.message : null
}

/** The refusal that the work ends in; fails the test when it ends in anything else. */
export async function refusalOf(work: Promise<unknown>): Promise<StoreRefusal> {
  const error = await thrownBy(work)
  expect(error).toBeInstanceOf(StoreRefusal)
  return error as StoreRefusal
}
