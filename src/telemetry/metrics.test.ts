import { afterEach, describe, expect, test } from 'bun:test'
import { createMetrics, type Gauges, type Metrics } from './metrics.ts'
import { startMetricsServer, type MetricsServer } from './metrics-server.ts'
import { forbidden, recordedLog, refusedAttempt, rejected, served, servedAttempt } from './test-request.ts'

const idle: Gauges = {
  requestsInFlight: () => 3,
  drainsInFlight: () => 1,
  journalUnshippedRecords: () => 7,
  dataFaults: () => ['database-damaged'],
  connections: () => ({ clients: { used: 12, max: 20_000 }, upstreams: { used: 4, max: 500 } }),
  memory: () => ({
    bodies: { used: 1_000, max: 9_000 },
    answers: { used: 0, max: 8_000 },
    kept: { used: 6, max: 70 },
    spool: { used: 5_000, max: 6_000 },
    connections: { used: 10, max: 7_000 },
  }),
  refusals: () => [
    ['full', 3],
    ['address-new', 2],
  ],
  deployments: () => [
    { id: 'openai-eu', region: 'eu', state: 'healthy', inFlight: 2 },
    { id: 'azure-eu', region: 'eu', state: 'half-open', inFlight: 0 },
  ],
}

type Sample = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: string }

/** Reads Prometheus' text format strictly: a line that is neither comment nor sample is a failure. */
function parse(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => {
      const match = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line)
      expect(match, line).not.toBeNull()
      const labels = [...(match![2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      return {
        name: match![1]!,
        labels: Object.fromEntries(labels.map(([, name, value]) => [name!, value!])),
        value: match![3]!,
      }
    })
}

function valueOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): string | undefined {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  expect(found.length, `${name} ${JSON.stringify(labels)}`).toBeLessThanOrEqual(1)
  return found[0]?.value
}

const read = async (metrics: Metrics): Promise<Sample[]> => parse(await metrics.text())

