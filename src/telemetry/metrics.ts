/**
 * Figures for Prometheus. They are for dashboards and alerts, not the books: a scrape reads doubles, and a
 * restart begins at zero. What an organization owes is in the ledger.
 *
 * Labels are catalog ids, deployment ids, names of endpoints and fixed words. Never an organization, a key,
 * a request or anything that a client wrote, so that the number of series is bounded.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Observer, RequestEnded } from '../gateway/observe.ts'
import type { Settlement } from '../store/store.ts'
import { outcomeOf } from './attempt-outcome.ts'
import { createTally } from './tally.ts'

export type Metrics = Observer & {
  /** All figures in Prometheus' text format. Rejects when a gauge's callback throws. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

/** What is read when somebody looks. */
export type Gauges = {
  readonly requestsInFlight: () => number
  /** Answers that are read to their end after their client left. */
  readonly drainsInFlight: () => number
  /** Journal records that the store has not applied yet. */
  readonly journalUnshippedRecords: () => number
  /** What is wrong with what the data folder keeps. */
  readonly dataFaults: () => readonly DataFault[]
  readonly deployments: () => Iterable<DeploymentNow>
  /** Sockets of clients or to upstreams, and how many of these there may be. */
  readonly connections: () => Record<Side, Used>
  /** Bytes that are kept, and how many may be: of large bodies, of answers that are read whole, of answers that may be given again and in the spool (both on disk), and of what connections have sent unasked. */
  readonly memory: () => Record<'bodies' | 'answers' | 'kept' | 'spool' | 'connections', Used>
  /** Who was turned away or did not stay, by the reason. */
  readonly refusals: () => Iterable<readonly [why: string, count: number]>
}
type Side = 'clients' | 'upstreams'
type Used = { readonly used: number; readonly max: number }

const dataFaults = ['journal-loss', 'journal-unwritable', 'database-damaged', 'store-failed'] as const
export type DataFault = (typeof dataFaults)[number]

const deploymentStates = ['healthy', 'resting', 'open', 'half-open', 'drained'] as const
export type DeploymentNow = {
  readonly id: string
  readonly region: string
  readonly state: (typeof deploymentStates)[number]
  readonly inFlight: number
}

/** Seconds: from a cached refusal to the longest reasoning. */
const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

