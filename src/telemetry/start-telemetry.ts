/** Starts what the configuration asks for: metrics, traces, the request log. What is off costs nothing, not even memory. */
import type { Observer } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import type { LineWriter } from '../lib/line-writer.ts'
import type { Log, LogStyle } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import { combineObservers } from './combine-observers.ts'
import type { Gauges } from './metrics.ts'
import { createRejections, type Rejections } from './rejections.ts'
import { createRequestLog } from './request-log.ts'

export type TelemetryConfig = {
  readonly metrics: { readonly port: number | null; readonly host: string }
  readonly tracing: {
    readonly endpoint: string | null
    readonly headers: Readonly<Record<string, Secret>>
    readonly sampleRatio: number
  }
  readonly log: { readonly requests: boolean; readonly addresses: boolean }
}
type TelemetryDeps = {
  readonly clock: Clock
  readonly log: Log
  /** Where the request log goes, which somebody else flushes, and how it is written. */
  readonly lines: Pick<LineWriter, 'add'>
  readonly style: LogStyle
  readonly gauges: Gauges
  readonly version: string
  /** The provider's kind of a deployment; null when it is not known any more. */
  readonly providerOf: (deployment: string) => string | null
}
/** `stop` writes and sends what is waiting, within a few seconds. */
export type Telemetry = Part & {
  /** Calls that were turned away since it was asked last, for the reports. */
  readonly takeRejections: Rejections['take']
}

type Part = { readonly observer: Observer; readonly stop: () => Promise<void> }
const stopMsMax = 3_000

/** Rejects when the metrics' address cannot be had. */
export async function startTelemetry(config: TelemetryConfig, deps: TelemetryDeps): Promise<Telemetry> {
  const parts = [requestLog(config, deps), await metrics(config, deps), await traces(config, deps)].filter(
    (part) => part !== null,
  )
  const rejections = createRejections(deps.clock)
  return {
    observer: combineObservers(deps, rejections.observer, ...parts.map(({ observer }) => observer)),
    takeRejections: rejections.take,
    stop: async () => void (await Promise.allSettled(parts.map((part) => part.stop()))),
  }
}

function requestLog({ log }: TelemetryConfig, { clock, lines, style }: TelemetryDeps): Part {
  return { observer: createRequestLog({ ...log, lines, style, clock }), stop: () => Promise.resolve() }
}

async function metrics(config: TelemetryConfig, { gauges, log }: TelemetryDeps): Promise<Part | null> {
  const { port, host } = config.metrics
  if (port === null) return null
  const [{ createMetrics }, { startMetricsServer }] = await Promise.all([
    import('./metrics.ts'),
    import('./metrics-server.ts'),
  ])
  const observer = createMetrics(gauges)
  const { stop } = await startMetricsServer({ port, host, metrics: observer, log })
  return { observer, stop }
}

async function traces(config: TelemetryConfig, deps: TelemetryDeps): Promise<Part | null> {
  const { endpoint, headers, sampleRatio } = config.tracing
  if (endpoint === null) return null
  const { createTracing } = await import('./tracing.ts')
  const revealed = Object.entries(headers).map(([name, secret]) => [name, secret.reveal()])
  const observer = createTracing({
    ...deps,
    endpoint,
    headers: Object.fromEntries(revealed) as Readonly<Record<string, string>>,
    sampleRatio,
    serviceVersion: deps.version,
  })
  return { observer, stop: () => observer.shutdown(stopMsMax) }
}
