/** Many settled requests in a data folder, as months of use would leave them: organizations of all sizes, their keys, models and hours. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { batchOf, keyOf, settlementOf } from '../../src/store/store-fixtures.ts'
import type { Settlement, Store } from '../../src/store/store.ts'

export type Seeding = {
  readonly dataDir: string
  readonly requests: number
  /** Epoch ms: requests are spread over the days before. */
  readonly until: number
}
export const seededDays = 90

const dayMs = 86_400_000
const batch = 2_000
/** The first has half of all requests. */
const organizations = Array.from({ length: 20 }, (_, index) => `org_${index}`)
const keysEach = 8
const models = [
  'gpt-5.4',
  'gpt-5.4-mini',
  'gpt-5.4-nano',
  'gemini-3.1-pro',
  'gemini-3.6-flash',
  'gemini-3.8-flash',
  'gpt-image-2',
  'sora-2',
  'text-embedding-3-large',
  'gpt-5.5',
]
const endpointOf: Readonly<Record<string, string>> = {
  'gpt-image-2': 'images.generations',
  'sora-2': 'videos',
  'text-embedding-3-large': 'embeddings',
}

/** Settles so many requests in `mart.db`, by way of the journal's records as a node would. */
export async function seedRequests({ dataDir, requests, until }: Seeding): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  const store = openSqliteStore({ path: join(dataDir, 'mart.db') })
  await open(store, until - seededDays * dayMs)
  const node = await store.openNode('seed')
  const random = createRandom(7)
  for (let done = 0; done < requests; done += batch) {
    const entries = Array.from({ length: Math.min(batch, requests - done) }, (_, index) => {
      const at = until - Math.floor(seededDays * dayMs * (1 - (done + index) / requests))
      return { kind: 'settle' as const, epoch: node.epoch, settlement: requestOf(done + index, at, random) }
    })
    for (const organizationId of organizations)
      await store.leaseCredit({ ...node, organizationId, mode: 'live', wantTotalNano: 10_000_000_000n })
    await store.applyJournal(batchOf(node, done, entries))
  }
  await store.close()
}

async function open(store: Store, createdAt: number): Promise<void> {
  for (const organizationId of organizations) {
    await store.createOrganization({ id: organizationId, name: organizationId, createdAt })
    for (let key = 0; key < keysEach; key += 1)
      await store.createKey(keyOf({ id: `${organizationId}_key_${key}`, organizationId, name: `key ${key}` }))
    const grant = { organizationId, mode: 'live', amountNano: 1_000_000_000_000n, note: null } as const
    await store.grantCredit({ ...grant, idempotencyKey: `grant-${organizationId}` })
  }
}

function requestOf(index: number, admittedAt: number, random: () => number): Settlement {
  const own = random() < 0.5 ? 0 : Math.floor(random() * organizations.length)
  const key = Math.floor(random() ** 2 * keysEach)
  // A key is an application, which uses three models or so.
  const model = models[(key + own + Math.floor(random() * 3)) % models.length]!
  const region = key % 3 === 0 ? 'eu' : 'us'
  const fate = random()
  const failed = fate < 0.02
  const latencyMs = Math.round(Math.exp(5 + 3 * random()) * 100) / 100
  return settlementOf({
    requestId: `req_${index.toString(16).padStart(32, '0')}`,
    organizationId: organizations[own]!,
    keyId: `${organizations[own]!}_key_${key}`,
    admittedAt,
    endedAt: admittedAt + Math.round(latencyMs),
    endpoint: endpointOf[model] ?? 'chat.completions',
    model,
    upstream: `${model}-${region}`,
    region,
    status: failed ? 502 : 200,
    ending: failed ? 'upstream-failed' : fate < 0.03 ? 'client-left' : 'completed',
    flags: fate > 0.99 ? ['estimated'] : [],
    chargeNano: failed ? '0' : String(1 + Math.floor(random() * 5_000_000)),
    holdNano: '10000000',
    latencyMs,
    firstByteMs: Math.round(latencyMs / 3),
    tokens: {
      input: Math.floor(random() * 4_000),
      cachedInput: Math.floor(random() * 2_000),
      output: 300,
      reasoning: 50,
    },
  })
}

/** The same numbers at each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
