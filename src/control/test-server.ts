/** For tests: the admin API over a real store, with a way to settle a request as a node would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json'
import { createKeyTable } from '../keys/key-table.ts'
import type { Clock } from '../lib/clock.ts'
import type { LogEvent } from '../lib/log-text.ts'
import { createSeal } from '../lib/seal.ts'
import { createLimits } from '../limits/limits.ts'
import { recordText } from '../store/settlement-text.ts'
import { openPeopleStore } from '../store/people/people-store.ts'
import { openTestStore } from '../store/test-store.ts'
import type { KeyRow, Settlement, Store } from '../store/store.ts'
import { createFleet, type Fleet } from '../upstreams/fleet.ts'
import { createAdapter } from '../upstreams/providers.ts'
import { sandboxDeployments } from '../upstreams/sandbox-deployments.ts'
import { adminApi } from './admin/admin-api.ts'
import type { AdminDeps } from './admin/deps.ts'
import type { LedgerVerifier, Verification } from './admin/ledger-verifier.ts'
import { testFolder } from '../lib/test-folder.ts'

export const operatorToken = 'the-operator-token-of-this-test'

const headers = { authorization: `Bearer ${operatorToken}` }

/** In memory. */
const openPeople = (now: number) => {
  const store = openPeopleStore(':memory:', now)
  return { store, baseUrl: 'http://gateway.test', ask: <T>(work: (opened: typeof store) => T): T => work(store) }
}

const asking = (api: ReturnType<typeof adminApi>) => async (method: string, url: string, body?: unknown) => {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await api.request(url, { method, headers, ...sent })
  return { status: response.status, json: (await response.json()) as Record<string, any> } // oxlint-disable-line typescript/no-explicit-any
}

export async function startTestServer(changes: Partial<AdminDeps> = {}) {
  const dataDir = testFolder('admin')
  const path = join(dataDir, 'mart.db')
  const time = { now: Date.parse('2026-11-23T08:15:00Z') }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const people = openPeople(time.now)
  const store = openTestStore(path, clock)
  const keys = createKeyTable([], clock)
  const limits = createLimits(clock)
  const events: LogEvent[] = []
  const changed: KeyRow[] = []
  const node = await store.openNode('test')
  const journal = { seq: 0, waiting: [] as string[], idleNano: 0n }
  const ship = async (): Promise<void> => {
    const records = journal.waiting.splice(0)
    if (records.length === 0) return
    await store.applyJournal({
      ...node,
      fromSeq: journal.seq - records.length,
      toSeq: journal.seq,
      records: records.join('\n'),
    })
  }
  const settle = async (settlement: Settlement): Promise<void> => {
    const { organizationId, mode, holdNano } = settlement
    const wantTotalNano = BigInt(holdNano)
    await store.leaseCredit({ ...node, organizationId, mode, wantTotalNano })
    journal.seq += 1
    journal.waiting.push(recordText({ kind: 'settle', seq: journal.seq, epoch: node.epoch, settlement }))
    journal.idleNano = wantTotalNano - BigInt(settlement.chargeNano)
  }
  const fleet = fleetOf(clock)
  const api = adminApi({
    ...still,
    store,
    keys,
    limits,
    clock,
    fleet,
    ship,
    verifier: verifierOf(store, ship, clock),
    recallCredit: async (_organizationId, _mode, work) => {
      await ship()
      return work()
    },
    log: { info: (event) => void events.push(event), error: (event) => void events.push(event) },
    credit: { idleNano: () => journal.idleNano },
    onKeyChanged: (key) => void changed.push(key),
    people,
    ...changes,
  })
  const everythingStored = (): string => ['', '-wal'].map((suffix) => readFileSync(path + suffix, 'latin1')).join('')
  const opened = { store, people: people.store, keys, limits, fleet }
  return { api, ask: asking(api), ...opened, time, events, changed, settle, ship, dataDir, everythingStored }
}

/** What is the same in every test. */
const still = {
  catalog: loadCatalog(models),
  endpoints: ['chat.completions', 'embeddings', 'models', 'videos', 'videos.content', 'videos.retrieve'],
  operatorToken,
  operatorTokens: [],
  testDeployment: () => Promise.reject(new Error('nothing is called in these tests')),
  configuration: () => ({ file: null, environment: [], settings: [], needRestart: [] }),
  reload: () => ({ ok: true as const, changed: false, needRestart: [] }),
  keyDefaults: { region: 'us', rpm: 600, tpm: null, concurrency: null },
  simulated: true,
  seal: createSeal('the secret of this test', 'webhooks'),
  webhookNetworks: [],
}

function verifierOf(store: Store, ship: () => Promise<void>, clock: Clock): LedgerVerifier {
  let last: Verification | null = null
  const verify = async (): Promise<Verification> => {
    await ship()
    return (last = { at: clock.now(), ms: 0, checks: await store.verifyLedger() })
  }
  return { last: () => last, isRunning: () => false, verify }
}

/** The sandbox in two regions. */
function fleetOf(clock: Clock): Fleet {
  const sandbox = createAdapter({ kind: 'sandbox' }, { fetch, clock, builtIn: () => 'http://127.0.0.1:1' })
  return createFleet(sandboxDeployments(['us', 'eu'], sandbox), {
    us: { serves: ['us'], mayChoose: ['eu'] },
    eu: { serves: ['eu'], mayChoose: [] },
  })
}

/** A finished request that cost $0.0125 of a hold of $1. */
export const settlementOf = (organizationId: string, keyId: string): Settlement => ({
  requestId: 'req_0192f0c0a1b27c3d8e4f5a6b7c8d9e0f',
  organizationId,
  keyId,
  mode: 'test',
  admittedAt: Date.parse('2026-11-23T08:14:00Z'),
  endedAt: Date.parse('2026-11-23T08:14:02Z'),
  dialect: 'openai',
  endpoint: 'chat.completions',
  model: 'gpt-5.4',
  servedModel: 'gpt-5.4-2026-03-05',
  upstream: 'sandbox',
  region: 'us',
  status: 200,
  ending: 'completed',
  streamed: false,
  serviceTier: 'standard',
  priceFrom: '2026-03-05',
  pricePpm: 1_000_000,
  onAbort: 'drain',
  lines: [
    { class: 'input', quantity: 2000, unit: 'token', picoPerUnit: '2500000', amountPico: '5000000000' },
    { class: 'output', quantity: 500, unit: 'token', picoPerUnit: '15000000', amountPico: '7500000000' },
  ],
  tokens: { input: 2000, cachedInput: 0, output: 500, reasoning: 0 },
  holdNano: '1000000000',
  ratedNano: '12500000',
  writeOffNano: '0',
  chargeNano: '12500000',
  costNano: '12500000',
  flags: [],
  firstByteMs: 120,
  latencyMs: 2000,
  attempts: [
    { deployment: 'sandbox', region: 'us', status: 200, error: null, startedMs: 1, endedMs: 121, firstByteMs: 120 },
  ],
  vendorUsage: { prompt_tokens: 2000, completion_tokens: 500, total_tokens: 2500 },
  idempotency: null,
})
