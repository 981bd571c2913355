/**
 * Traces by OpenTelemetry, sent to a collector. Import it only where it is configured: the packages behind
 * it take 100 ms and 15 MB to load.
 *
 * Spans are made when a request has ended, out of what its settlement says, so nothing is done while it
 * runs. They wait in a bounded queue; a collector that cannot be reached costs spans and nothing else.
 */
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import type { Observer } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { traceRequest, type ProviderOf } from './spans.ts'
import { createThrottle } from './throttle.ts'

export type TracingOptions = {
  /** The collector's base URL, to which `/v1/traces` is added unless it is there already. */
  readonly endpoint: string
  /** Sent with each export, such as the collector's credential. */
  readonly headers: Readonly<Record<string, string>>
  /** The part of requests that is traced, from 0 to 1. A client's own choice does not change it. */
  readonly sampleRatio: number
  readonly serviceVersion: string
  readonly providerOf?: ProviderOf
  readonly log: Log
  readonly clock: Clock
}

export type Tracing = Observer & {
  /** Sends what is waiting; resolves when it is sent or lost, or after `msMax`. Never rejects. */
  readonly shutdown: (msMax: number) => Promise<void>
}

const spansWaitingMax = 4_096
const spansPerExportMax = 512
const exportEveryMs = 2_000
const exportMsMax = 10_000
const exportsAtOnceMax = Math.ceil(spansWaitingMax / spansPerExportMax) + 1
const failureQuietMs = 60_000

/** Begins to trace. Nothing is sent until a request has ended. */
export function createTracing(options: TracingOptions): Tracing {
  const { sampleRatio, serviceVersion, providerOf = () => null } = options
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'aicreditmart', [ATTR_SERVICE_VERSION]: serviceVersion }),
    sampler: new TraceIdRatioBasedSampler(sampleRatio),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(options),
        maxQueueSize: spansWaitingMax,
        maxExportBatchSize: spansPerExportMax,
        scheduledDelayMillis: exportEveryMs,
        exportTimeoutMillis: exportMsMax,
      }),
    ],
  })
  const tracer = provider.getTracer('aicreditmart', serviceVersion)
  return {
    requestEnded: (ended) => traceRequest(ended, tracer, providerOf),
    attemptEnded: () => undefined,
    alert: () => undefined,
    shutdown: (msMax) => settledWithin(msMax, provider.shutdown()),
  }
}

/** The exporter, with its failures in our log: the SDK would keep them to itself. */
function createExporter({ endpoint, headers, log, clock }: TracingOptions): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(endpoint),
    headers: { ...headers },
    timeoutMillis: exportMsMax,
    concurrencyLimit: exportsAtOnceMax,
  })
  const throttle = createThrottle(failureQuietMs, clock)
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const often = result.code === ExportResultCode.SUCCESS ? null : throttle('export')
        if (often !== null)
          log.error({ event: 'trace-export-failed', spans: spans.length, error: result.error, ...often })
        done(result)
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}

function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, '')
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`
}

/** What fails here was logged by the exporter. */
async function settledWithin(msMax: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, msMax)
  })
  await Promise.race([work.then(ignored, ignored), deadline])
  clearTimeout(timer)
}

const ignored = (): void => undefined
