/** The `mart` command against a started server, and the few things every test buys with it. */
import { plainEnvironment, run, type Ran } from './program.ts'
import type { Server } from './start-server.ts'

const commandMsMax = 20_000

/** Runs `mart ARGS` and gives how it ended, whatever that is. */
export const runMart = (server: Server, args: readonly string[], msMax = commandMsMax): Promise<Ran> =>
  run(process.execPath, ['src/cli.ts', ...args], {
    env: { ...plainEnvironment(), DATA_DIR: server.dataDir },
    msMax,
  })

/** Runs `mart ARGS --json`, which must succeed, and gives the one JSON value it prints. */
export async function mart<T>(server: Server, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await runMart(server, [...args, '--json'])
  const said = `\nstdout: ${stdout}\nstderr: ${stderr}`
  if (code !== 0) throw new Error(`mart ${args.join(' ')} ended with exit code ${code}${said}`)
  try {
    return JSON.parse(stdout) as T
  } catch (cause) {
    throw new Error(`mart ${args.join(' ')} --json did not print one JSON value${said}`, { cause })
  }
}

export type Account = { readonly organizationId: string; readonly keyId: string; readonly key: string }

/** An organization with credit and one key. `usd` null: no credit at all. */
export async function openAccount(
  server: Server,
  usd: string | null,
  keyOptions: readonly string[] = [],
): Promise<Account> {
  const organization = await mart<{ id: string }>(server, ['org', 'create', `test ${crypto.randomUUID()}`])
  if (usd !== null) await mart(server, ['credit', 'grant', '--org', organization.id, '--usd', usd])
  const key = await mart<{ id: string; key: string }>(server, [
    'key',
    'create',
    '--org',
    organization.id,
    ...keyOptions,
  ])
  return { organizationId: organization.id, keyId: key.id, key: key.key }
}

/** The organization's balance in nano-USD: what is available and what is held, together. */
export const balanceNano = async (server: Server, organizationId: string): Promise<bigint> =>
  BigInt((await balanceOf(server, organizationId)).balanceNano)

/** What its requests in flight hold of it. */
export const heldNano = async (server: Server, organizationId: string): Promise<bigint> =>
  BigInt((await balanceOf(server, organizationId)).heldNano)

const balanceOf = (server: Server, organizationId: string) =>
  mart<{ balanceNano: string; heldNano: string }>(server, ['balance', '--org', organizationId])
