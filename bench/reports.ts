/**
 * Lane `reports`: what it takes to copy a million settled requests into `reports.db`, and how long each report then
 * takes. There is no baseline: the goal is 100 ms for 95 of 100.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReports, type Reports } from '../src/reporting/reports.ts'
import { dateStart, type SlotUnit, type ZonedSpan } from '../src/reporting/time-slots.ts'
import type { UsageAsked } from '../src/reporting/usage-over-time.ts'
import { openReportsDb } from '../src/store/reports-db/open-reports-db.ts'
import { seededDays, seedRequests } from './support/seed-requests.ts'

const requests = 1_000_000
const until = Date.UTC(2026, 10, 30, 12)
const dayMs = 86_400_000
const rounds = 20
const stepMax = 500
const of = { organizationId: 'org_0', mode: 'live' } as const

export async function reports(): Promise<void> {
  const kept = process.argv[3]
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'mart-reports-'))
  if (kept === undefined) await seedRequests({ dataDir, requests, until })
  copyAll(dataDir)
  const asked = createReports({
    db: openReportsDb({ dataDir }),
    clock: { now: () => until, monotonic: () => performance.now() },
    ship: () => Promise.resolve(),
    rejections: () => Promise.resolve([]),
    onTrouble: (error) => console.error(error),
  })
  for (const [name, ask] of Object.entries(questions(asked))) await measure(name, ask)
  asked.close()
  if (kept === undefined) rmSync(dataDir, { recursive: true })
}

/** CPU of a copied request, and of a step, which is how long anything else of the thread waits. */
function copyAll(dataDir: string): void {
  const db = openReportsDb({ dataDir, onAnew: (reason) => console.log(`made anew: ${reason}`) })
  const steps: number[] = []
  let copied = 0
  for (let isMore = true; isMore;) {
    const before = process.cpuUsage()
    const step = db.step(stepMax)
    const { user, system } = process.cpuUsage(before)
    steps.push((user + system) / 1_000)
    copied += step.entered.length
    isMore = step.isMore
  }
  db.close()
  if (copied === 0) return
  const micros = (steps.reduce((sum, ms) => sum + ms, 0) * 1_000) / copied
  console.log(`copied ${copied} requests: ${micros.toFixed(1)} µs of CPU each; ${timesOf(steps)} ms of CPU a step`)
}

/** Time as it passes, and CPU, which is what it takes where nothing else runs. */
async function measure(name: string, ask: () => Promise<unknown>): Promise<void> {
  const times: number[] = []
  const spent: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    const before = process.cpuUsage()
    await ask()
    const { user, system } = process.cpuUsage(before)
    times.push(performance.now() - startedAt)
    spent.push((user + system) / 1_000)
  }
  console.log(`${name.padEnd(48)} ${timesOf(times)} ms; of CPU ${timesOf(spent)} ms`)
}

function timesOf(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const [p50, p95] = [0.5, 0.95].map((share) => sorted[Math.ceil(share * sorted.length) - 1]!.toFixed(1))
  return `p50 ${p50}, p95 ${p95}`
}

function questions(asked: Reports): Readonly<Record<string, () => Promise<unknown>>> {
  const usage = (unit: SlotUnit, span: ZonedSpan, changes: Partial<UsageAsked> = {}) => {
    const all = {
      scope: of,
      span,
      unit,
      metrics: ['spend'],
      where: {},
      by: ['model'],
      top: 8,
      isOperator: false,
    } as const
    return () => asked.usage({ ...all, ...changes })
  }
  const whole = lastDays(seededDays, 'UTC')
  const filter = { from: whole.from, to: whole.to }
  const list = (changes: object) => () =>
    asked.requests(of, { filter: { ...filter, ...changes }, before: null, max: 50, isOperator: false })
  const histogram = (changes: object) => () =>
    asked.requestHistogram(of, { filter: { ...filter, ...changes }, span: whole, unit: 'day' })
  return {
    'usage, 30 days by day, by model': usage('day', lastDays(30, 'UTC')),
    'usage, 30 days by day, by model and key': usage('day', lastDays(30, 'UTC'), { by: ['model', 'key'] }),
    'usage, 90 days by day, by model': usage('day', whole),
    'usage, 90 days by day, New York': usage('day', lastDays(seededDays, 'America/New_York')),
    'usage, 90 days by day, Kathmandu, p95': usage('day', lastDays(seededDays, 'Asia/Kathmandu'), {
      metrics: ['latencyP95'],
    }),
    'usage, 30 days by hour, by key': usage('hour', lastDays(30, 'UTC'), { by: ['key'] }),
    'usage, 2 days by hour, Kathmandu': usage('hour', lastDays(2, 'Asia/Kathmandu')),
    'usage, 12 hours by minute': usage('minute', { from: until - dayMs / 2, to: until, zone: 'UTC' }),
    'usage, 90 days by month, Chatham': usage('month', lastDays(seededDays, 'Pacific/Chatham')),
    'usage of all organizations, 90 days by day': usage('day', whole, {
      scope: { ...of, organizationId: null },
      by: ['organization'],
      isOperator: true,
    }),
    'requests, newest': list({}),
    'requests, errors': list({ isError: true }),
    'requests, of a model and a key': list({ model: 'gpt-5.5', key: 'org_0_key_7' }),
    'requests, dearest (a thousandth)': list({ chargeNanoMin: 4_995_000n }),
    'requests, none that match': list({ chargeNanoMin: 999_999_999_999n }),
    'histogram, 90 days by day': histogram({}),
    'histogram, of errors': histogram({ isError: true }),
    'histogram, of a model': histogram({ model: 'gpt-5.5' }),
    'histogram, by charge and latency': histogram({ chargeNanoMin: 4_000_000n, latencyMsMin: 500 }),
    'one request': () => asked.request(of, `req_${(requests - 2_000).toString(16).padStart(32, '0')}`, false),
    'statement, 90 days, New York': () => asked.statement(of, lastDays(seededDays, 'America/New_York')),
    home: () => asked.home(of, { zone: 'America/New_York', availableNano: 10n ** 12n }),
  }
}

function lastDays(days: number, zone: string): ZonedSpan {
  const today = dateStart(new Date(until).toISOString().slice(0, 10), zone)
  return { from: today - (days - 1) * dayMs, to: until, zone }
}