describe('what is counted', () => {
  test('what is odd about settled requests, by deployment and flag', async () => {
    const metrics = createMetrics(idle)
    for (const flags of [['usage-unknown', 'estimated'], ['usage-unknown'], []] as const)
      metrics.requestEnded(served({}, { flags: [...flags], upstream: 'openai-eu' }))
    const samples = await read(metrics)
    const count = (flag: string) => valueOf(samples, 'mart_settlement_flags_total', { deployment: 'openai-eu', flag })
    expect([count('usage-unknown'), count('estimated'), count('over-hold')]).toEqual(['2', '1', undefined])
  })

  test('how much of every limit is used, how much may be, and who was turned away', async () => {
    const samples = await read(createMetrics(idle))
    expect(valueOf(samples, 'mart_connections', { side: 'clients' })).toBe('12')
    expect(valueOf(samples, 'mart_connections_max', { side: 'upstreams' })).toBe('500')
    expect(valueOf(samples, 'mart_held_bytes', { what: 'bodies' })).toBe('1000')
    expect(valueOf(samples, 'mart_held_bytes', { what: 'kept' })).toBe('6')
    expect(valueOf(samples, 'mart_held_bytes', { what: 'spool' })).toBe('5000')
    expect(valueOf(samples, 'mart_held_bytes_max', { what: 'answers' })).toBe('8000')
    expect(valueOf(samples, 'mart_refused_total', { reason: 'full' })).toBe('3')
    expect(valueOf(samples, 'mart_refused_total', { reason: 'address-new' })).toBe('2')
  })

  test('requests by endpoint, dialect, status class, ending and failure', async () => {
    const metrics = createMetrics(idle)
    metrics.requestEnded(served())
    metrics.requestEnded(served())
    metrics.requestEnded(rejected())
    metrics.requestEnded(served({ status: 0, failure: 'upstream_failed' }, { ending: 'upstream-failed' }))
    const samples = await read(metrics)
    const chat = { endpoint: 'chat.completions', dialect: 'openai' }
    expect(valueOf(samples, 'mart_requests_total', { ...chat, status: '2xx', ending: 'completed', failure: '' })).toBe(
      '2',
    )
    expect(valueOf(samples, 'mart_requests_total', { status: '4xx', ending: 'rejected', failure: 'invalid_key' })).toBe(
      '1',
    )
    expect(valueOf(samples, 'mart_requests_total', { status: 'none', ending: 'upstream-failed' })).toBe('1')
    expect(valueOf(samples, 'mart_request_duration_seconds_count', { endpoint: chat.endpoint })).toBe('4')
    expect(valueOf(samples, 'mart_request_duration_seconds_bucket', { le: '600' })).toBe('4')
  })

  test('tokens in disjoint classes, and the charge, of settled requests', async () => {
    const metrics = createMetrics(idle)
    metrics.requestEnded(served())
    metrics.requestEnded(rejected())
    const samples = await read(metrics)
    const classes = ['input', 'cachedInput', 'output', 'reasoning']
    expect(classes.map((each) => valueOf(samples, 'mart_tokens_total', { model: 'gpt-5.4', class: each }))).toEqual([
      '80',
      '20',
      '30',
      '12',
    ])
    expect(valueOf(samples, 'mart_charged_nano_usd_total', { model: 'gpt-5.4' })).toBe('1234567')
  })

  test('test and live apart', async () => {
    const metrics = createMetrics(idle)
    metrics.requestEnded(served())
    metrics.requestEnded(served({ mode: 'test' }, { mode: 'test', chargeNano: '5' }))
    metrics.requestEnded({ ...rejected(), mode: null })
    const samples = await read(metrics)
    for (const [mode, charged] of [
      ['live', '1234567'],
      ['test', '5'],
    ] as const) {
      expect(valueOf(samples, 'mart_charged_nano_usd_total', { mode })).toBe(charged)
      expect(valueOf(samples, 'mart_tokens_total', { mode, class: 'input' })).toBe('80')
      expect(valueOf(samples, 'mart_requests_total', { mode })).toBe('1')
    }
    expect(valueOf(samples, 'mart_requests_total', { mode: 'none' })).toBe('1')
  })

  test('charges add up exactly where doubles would not', async () => {
    const metrics = createMetrics(idle)
    const beyond = (2n ** 53n).toString()
    metrics.requestEnded(served({}, { chargeNano: beyond }))
    for (let count = 0; count < 1_000; count += 1) metrics.requestEnded(served({}, { chargeNano: '1' }))
    expect(valueOf(await read(metrics), 'mart_charged_nano_usd_total')).toBe(Number(2n ** 53n + 1_000n).toString())
  })

  test('attempts by their outcome, and the time to their first byte', async () => {
    const metrics = createMetrics(idle)
    metrics.attemptEnded('req_1', refusedAttempt)
    metrics.attemptEnded('req_1', servedAttempt)
    for (const error of ['connection failed', 'idle', 'client-left', 'the connection broke off'])
      metrics.attemptEnded('req_1', { ...servedAttempt, status: null, firstByteMs: null, error })
    metrics.attemptEnded('req_1', { ...servedAttempt, firstByteMs: null, error: 'the answer could not be read' })
    const samples = await read(metrics)
    const outcome = (value: string): string | undefined =>
      valueOf(samples, 'mart_upstream_attempts_total', { region: 'eu', outcome: value })
    const outcomes = ['ok', 'refused-429', 'connection-failed', 'timeout', 'client-left', 'cut', 'unreadable']
    expect(outcomes.map(outcome)).toEqual(outcomes.map(() => '1'))
    expect(valueOf(samples, 'mart_first_byte_seconds_count', { deployment: 'openai-eu' })).toBe('1')
    expect(valueOf(samples, 'mart_first_byte_seconds_sum', { deployment: 'openai-eu' })).toBe('0.25')
    expect(valueOf(samples, 'mart_first_byte_seconds_count', { deployment: 'azure-eu' })).toBeUndefined()
  })

  test('alerts by deployment and event', async () => {
    const metrics = createMetrics(idle)
    metrics.alert({ event: 'upstream-out-of-quota', deployment: 'openai-eu', provider: 'openai', message: '' })
    const alert = { deployment: 'openai-eu', event: 'upstream-out-of-quota' }
    metrics.alert({ event: 'no-real-provider', model: 'gpt-5.4' })
    const samples = await read(metrics)
    expect(valueOf(samples, 'mart_upstream_alerts_total', alert)).toBe('1')
    expect(valueOf(samples, 'mart_upstream_alerts_total', { deployment: 'none', event: 'no-real-provider' })).toBe('1')
  })

  test('a label that has gone wild cannot eat the memory', async () => {
    const metrics = createMetrics(idle)
    for (let count = 0; count < 6_000; count += 1) metrics.attemptEnded('', { ...refusedAttempt, region: `r${count}` })
    const attempts = (await read(metrics)).filter(({ name }) => name === 'mart_upstream_attempts_total')
    expect(attempts.length).toBe(5_001)
    expect(attempts.find(({ labels }) => labels['region'] === 'other')?.value).toBe('1000')
  })
})

