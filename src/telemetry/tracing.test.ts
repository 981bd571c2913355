import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestEnded } from '../gateway/observe.ts'
import { forbidden, recordedLog, rejected, served, startedAt, stillClock } from './test-request.ts'
import { createTracing, type Tracing, type TracingOptions } from './tracing.ts'

type OtlpValue = {
  stringValue?: string
  intValue?: number
  doubleValue?: number
  boolValue?: boolean
  arrayValue?: { values: OtlpValue[] }
}
type OtlpAttribute = { key: string; value: OtlpValue }
type OtlpSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: OtlpAttribute[]
  status: { code: number }
}
type OtlpBody = { resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[] }

const serverKind = 2
const clientKind = 3
const errorStatus = 2

/** An OTLP collector that keeps what it is sent, or answers as it is told to. */
async function startCollector() {
  const received: { path: string; headers: IncomingHttpHeaders; text: string; body: OtlpBody }[] = []
  const answer = { status: 200, stalls: false }
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      received.push({ path: request.url!, headers: request.headers, text, body: JSON.parse(text) as OtlpBody })
      if (!answer.stalls) response.writeHead(answer.status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    received,
    answer,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: (): OtlpSpan[] =>
      received.flatMap(({ body }) =>
        body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const attributesOf = (span: { attributes: OtlpAttribute[] }): Record<string, unknown> =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)]))
const plain = (value: OtlpValue): unknown => value.arrayValue?.values.map(plain) ?? Object.values(value)[0]

/** Milliseconds from the request's start, to the microsecond: epoch times are doubles. */
const timesOf = (span: OtlpSpan): number[] =>
  [span.startTimeUnixNano, span.endTimeUnixNano].map(
    (nano) => Math.round(Number(BigInt(nano) - BigInt(startedAt) * 1_000_000n) / 1000) / 1000,
  )

let collector: Awaited<ReturnType<typeof startCollector>>
beforeEach(async () => {
  collector = await startCollector()
})
afterEach(() => collector.stop())

function begin(changes: Partial<TracingOptions> = {}): { tracing: Tracing; errors: readonly object[] } {
  const { log, errors } = recordedLog()
  const tracing = createTracing({
    endpoint: collector.url,
    headers: { authorization: 'Bearer collector' },
    sampleRatio: 1,
    serviceVersion: '1.2.3',
    log,
    clock: stillClock(),
    ...changes,
  })
  return { tracing, errors }
}

async function spansOf(requests: readonly RequestEnded[], changes: Partial<TracingOptions> = {}): Promise<OtlpSpan[]> {
  const { tracing } = begin(changes)
  for (const request of requests) tracing.requestEnded(request)
  await tracing.shutdown(5_000)
  return collector.spans()
}

const sorted = (values: readonly unknown[]): string[] =>
  values.map((value) => JSON.stringify(value)).toSorted((a, b) => (a < b ? -1 : 1))

