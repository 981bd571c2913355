/**
 * What the tests of dying, draining and starved processes share: load that remembers what it was promised,
 * and the books afterwards, read out of the store's own file and held against the sandbox's count.
 */
import { Database } from 'bun:sqlite'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksIn } from '../../src/lib/blocks.ts'
import { unpackSettlement, type PackedSettlement } from '../../src/store/settlement-text.ts'
import type { Mode, Settlement } from '../../src/store/store.ts'
import { type Account } from '../support/mart.ts'
import { faultsOf } from '../support/receipt.ts'
import type { Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

// ---- Load --------------------------------------------------------------------------------------

/** One request as its client saw it. `whole`: the client has the complete answer. */
export type Shot = ways.Taken & { readonly account: Account; readonly way: ways.Way; readonly whole: boolean }
export type Mix = () => { readonly way: ways.Way; readonly sandbox: string; readonly outputTokens?: number }
export type Load = {
  /** Every request that ended so far, in the order of their ends. */
  readonly shots: readonly Shot[]
  /** Lets no further request begin, and resolves when those under way have ended. */
  readonly stop: () => Promise<void>
}

/** So many clients, each asking one question after the other, of accounts in turn. */
export function startLoad(server: Server, accounts: readonly Account[], workers: number, mix: Mix): Load {
  const shots: Shot[] = []
  let isStopped = false
  const work = async (account: Account): Promise<void> => {
    while (!isStopped) shots.push(await shoot(server, account, mix()))
  }
  const ended = Promise.all(Array.from({ length: workers }, (_, index) => work(accounts[index % accounts.length]!)))
  return {
    shots,
    async stop() {
      isStopped = true
      await ended
    },
  }
}

const shotMsMax = 30_000
/** A server that is away answers at once that it is; its clients wait a little before they come again. */
const awayMs = 20

/** One question, with the answer taken to whatever end it has. */
export async function shoot(
  server: Server,
  account: Account,
  asked: ReturnType<Mix>,
  msMax = shotMsMax,
): Promise<Shot> {
  const { way, ...options } = asked
  const got = await ways.taken(ways.ask(server, account.key, way, { ...options, ...ways.within(msMax) }))
  if (got.status === 0) await Bun.sleep(awayMs)
  return { ...got, account, way, whole: isWhole(got, way) }
}

/** A stream is whole when its own last word has come; `[DONE]` is OpenAI's, whatever becomes of the connection then. */
export function isWhole({ status, text, broke }: ways.Taken, way: ways.Way): boolean {
  if (status !== 200) return false
  if (way.streamed && way.dialect === 'openai') return text.includes('data: [DONE]')
  return !broke && (!way.streamed || text.includes('"finishReason"')) && isReadable(text, way)
}

function isReadable(text: string, way: ways.Way): boolean {
  try {
    return ways.recordsOf(text, way).length > 0
  } catch {
    return false
  }
}

export const oneOf = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)]!
export const between = (least: number, most: number): number => Math.floor(least + Math.random() * (most - least + 1))

/** Both dialects, whole and streamed, short and long: most are quick, some take seconds. */
export function mixed(): ReturnType<Mix> {
  const way = oneOf([ways.chat, ways.generate, ways.embed, ways.chatStream, ways.generateStream, ways.generateArray])
  if (way === ways.embed) return { way, sandbox: 'latency_ms=0' }
  if (!way.streamed) return { way, sandbox: `tokens=${between(1, 200)} latency_ms=${oneOf([0, 0, 5, 60])}` }
  return { way, sandbox: `tokens=${between(1, 150)} chunk_ms=${oneOf([0, 1, 2, 5, 15])}` }
}

/** Another key of an organization that has one. */
export async function secondKey(server: Server, { organizationId }: Account): Promise<Account> {
  const path = `/organizations/${organizationId}/keys`
  const { id, key } = await ways.operate<{ id: string; key: string }>(server, 'POST', path, {})
  return { organizationId, keyId: id, key }
}

/** An organization with plenty of credit whose key has no limits. */
export const openHouse = (server: Server, usd = '100'): Promise<Account> =>
  ways.openPurse(server, usd, { concurrency: null })

// ---- The books ---------------------------------------------------------------------------------

