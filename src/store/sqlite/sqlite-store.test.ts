import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStore } from '../store-contract.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { openStoreInWorker } from './store-in-worker.ts'

const emptyFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'mart-store-'))

describeStore(
  'SQLite in memory',
  async () => {
    const store = openSqliteStore({ path: ':memory:' })
    return { store, close: () => store.close() }
  },
  { schedules: 100 },
)

describeStore(
  'SQLite in a file',
  async () => {
    const folder = await emptyFolder()
    const store = openSqliteStore({ path: join(folder, 'mart.db') })
    return {
      store,
      async close() {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
  { schedules: 10 },
)

describeStore(
  'SQLite in a worker',
  async () => {
    const dataDir = await emptyFolder()
    const store = await openStoreInWorker({ dataDir })
    return {
      store,
      async close() {
        await store.close()
        await rm(dataDir, { recursive: true })
      },
    }
  },
  { schedules: 5 },
)
