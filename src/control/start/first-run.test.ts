import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { hashOf } from '../../keys/virtual-key.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import type { Store } from '../../store/store.ts'
import { sandboxOrganizationId, seedFirstRun } from './first-run.ts'
import { testFolder } from '../../lib/test-folder.ts'

const keyDefaults = { region: 'us', rpm: null, tpm: null, concurrency: null }
const emptyStore = (): Store => openSqliteStore({ path: join(testFolder('seed'), 'store.sqlite') })
const seed = (store: Store) => seedFirstRun({ store, keyDefaults, now: Date.now() })

test('an empty store gets one organization with $100.00 of test credit and one test key, whose secret is given once', async () => {
  const store = emptyStore()
  const first = await seed(store)
  expect(first?.organizationId).toBe(sandboxOrganizationId)
  expect(await store.keys()).toEqual([])
  await store.createKey(first!.row)
  expect((await store.keys()).map(({ hash, mode }) => [hash, mode])).toEqual([[hashOf(first!.key), 'test']])
  expect((await store.balance(sandboxOrganizationId, 'live')).balanceNano).toBe(0n)
  expect((await store.balance(sandboxOrganizationId, 'test')).balanceNano).toBe(100_000_000_000n)
  expect(await seed(store)).toBeNull()
  expect((await store.balance(sandboxOrganizationId, 'test')).balanceNano).toBe(100_000_000_000n)
})

test('a first start that died at any step, and be it before its key was shown, is finished by the next, and credit is given once', async () => {
  for (const step of ['createOrganization', 'grantCredit'] as const) {
    for (const when of ['before', 'after'] as const) {
      const store = emptyStore()
      const died = new Error('died')
      const dying: Store = {
        ...store,
        [step]: async (row: never) => {
          if (when === 'after') await store[step](row)
          throw died
        },
      }
      expect(await seed(dying).catch((error: unknown) => error)).toBe(died)
      const unseen = await seed(store)
      const shown = await seed(store)
      expect(shown!.key).not.toBe(unseen!.key)
      await store.createKey(shown!.row)
      expect(await seed(store)).toBeNull()
      expect(await store.organizations()).toHaveLength(1)
      expect((await store.keys()).map(({ hash }) => hash)).toEqual([hashOf(shown!.key)])
      expect((await store.balance(sandboxOrganizationId, 'test')).balanceNano).toBe(100_000_000_000n)
    }
  }
})

test('a store that an operator filled is left alone', async () => {
  const store = emptyStore()
  await store.createOrganization({ id: 'org_mine', name: 'Mine', createdAt: 1 })
  expect(await seed(store)).toBeNull()
  expect(await store.keys()).toHaveLength(0)
})