/** Reads the store's file beside the running process, or after it. */
function query<T>(server: Server, sql: string, ...values: (string | number)[]): T[] {
  const db = new Database(join(server.dataDir, 'mart.db'), { readonly: true, safeIntegers: true })
  try {
    return db.query<T, (string | number)[]>(sql).all(...values)
  } finally {
    db.close()
  }
}

/** Keeps the store from writing until it is let go. */
export function lockStore(server: Server): { readonly release: () => void } {
  const db = new Database(join(server.dataDir, 'mart.db'))
  db.run('begin immediate')
  return {
    release: () => {
      db.run('rollback')
      db.close()
    },
  }
}

/** Every settled request, oldest first; from behind the first `skipped` ones. */
export const settlements = (server: Server, skipped = 0): Settlement[] =>
  query<{ mode: Mode; settlement: string }>(
    server,
    'select mode, settlement from request order by rowid limit -1 offset ?',
    skipped,
  ).map(({ mode, settlement }) => unpackSettlement(JSON.parse(settlement) as PackedSettlement, () => mode))

/** What nodes have leased and neither consumed nor returned, in nano-USD; records the store could not apply. */
export function leftOver(server: Server): { readonly leasedNano: bigint; readonly parked: bigint } {
  const [lease] = query<{ left: bigint | null }>(
    server,
    "select sum(granted_nano - returned_nano - consumed_nano) as left from lease where state = 'open'",
  )
  const [parked] = query<{ count: bigint }>(server, 'select count(*) as count from parked_record')
  return { leasedNano: lease!.left ?? 0n, parked: parked!.count }
}

/** The last sequence number in the journal, and the last that the store has applied. */
export function lastSeqs(server: Server): { readonly journal: number; readonly store: number } {
  const [node] = query<{ seq: bigint }>(server, 'select last_seq as seq from node')
  const blocks = [...blocksIn(readFileSync(newestSegment(server)))]
  const seqs = blocks.flatMap(({ lines }) => lines.flatMap((line) => (JSON.parse(line) as { seq?: number }).seq ?? []))
  return { journal: Math.max(0, ...seqs), store: Number(node!.seq) }
}

export function newestSegment(server: Server): string {
  const folder = join(server.dataDir, 'journal')
  return join(folder, readdirSync(folder).toSorted().at(-1)!)
}

/** `mart ledger verify`, without a process of its own: what it finds wrong. */
export async function ledgerFaults(server: Server): Promise<string[]> {
  type Check = { readonly name: string; readonly ok: boolean; readonly detail: string }
  const { ok, checks } = await ways.operate<{ ok: boolean; checks: Check[] }>(server, 'GET', '/ledger/verify')
  const bad = checks.filter((check) => !check.ok).map(({ name, detail }) => `ledger: ${name}: ${detail}`)
  return ok === (bad.length === 0) && checks.length > 0 ? bad : [...bad, 'ledger: ok contradicts its checks']
}

/** Charged by the vendor's own figures, and therefore exact. */
export const isExact = ({ vendorUsage, flags }: Settlement): boolean =>
  vendorUsage !== null && !flags.includes('estimated')

export const sum = (amounts: readonly (bigint | string)[]): bigint =>
  amounts.reduce<bigint>((total, amount) => total + BigInt(amount), 0n)

/** Everything that a request which its client got whole was promised: one receipt, completed, that multiplies out. */
export function promiseFaults(shots: readonly Shot[], rows: readonly Settlement[]): string[] {
  const byId = new Map(rows.map((row) => [row.requestId, row]))
  const nanoOf = (usd: string): string => ways.nanoOf(usd).toString()
  return shots.flatMap((shot) => {
    const row = byId.get(shot.requestId)
    const name = `${shot.requestId} (${shot.way.name})`
    if (!shot.requestId.startsWith('req_')) return [`${shot.way.name}: an answer without x-request-id`]
    if (!row) return [`${name}: its client has the answer, the ledger has nothing`]
    const header = shot.headers.get('x-mart-charge-usd')
    return [
      ...(row.ending === 'completed' ? [] : [`${name}: its client has the answer, the ledger says ${row.ending}`]),
      ...(row.organizationId === shot.account.organizationId && row.keyId === shot.account.keyId
        ? []
        : [`${name}: paid by another key`]),
      ...(header === null || nanoOf(header) === row.chargeNano
        ? []
        : [`${name}: told $${header}, charged ${row.chargeNano}`]),
    ]
  })
}