describe('what is read when somebody looks', () => {
  test('gauges are as they are now, and gone deployments are gone', async () => {
    let deployments = [...idle.deployments()]
    const metrics = createMetrics({ ...idle, deployments: () => deployments })
    const before = await read(metrics)
    expect(valueOf(before, 'mart_requests_in_flight')).toBe('3')
    expect(valueOf(before, 'mart_drains_in_flight')).toBe('1')
    expect(valueOf(before, 'mart_journal_unshipped_records')).toBe('7')
    expect(valueOf(before, 'mart_deployment_in_flight', { deployment: 'openai-eu' })).toBe('2')
    const states = before.filter(
      ({ name, labels }) => name === 'mart_deployment_state' && labels['deployment'] === 'azure-eu',
    )
    expect(states.length).toBe(5)
    expect(states.filter(({ value }) => value === '1').map(({ labels }) => labels['state'])).toEqual(['half-open'])
    deployments = deployments.slice(0, 1)
    const after = await read(metrics)
    expect(valueOf(after, 'mart_deployment_in_flight', { deployment: 'azure-eu' })).toBeUndefined()
    expect(after.filter(({ name }) => name === 'mart_deployment_state').length).toBe(5)
  })

  test('the process tells of itself what Bun knows', async () => {
    const samples = await read(createMetrics(idle))
    for (const name of ['process_cpu_seconds_total', 'process_start_time_seconds', 'nodejs_eventloop_lag_p99_seconds'])
      expect(Number(valueOf(samples, name)), name).toBeGreaterThanOrEqual(0)
    expect(Number(valueOf(samples, 'nodejs_heap_size_used_bytes'))).toBeGreaterThan(0)
    expect(samples.filter(({ name }) => name.startsWith('nodejs_heap_space'))).toEqual([])
  })
})

describe('over HTTP', () => {
  let server: MetricsServer | null = null
  afterEach(async () => {
    await server?.stop()
    server = null
  })
  const start = async (metrics: Pick<Metrics, 'text' | 'contentType'>) => {
    const { log, errors } = recordedLog()
    server = await startMetricsServer({ port: 0, host: '127.0.0.1', metrics, log })
    return { url: `http://127.0.0.1:${server.port}`, errors }
  }

  test('GET /metrics is Prometheus text without anything of clients; everything else is 404', async () => {
    const metrics = createMetrics(idle)
    metrics.requestEnded(served({ model: forbidden[0]! }, { servedModel: forbidden[2]! }))
    metrics.requestEnded(rejected({ model: forbidden[1]! }))
    const { url } = await start(metrics)
    const response = await fetch(`${url}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
    const text = await response.text()
    expect(valueOf(parse(text), 'mart_requests_total', { status: '2xx' })).toBe('1')
    for (const each of [...forbidden, 'org_1', 'key_1', 'req_1']) expect(text).not.toContain(each)
    for (const path of ['/', '/metricsx', '/healthz']) expect((await fetch(url + path)).status).toBe(404)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404)
  })

  test('a gauge that throws is an error for the reader and for nobody else', async () => {
    const broken = () => {
      throw new Error('no journal')
    }
    const { url, errors } = await start(createMetrics({ ...idle, journalUnshippedRecords: broken }))
    expect((await fetch(`${url}/metrics`)).status).toBe(500)
    expect(errors.map(({ event }) => event)).toEqual(['metrics-failed'])
  })

  test('a port that is taken is said; a stopped server is gone', async () => {
    const { url } = await start(createMetrics(idle))
    const again = startMetricsServer({
      port: server!.port,
      host: '127.0.0.1',
      metrics: createMetrics(idle),
      log: recordedLog().log,
    })
    expect(again).rejects.toThrow()
    await server!.stop()
    server = null
    expect(fetch(`${url}/metrics`)).rejects.toThrow()
  })
})
