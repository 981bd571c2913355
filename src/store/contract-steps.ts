/** Steps that the tests of a store share; all on the organization `acme` and in one mode. */
import { expect } from 'bun:test'
import { StoreRefusal, type Check, type LedgerBalance, type Mode, type Store, type Transfer } from './store.ts'
import { settlementOf, type Entry } from './store-fixtures.ts'

/** Opens an empty store; `close` also removes it. */
export type OpenStore = () => Promise<{ readonly store: Store; readonly close: () => Promise<void> }>
export type Node = { readonly nodeId: number; readonly epoch: number; readonly lastSeq: number }

/** The names and details of checks that failed. */
export const failuresOf = (checks: readonly Check[]): string[] =>
  checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)

export type Steps = {
  /** Gives `acme` credit. */
  readonly grant: (store: Store, amountNano: bigint, idempotencyKey?: string) => Promise<Transfer>
  /** What `acme` has. */
  readonly balance: (store: Store) => Promise<LedgerBalance>
  /** Leases of `acme`. */
  readonly lease: (store: Store, node: Node, wantTotalNano: bigint) => ReturnType<Store['leaseCredit']>
  /** A node that leased from an organization with credit. */
  readonly leasedNode: (store: Store, amountNano?: bigint) => Promise<Node>
  /** The settlement of a request of `acme`. */
  readonly settled: (requestId: string, chargeNano?: string, epoch?: number) => Entry
  /** The return of what was leased of `acme`. */
  readonly returned: (amountNano: string) => Entry
}

/** The steps in a mode. */
export function stepsIn(mode: Mode): Steps {
  const acme = { organizationId: 'acme', mode } as const
  const grant: Steps['grant'] = (store, amountNano, idempotencyKey = 'grant-1') =>
    store.grantCredit({ ...acme, amountNano, note: null, idempotencyKey })
  const lease: Steps['lease'] = (store, { nodeId, epoch }, wantTotalNano) =>
    store.leaseCredit({ ...acme, nodeId, epoch, wantTotalNano })
  return {
    grant,
    lease,
    balance: (store) => store.balance('acme', mode),
    async leasedNode(store, amountNano = 1_000_000n) {
      await grant(store, amountNano)
      const node = await store.openNode('node-a')
      await lease(store, node, amountNano)
      return node
    },
    settled: (requestId, chargeNano = '1000', epoch = 1) => ({
      kind: 'settle',
      epoch,
      settlement: settlementOf({ ...acme, requestId, chargeNano }),
    }),
    returned: (amountNano) => ({ kind: 'return-lease', epoch: 1, ...acme, amountNano }),
  }
}

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