/** The ledger's rows against the sandbox's count of the same requests: each in both once, for the same usage and its price. */
export function countFaults(rows: readonly Settlement[], served: readonly ways.Served[]): string[] {
  const byId = new Map(rows.map((row) => [row.requestId, row]))
  const countOf = new Map<string, number>()
  for (const { clientRequestId: id } of served) countOf.set(id!, (countOf.get(id!) ?? 0) + 1)
  const unserved = rows.filter((row) => !countOf.has(row.requestId) && row.chargeNano !== '0')
  return [
    ...(byId.size === rows.length ? [] : ['a request is in the ledger twice']),
    ...[...countOf].filter(([, times]) => times !== 1).map(([id, times]) => `${id}: served ${times} times`),
    ...unserved.map((row) => `${row.requestId} (${row.ending}): charged ${row.chargeNano}, and never served`),
    ...served.flatMap((one) => servedFaults(one, byId.get(one.clientRequestId ?? ''))),
    ...rows.flatMap(faultsOf),
    ...rows.flatMap(inDoubtFaults),
  ]
}

function servedFaults(served: ways.Served, row: Settlement | undefined): string[] {
  if (!row) return [`${served.clientRequestId}: served, and not in the ledger`]
  if (!isExact(row)) return []
  const { input, cachedInput, output, reasoning } = served.usage
  const costNano = ways.costNano(served.model, served.usage)
  return [
    ...(Bun.deepEquals(row.tokens, { input, cachedInput, output, reasoning })
      ? []
      : [`${row.requestId}: settled ${JSON.stringify(row.tokens)}, served ${JSON.stringify(served.usage)}`]),
    ...(BigInt(row.chargeNano) === costNano ? [] : [`${row.requestId}: charged ${row.chargeNano}, costs ${costNano}`]),
  ]
}

function inDoubtFaults(row: Settlement): string[] {
  if (row.ending !== 'in-doubt') return []
  const name = `${row.requestId} (in doubt)`
  return [
    ...(row.flags.includes('estimated') ? [] : [`${name}: not flagged`]),
    ...(BigInt(row.chargeNano) <= BigInt(row.holdNano)
      ? []
      : [`${name}: charged ${row.chargeNano}, held ${row.holdNano}`]),
    ...(row.streamed || row.chargeNano === '0' ? [] : [`${name}: a plain answer was charged ${row.chargeNano}`]),
  ]
}

/** What exact rows were charged, and what the sandbox's own figures for the same requests cost. */
export function exactTotals(rows: readonly Settlement[], served: readonly ways.Served[]) {
  const exact = new Set(rows.filter(isExact).map(({ requestId }) => requestId))
  const counted = served.filter(({ clientRequestId }) => exact.has(clientRequestId!))
  return {
    chargedNano: sum(rows.filter(isExact).map(({ chargeNano }) => chargeNano)),
    countedNano: sum(counted.map(({ model, usage }) => ways.costNano(model, usage))),
  }
}

/** Waits until the sandbox has nothing under way any more: its count stands still. */
export async function servedOnceQuiet(server: Server, after: number): Promise<readonly ways.Served[]> {
  for (let before = -1; ;) {
    const now = await ways.servedCount(server)
    if (now === before) return ways.servedSince(server, after)
    before = now
    await Bun.sleep(150)
  }
}

// ---- Processes ---------------------------------------------------------------------------------

type ProcessRow = { readonly pid: number; readonly parent: number; readonly rssKb: number }

/** Every process of the machine: from the kernel's own files, or `ps` where there are none. */
export function processes(): ProcessRow[] {
  if (existsSync('/proc/self/status'))
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(processOf)
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return rows.map(([pid = 0, parent = 0, rssKb = 0]) => ({ pid, parent, rssKb }))
}

function processOf(pid: string): ProcessRow[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const figure = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return [{ pid: Number(pid), parent: figure('PPid'), rssKb: figure('VmRSS') }]
  } catch {
    // It ended while we looked.
    return []
  }
}