/** Counts everything from zero. Each call has figures of its own. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const counters = createCounters(registry)
  const histograms = createHistograms(registry)
  createGauges(gauges, registry)
  createLimitGauges(gauges, registry)
  addProcessMetrics(registry)
  return {
    requestEnded(ended) {
      countRequest(ended, counters)
      histograms.requestSeconds(ended.endpoint)(Math.max(0, ended.durationMs) / 1000)
    },
    attemptEnded(_requestId, attempt) {
      const { deployment, region, firstByteMs } = attempt
      counters.attempts.add(1, deployment, region, outcomeOf(attempt))
      if (firstByteMs !== null) histograms.firstByteSeconds(deployment)(Math.max(0, firstByteMs) / 1000)
    },
    reservationEnded: (settlement) => countSettlement(settlement, counters),
    alert: (alert) => counters.alerts.add(1, 'deployment' in alert ? alert.deployment : 'none', alert.event),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

type Counters = ReturnType<typeof createCounters>

function createCounters(registry: Registry) {
  const tally = (name: string, help: string, ...labels: readonly string[]) =>
    createTally({ name, help, labels }, registry)
  return {
    requests: tally(
      'mart_requests_total',
      'Requests that have ended. failure is empty for those that were served, ending is rejected for those that were never admitted, replayed for those that were given the answer of another.',
      'endpoint',
      'dialect',
      'status',
      'ending',
      'failure',
      'mode',
    ),
    tokens: tally(
      'mart_tokens_total',
      'Tokens of settled requests; the classes are disjoint.',
      'model',
      'class',
      'mode',
    ),
    charged: tally(
      'mart_charged_nano_usd_total',
      'Charges of settled requests in nano-USD, of test or of live credit. Not the books.',
      'model',
      'mode',
    ),
    flags: tally(
      'mart_settlement_flags_total',
      'Settled requests that deserve a second look, by what is odd about them; a request may count under several.',
      'deployment',
      'flag',
    ),
    attempts: tally(
      'mart_upstream_attempts_total',
      'Attempts at deployments, by what became of them.',
      'deployment',
      'region',
      'outcome',
    ),
    alerts: tally(
      'mart_upstream_alerts_total',
      'Troubles at a deployment that only an operator can end.',
      'deployment',
      'event',
    ),
  }
}

function countRequest(
  { endpoint, dialect, status, failure, mode, relayed, settlement, replayOf }: RequestEnded,
  counters: Counters,
): void {
  const ending = relayed?.ending ?? (replayOf ? 'replayed' : 'rejected')
  counters.requests.add(1, endpoint, dialect, statusClass(status), ending, failure ?? '', mode ?? 'none')
  if (settlement) countSettlement(settlement, counters)
}

function countSettlement(
  { model, mode, upstream, tokens, flags, chargeNano }: Settlement,
  { tokens: counted, charged, flags: flagged }: Counters,
): void {
  if (tokens.input > 0) counted.add(tokens.input, model, 'input', mode)
  if (tokens.cachedInput > 0) counted.add(tokens.cachedInput, model, 'cachedInput', mode)
  if (tokens.output > 0) counted.add(tokens.output, model, 'output', mode)
  if (tokens.reasoning > 0) counted.add(tokens.reasoning, model, 'reasoning', mode)
  for (const flag of flags) flagged.add(1, upstream, flag)
  if (chargeNano !== '0') charged.add(BigInt(chargeNano), model, mode)
}

const statusClasses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const
const statusClass = (status: number): string => statusClasses[Math.trunc(status / 100)] ?? 'none'

type Observe = (seconds: number) => void

function createHistograms(registry: Registry) {
  const histogram = (name: string, help: string, label: string): ((value: string) => Observe) => {
    const metric = new Histogram({ name, help, labelNames: [label], buckets: bucketsSeconds, registers: [registry] })
    const children = new Map<string, Observe>()
    return (value) => {
      const known = children.get(value)
      if (known) return known
      const { observe } = metric.labels(value)
      children.set(value, observe)
      return observe
    }
  }
  return {
    requestSeconds: histogram(
      'mart_request_duration_seconds',
      'From the first byte in to the last byte out.',
      'endpoint',
    ),
    firstByteSeconds: histogram(
      'mart_first_byte_seconds',
      'From the beginning of an attempt to the first byte of its answer.',
      'deployment',
    ),
  }
}

function createGauges(gauges: Gauges, registry: Registry): void {
  gauge(registry, 'mart_requests_in_flight', 'Requests under way.', gauges.requestsInFlight)
  gauge(registry, 'mart_drains_in_flight', 'Answers read to their end after their client left.', gauges.drainsInFlight)
  gauge(
    registry,
    'mart_journal_unshipped_records',
    'Journal records that the store has not applied yet.',
    gauges.journalUnshippedRecords,
  )
  const faults = new Gauge({
    name: 'mart_data_fault',
    help: '1 for what is wrong with the data folder, 0 for what is not.',
    labelNames: ['fault'],
    registers: [registry],
    collect() {
      const found = new Set(gauges.dataFaults())
      for (const fault of dataFaults) faults.set({ fault }, found.has(fault) ? 1 : 0)
    },
  })
  const inFlight = new Gauge({
    name: 'mart_deployment_in_flight',
    help: 'Calls under way at a deployment.',
    labelNames: ['deployment'],
    registers: [registry],
    collect() {
      inFlight.reset()
      for (const { id, inFlight: calls } of gauges.deployments()) inFlight.set({ deployment: id }, calls)
    },
  })
  const states = new Gauge({
    name: 'mart_deployment_state',
    help: '1 for the state that a deployment is in, 0 for the others.',
    labelNames: ['deployment', 'region', 'state'],
    registers: [registry],
    collect() {
      states.reset()
      for (const { id, region, state } of gauges.deployments())
        for (const each of deploymentStates) states.set({ deployment: id, region, state: each }, each === state ? 1 : 0)
    },
  })
}

function createLimitGauges(gauges: Gauges, registry: Registry): void {
  usedGauge(registry, { name: 'mart_connections', help: 'Connections there are.', label: 'side' }, gauges.connections)
  const held =
    'Bytes that are kept: of large bodies, of answers that are read whole, of answers that may be given again and in the spool (both on disk), of what connections sent that nobody has asked for.'
  usedGauge(registry, { name: 'mart_held_bytes', help: held, label: 'what' }, gauges.memory)
  const refused = new Counter({
    name: 'mart_refused_total',
    help: 'Connections, requests and calls that were turned away, or did not stay, because of a limit.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      refused.reset()
      for (const [reason, count] of gauges.refusals()) refused.inc({ reason }, count)
    },
  })
}

type UsedName = { readonly name: string; readonly help: string; readonly label: string }

/** One gauge of what there is, and one, `…_max`, of what there may be. */
function usedGauge(registry: Registry, { name, help, label }: UsedName, read: () => Readonly<Record<string, Used>>) {
  const set = (metric: Gauge, figure: keyof Used): void => {
    for (const [of, used] of Object.entries(read())) metric.set({ [label]: of }, used[figure])
  }
  const labelNames = [label]
  const registers = [registry]
  const now: Gauge = new Gauge({ name, help, labelNames, registers, collect: () => set(now, 'used') })
  const most: Gauge = new Gauge({
    name: `${name}_max`,
    help: `The most that may be of ${name}.`,
    labelNames,
    registers,
    collect: () => set(most, 'max'),
  })
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const metric: Gauge = new Gauge({ name, help, registers: [registry], collect: () => metric.set(read()) })
}

/** Looking more often than this costs an idle process 1 % of a core. */
const eventLoopPrecisionMs = 100

/** Bun has nothing to say for these: zeros, an address space that is only reserved, and heap spaces that take 6 ms to ask for. */
const meaningless = [
  'process_heap_bytes',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_gc_duration_seconds',
]

function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs })
  for (const name of meaningless) registry.removeSingleMetric(name)
}
