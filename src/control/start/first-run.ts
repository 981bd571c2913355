/** What happens on an empty data folder: one organization with test credit and one test key. */
import { newKey, unlimited } from '../../keys/virtual-key.ts'
import type { KeyRow, Store } from '../../store/store.ts'
import type { KeyDefaults } from '../admin/key-input.ts'

/** Not random, so that a start that died half-way can be told from an operator's own organization, and goes on. */
export const sandboxOrganizationId = 'org_sandbox'
const sandboxCreditNano = 100_000_000_000n

type SeedDeps = {
  readonly store: Pick<Store, 'createOrganization' | 'grantCredit' | 'keys' | 'organizations'>
  readonly keyDefaults: KeyDefaults
  /** Epoch ms. */
  readonly now: number
}

/** `key` is the secret of `row`, which is not in the store yet. */
export type Seeded = { readonly organizationId: string; readonly key: string; readonly row: KeyRow }

/**
 * Fills an empty store, but for the key: its secret is kept nowhere, so it goes into the store once it was shown. Who
 * dies before that is shown another by the next start. null when the store had been filled before; each step is done once.
 */
export async function seedFirstRun({ store, keyDefaults, now }: SeedDeps): Promise<Seeded | null> {
  const [organizations, keys] = await Promise.all([store.organizations(), store.keys()])
  const isUnfinished = organizations.every(({ id }) => id === sandboxOrganizationId) && keys.length === 0
  if (!isUnfinished) return null
  const organizationId = sandboxOrganizationId
  if (organizations.length === 0)
    await store.createOrganization({ id: organizationId, name: 'Sandbox', createdAt: now })
  await store.grantCredit({
    organizationId,
    mode: 'test',
    amountNano: sandboxCreditNano,
    note: 'Sandbox credit',
    idempotencyKey: 'first-run',
  })
  const { row, secret } = newKey(
    { organizationId, mode: 'test' },
    { name: 'first key', ...unlimited, ...keyDefaults },
    now,
  )
  return { organizationId, key: secret, row }
}
