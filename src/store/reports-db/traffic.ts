/** For tests: a store that random traffic of every operation comes to, by two nodes, and all that was charged in it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Reservation } from '../reservations.ts'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import type { Mode, Settlement, Store } from '../store.ts'
import { batchOf, keyOf, reservationOf, settlementOf, type Entry } from '../store-fixtures.ts'

const organizations = ['acme', 'beta'] as const
type Organization = (typeof organizations)[number]
export type Owner = { readonly organizationId: Organization; readonly mode: Mode }
export const owners: readonly Owner[] = organizations.flatMap((organizationId) =>
  (['test', 'live'] as const).map((mode) => ({ organizationId, mode })),
)

/** One thing that happens. `pick`: which of several it is about; `at`: ms after the beginning. */
export type Event = {
  readonly what: 'settle' | 'fail' | 'reserve' | 'end' | 'void' | 'grant' | 'revoke'
  readonly pick: number
  readonly at: number
  readonly nano: number
  readonly latencyMs: number
}

/** From two days before clocks go back in New York, which is a month's end as well, to two days after. */
export const beginning = Date.UTC(2026, 9, 30, 12)
const daysMany = 4
export const ending = beginning + daysMany * 86_400_000

const whats = ['settle', 'settle', 'settle', 'settle', 'fail', 'reserve', 'end', 'void', 'grant', 'revoke'] as const
export const events = fc.array(
  fc.record({
    what: fc.constantFrom(...whats),
    pick: fc.nat(1_000),
    at: fc.nat(ending - beginning - 1),
    nano: fc.nat(1_000_000),
    latencyMs: fc.nat(100_000),
  }),
  { minLength: 10, maxLength: 60 },
)

const models = ['gpt-5', 'gemini-3-pro', 'sora-2'] as const
type Operation = Pick<Settlement, 'endpoint' | 'dialect' | 'streamed'> & {
  /** Classes of its receipt's lines. */
  readonly classes: readonly string[]
  readonly images?: number
}
const plain = { dialect: 'openai', streamed: false } as const
const streamed = { dialect: 'openai', streamed: true } as const
/** What is charged when it is answered. */
const atEnd: readonly Operation[] = [
  { ...plain, endpoint: 'chat.completions', classes: ['input', 'output'] },
  { ...streamed, endpoint: 'chat.completions', classes: ['input', 'cachedInput', 'output', 'reasoning'] },
  {
    ...streamed,
    endpoint: 'responses',
    classes: ['input', 'webSearchCall', 'toolInput', 'toolImageOutput'],
    images: 2,
  },
  { ...plain, endpoint: 'images.generations', classes: ['input', 'imageOutput'], images: 4 },
  { ...streamed, endpoint: 'images.edits', classes: ['imageInput', 'input', 'imageOutput'], images: 1 },
  { ...plain, endpoint: 'embeddings', classes: ['input'] },
  { dialect: 'genai', streamed: false, endpoint: 'generateContent', classes: ['input', 'imageOutput'], images: 1 },
  {
    dialect: 'genai',
    streamed: true,
    endpoint: 'streamGenerateContent',
    classes: ['input', 'audioOutput', 'searchQuery'],
  },
  { ...plain, endpoint: 'responses.compact', classes: ['input', 'cachedInput', 'output'] },
]
/** What is charged when it has ended: films, and responses in the background. */
const later: readonly Operation[] = [
  { ...plain, endpoint: 'videos', classes: ['videoSecond', 'videoSecond1080p'] },
  { ...plain, endpoint: 'responses', classes: ['input', 'output', 'toolImageOutput'], images: 3 },
  { ...plain, endpoint: 'videos.remix', classes: ['videoSecond'] },
  { ...plain, endpoint: 'videos.edits', classes: ['videoSecond1080p'] },
  { ...plain, endpoint: 'videos.extensions', classes: ['videoSecond'] },
]
const operationOf = (list: readonly Operation[], pick: number): Operation => list[pick % list.length]!
const startNano = 1_000_000_000n

export type Traffic = Awaited<ReturnType<typeof openTraffic>>
type Books = {
  readonly store: Store
  /** Receipts of all that has ended. */
  readonly charged: Settlement[]
  /** What is set aside still. */
  readonly reserved: Reservation[]
  /** Ships a record by one of the nodes. */
  readonly ship: (entry: Entry, pick: number) => Promise<void>
}