describe('a request', () => {
  test('is one span by the GenAI conventions, with one below it for each attempt', async () => {
    const kinds: Readonly<Record<string, string>> = { 'openai-eu': 'openai', 'azure-eu': 'azure-openai' }
    const spans = await spansOf([served()], { providerOf: (deployment) => kinds[deployment] ?? null })
    expect(spans.length).toBe(3)
    const request = spans.find(({ name }) => name === 'chat gpt-5.4')!
    expect(request).toMatchObject({ kind: serverKind, status: { code: 0 } })
    expect(request.parentSpanId).toBeUndefined()
    expect(timesOf(request)).toEqual([0, 1_234.56])
    expect(attributesOf(request)).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5.4',
      'gen_ai.request.stream': true,
      'gen_ai.response.model': 'gpt-5.4-2026-03-05',
      'gen_ai.response.time_to_first_chunk': 0.3,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 20,
      'gen_ai.usage.output_tokens': 42,
      'gen_ai.usage.reasoning.output_tokens': 12,
      'http.response.status_code': 200,
      'mart.request_id': 'req_1',
      'mart.endpoint': 'chat.completions',
      'mart.deployment': 'openai-eu',
      'mart.region': 'eu',
      'mart.ending': 'completed',
      'mart.mode': 'live',
      'mart.charge_usd': '0.001234567',
      'mart.flags': ['output-clamped'],
    })
    const refused = spans.find(({ name }) => name === 'attempt azure-eu')!
    const relayed = spans.find(({ name }) => name === 'attempt openai-eu')!
    for (const attempt of [refused, relayed])
      expect(attempt).toMatchObject({ kind: clientKind, traceId: request.traceId, parentSpanId: request.spanId })
    expect(refused.status.code).toBe(errorStatus)
    expect(timesOf(refused)).toEqual([2, 40])
    expect(attributesOf(refused)).toEqual({
      'gen_ai.provider.name': 'azure.ai.openai',
      'mart.deployment': 'azure-eu',
      'mart.region': 'eu',
      'http.response.status_code': 429,
      'error.type': 'refused-429',
    })
    expect(timesOf(relayed)).toEqual([50, 1_234.56])
    expect(attributesOf(relayed)).toMatchObject({ 'mart.first_byte_ms': 250, 'http.response.status_code': 200 })
  })

  test('is named for its operation, and its provider by its dialect where no better is known', async () => {
    const spans = await spansOf([
      served({ endpoint: 'embeddings' }, { attempts: [] }),
      served({ endpoint: 'streamGenerateContent', dialect: 'genai', model: 'gemini-3.5-flash' }, { attempts: [] }),
      rejected({ endpoint: 'images.generations' }),
    ])
    expect(sorted(spans.map(({ name }) => name))).toEqual(
      sorted(['embeddings gpt-5.4', 'generate_content gemini-3.5-flash', 'images.generations']),
    )
    expect(sorted(spans.map((span) => attributesOf(span)['gen_ai.provider.name']))).toEqual(
      sorted(['gcp.gen_ai', 'openai', 'openai']),
    )
  })

  test('that failed says why; a fault of its caller is no error of ours', async () => {
    const spans = await spansOf([
      rejected(),
      served({ requestId: 'req_3' }, { ending: 'upstream-failed', attempts: [] }),
      rejected({ requestId: 'req_4', status: 503, failure: 'billing_unavailable' }),
    ])
    const told = spans.map((span) => [
      attributesOf(span)['mart.request_id'],
      attributesOf(span)['error.type'],
      span.status.code,
    ])
    expect(sorted(told)).toEqual(
      sorted([
        ['req_2', 'invalid_key', 0],
        ['req_3', 'upstream-failed', errorStatus],
        ['req_4', 'billing_unavailable', errorStatus],
      ]),
    )
  })

  test("belongs in its caller's trace, when the caller's context can be read", async () => {
    const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    const request = (traceparent: string): RequestEnded => served({ traceparent }, { attempts: [] })
    const spans = await spansOf([
      request(`00-${trace}-${span}-01`),
      request(`00-${'0'.repeat(32)}-${span}-01`),
      request('tell me a secret'),
    ])
    expect(spans.filter(({ traceId }) => traceId === trace).map(({ parentSpanId }) => parentSpanId)).toEqual([span])
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined).length).toBe(2)
  })

  test('leaves no prompt, no secret and no words of an upstream', async () => {
    await spansOf([
      served({ model: forbidden[0]! }, { servedModel: forbidden[2]! }),
      rejected({ model: forbidden[0]! }),
    ])
    const text = collector.received.map((each) => each.text).join('')
    for (const each of [...forbidden, 'Bearer collector']) expect(text).not.toContain(each)
  })
})

describe('the collector', () => {
  test('is sent JSON at /v1/traces, with our headers and the name of the service', async () => {
    await spansOf([served()], { endpoint: `${collector.url}/v1/traces/` })
    const [{ path, headers, body }] = collector.received as [(typeof collector.received)[0]]
    expect([path, headers['authorization'], headers['content-type']]).toEqual([
      '/v1/traces',
      'Bearer collector',
      'application/json',
    ])
    expect(attributesOf(body.resourceSpans[0]!.resource)).toMatchObject({
      'service.name': 'aicreditmart',
      'service.version': '1.2.3',
    })
  })

  test('is sent whole traces or none, about as many as it was said', async () => {
    expect(await spansOf([served(), served()], { sampleRatio: 0 })).toEqual([])
    const spans = await spansOf(
      Array.from({ length: 400 }, () => served()),
      { sampleRatio: 0.5 },
    )
    const traces = Map.groupBy(spans, ({ traceId }) => traceId)
    expect(traces.size).toBeGreaterThan(100)
    expect(traces.size).toBeLessThan(300)
    expect([...traces.values()].every(({ length }) => length === 3)).toBe(true)
  })

  test('that refuses disturbs nobody, and is logged once a minute', async () => {
    collector.answer.status = 400
    const clock = stillClock()
    const { tracing, errors } = begin({ clock })
    for (let count = 0; count < 1_000; count += 1) tracing.requestEnded(served())
    await tracing.shutdown(5_000)
    expect(collector.received.length).toBeGreaterThan(1)
    expect(errors).toMatchObject([{ event: 'trace-export-failed' }])
  })

  test('that cannot be reached is given up at the deadline', async () => {
    const { tracing } = begin({ endpoint: 'http://127.0.0.1:1' })
    tracing.requestEnded(served())
    const before = performance.now()
    await tracing.shutdown(200)
    expect(performance.now() - before).toBeLessThan(1_000)
  })

  test('that does not answer costs spans beyond a bound, not memory', async () => {
    collector.answer.stalls = true
    const { tracing } = begin()
    for (let count = 0; count < 20_000; count += 1) tracing.requestEnded(served())
    await tracing.shutdown(500)
    expect(collector.spans().length).toBeLessThanOrEqual(4_096 + 512)
    expect(collector.spans().length).toBeGreaterThan(4_000)
  })
})
