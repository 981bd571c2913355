/** The data folder of version 1 in `test/fixtures`, made anew for a test. */
import { Database } from 'bun:sqlite'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate, migrations, unknownInstallation } from '../../src/store/sqlite/migrations.ts'
import type { Installation } from '../../src/store/store.ts'
import { root } from './program.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const fixture = join(root, 'test/fixtures/version-1')

/** What the installation was configured with. */
export const installation: Installation = {
  simulatedDeployments: ['sandbox-us', 'sandbox-eu'],
  realProviders: ['real'],
}

/** Secrets of two of its keys, which nothing else ever accepted. */
export const secrets = {
  sandbox: 'sk-bf-b72cad39-ed92-4f9a-b7e9-651d303522a7',
  real: 'sk-bf-2349a5b1-ef90-46b5-953c-ba1ac83d9fd5',
} as const

/** Its organizations, by what served them. */
export const organizations = {
  sandbox: 'org_sandbox',
  simulated: 'org_4c312fbbad614aa491eaabb74ac25fc5',
  mixed: 'org_8329671b9772454b970d98ee90002d83',
  real: 'org_b13e6efcfd0948019fbee243d802b67b',
  poor: 'org_825c33ba9a494344a6e212084cb8bfba',
  idle: 'org_b980b29c8fb84dec822e433dd697cfd6',
} as const

/** Makes the folder; returns its path and what its books said, in nano-USD. */
export function version1Folder() {
  const dataDir = testFolder('version-1')
  cpSync(join(fixture, 'journal'), join(dataDir, 'journal'), { recursive: true })
  const path = join(dataDir, 'mart.db')
  const db = new Database(path, { safeIntegers: true, strict: true })
  migrate(db, 0, unknownInstallation, migrations.slice(0, 1))
  db.exec('pragma foreign_keys = on')
  db.exec(readFileSync(join(fixture, 'data.sql'), 'utf8'))
  const before = booksOf(db)
  db.close()
  return { dataDir, path, before }
}

/** Every account's balance, by its name. */
function booksOf(db: Database): ReadonlyMap<string, bigint> {
  const rows = db.query<{ name: string; nano: bigint }, []>('select name, credits - debits as nano from account').all()
  return new Map(rows.map(({ name, nano }) => [name, nano]))
}