/** Opens a store of its own, with credit for everybody; `close` also removes it. */
export async function openTraffic() {
  const dataDir = mkdtempSync(join(tmpdir(), 'mart-traffic-'))
  const time = { now: beginning - 1_000 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const store = openSqliteStore({ path: join(dataDir, 'mart.db'), clock })
  for (const id of organizations) await store.createOrganization({ id, name: id.toUpperCase(), createdAt: 1 })
  for (const owner of owners) {
    const id = keyIdOf(owner)
    await store.createKey(keyOf({ id, ...owner, name: `key of ${id}`, hash: id }))
    await store.grantCredit({ ...owner, amountNano: startNano, note: null, idempotencyKey: `start-${id}` })
  }
  const books: Books = { store, charged: [], reserved: [], ship: await shipperOf(store) }
  return {
    ...books,
    dataDir,
    async happen(event: Event): Promise<void> {
      time.now = Math.max(time.now, beginning + event.at)
      await bringAbout(event, books)
    },
    async close(): Promise<void> {
      await store.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}

/** Two nodes, which have leased of everybody. */
async function shipperOf(store: Store): Promise<Books['ship']> {
  const nodes = [await store.openNode('one'), await store.openNode('two')].map((node) => ({ ...node }))
  for (const node of nodes)
    for (const owner of owners) await store.leaseCredit({ ...owner, ...node, wantTotalNano: startNano / 3n })
  return async (entry, pick) => {
    const node = nodes[pick % nodes.length]!
    const result = await store.applyJournal(batchOf(node, node.lastSeq, [entry]))
    if (!result.applied) throw new Error('a node of a test is in step with its store')
    node.lastSeq += 1
  }
}

async function bringAbout(event: Event, books: Books): Promise<unknown> {
  const { what, pick, nano, at } = event
  const credit = {
    ...ownerOf(event),
    amountNano: BigInt(nano + 1),
    note: null,
    idempotencyKey: `${pick} ${nano} ${at}`,
  }
  switch (what) {
    case 'settle':
    case 'fail':
      return settle(requestOf(event, books), pick, books)
    case 'reserve':
      return reserve(event, books)
    case 'end':
    case 'void':
      return end(event, what === 'end' ? 'settle-reservation' : 'void', books)
    case 'grant':
      return books.store.grantCredit(credit)
    case 'revoke':
      return books.store.revokeCredit(credit)
  }
}

async function settle(settlement: Settlement, pick: number, { ship, charged }: Books): Promise<void> {
  await ship({ kind: 'settle', epoch: 1, settlement }, pick)
  charged.push(settlement)
}

async function reserve(event: Event, books: Books): Promise<void> {
  const { chargeNano: _, holdNano: __, lines: ___, images: ____, ...request } = requestOf(event, books)
  const { endpoint } = operationOf(later, event.pick)
  const reservation = reservationOf(String(event.nano), {
    ...request,
    endpoint,
    ending: 'reserved',
    tokens: noTokens,
    lines: [],
  })
  await books.ship({ kind: 'reserve', epoch: 1, reservation }, event.pick)
  books.reserved.push(reservation)
}

/** By either node, whichever began it. */
async function end({ pick }: Event, kind: 'settle-reservation' | 'void', { reserved, ship, charged }: Books) {
  const [reservation] = reserved.splice(pick % Math.max(1, reserved.length), 1)
  if (!reservation) return
  const { holdNano } = reservation.settlement
  const chargeNano = kind === 'void' ? '0' : String(BigInt(holdNano) - BigInt(holdNano) / 3n)
  const ending = kind === 'void' ? 'expired' : 'completed'
  const tokens = { input: pick, cachedInput: 1, output: 2, reasoning: 3 }
  const { endpoint } = reservation.settlement
  const { classes, images } = later.find((each) => each.endpoint === endpoint)!
  const used = kind === 'void' ? {} : { tokens, images, ...chargedFor(classes, chargeNano) }
  const settlement = { ...reservation.settlement, ending, ...used } as const
  await ship({ kind, epoch: 1, settlement }, pick >> 1)
  charged.push(settlement)
}

const keyIdOf = ({ organizationId, mode }: Owner): string => `${organizationId}-${mode}`
const ownerOf = ({ pick }: Event): Owner => owners[pick % owners.length]!
const noTokens = { input: 0, cachedInput: 0, output: 0, reasoning: 0 }

function requestOf(event: Event, { charged, reserved }: Books): Settlement {
  const { pick, at, nano, latencyMs, what } = event
  const owner = ownerOf(event)
  const { classes, ...operation } = operationOf(atEnd, pick)
  return settlementOf({
    ...owner,
    requestId: `req_${charged.length + reserved.length}_${pick}_${at}`,
    keyId: keyIdOf(owner),
    model: models[pick % models.length]!,
    ...operation,
    region: pick % 5 === 0 ? 'eu' : 'us',
    upstream: pick % 3 === 0 ? 'one' : 'two',
    admittedAt: beginning + at,
    endedAt: beginning + at + latencyMs,
    latencyMs,
    holdNano: '1000000',
    ...chargedFor(what === 'fail' ? [] : classes, what === 'fail' ? '0' : String(nano)),
    ...(what === 'fail' && { status: 502, ending: 'upstream-failed', images: undefined }),
  })
}

/** A charge with lines that are it, when they are rounded up together, and what it cost: less, or more. */
function chargedFor(classes: readonly string[], chargeNano: string) {
  const nano = BigInt(chargeNano)
  const pico = nano === 0n ? 0n : nano * 1_000n - (nano % 997n)
  const ends = classes.map((_, index) => (pico * BigInt(index + 1)) / BigInt(classes.length))
  const lines = classes.map((name, index) => ({
    class: name,
    quantity: 1 + index,
    unit: 'token',
    picoPerUnit: '1',
    amountPico: String(ends[index]! - (ends[index - 1] ?? 0n)),
  }))
  const costNano = String((nano * (nano % 7n)) / 5n)
  return { chargeNano, ratedNano: chargeNano, costNano, lines }
}
