/**
 * A request as spans, by the GenAI semantic conventions (Development, mid-2026): one span for what the client
 * asked for, one below it for each attempt at a deployment. The first is of kind SERVER, because
 * this process answers it; the CLIENT span of the conventions is the caller's own. Usage is on the first
 * alone, so that a sum over spans counts it once.
 *
 * Names and figures only: no prompt, no answer, no words of an upstream.
 */
import { isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, Tracer } from '@opentelemetry/api'
import { millisToHrTime, parseTraceParent } from '@opentelemetry/core'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import type { Relayed, RequestEnded } from '../gateway/observe.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { Attempt, Settlement } from '../store/store.ts'
import { outcomeOf } from './attempt-outcome.ts'
import { safeName } from './safe-name.ts'

/** The kind of a deployment's provider, such as `azure-openai`; null when it is unknown. */
export type ProviderOf = (deployment: string) => string | null

/** Makes the spans of a request that has ended, unless it is not sampled. */
export function traceRequest(ended: RequestEnded, tracer: Tracer, providerOf: ProviderOf): void {
  const { startedAt, durationMs, relayed } = ended
  const name = [operationOf(ended.endpoint), safeName(ended.model)].filter(Boolean).join(' ')
  const span = tracer.startSpan(
    name,
    { kind: SpanKind.SERVER, startTime: millisToHrTime(startedAt) },
    parentOf(ended.traceparent ?? null),
  )
  if (!span.isRecording()) return
  span.setAttributes(requestAttributes(ended, providerOf))
  if (isFault(ended)) span.setStatus({ code: SpanStatusCode.ERROR })
  const below = trace.setSpan(ROOT_CONTEXT, span)
  for (const attempt of relayed?.attempts ?? []) traceAttempt(attempt, ended, { tracer, below, providerOf })
  span.end(millisToHrTime(startedAt + durationMs))
}

/** The conventions' own constants are deprecated since these moved to a repository of theirs, which publishes none yet. */
const operations: Readonly<Record<string, string>> = {
  'chat.completions': 'chat',
  responses: 'chat',
  embeddings: 'embeddings',
  embedContent: 'embeddings',
  batchEmbedContents: 'embeddings',
  generateContent: 'generate_content',
  streamGenerateContent: 'generate_content',
}
const operationOf = (endpoint: string): string => operations[endpoint] ?? endpoint

/** The caller's span, in whose trace ours belongs; none where there is none, or none that can be read. */
function parentOf(traceparent: string | null): Context {
  const parent = traceparent === null ? null : parseTraceParent(traceparent)
  if (!parent || !isSpanContextValid(parent)) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
}

/** Whether the request failed through no fault of its caller: theirs are answers as they should be. */
const isFault = ({ status, relayed }: RequestEnded): boolean =>
  status >= 500 || relayed?.ending === 'upstream-failed' || relayed?.ending === 'in-doubt'

function requestAttributes(ended: RequestEnded, providerOf: ProviderOf): Attributes {
  const { settlement, relayed } = ended
  return {
    'gen_ai.operation.name': operationOf(ended.endpoint),
    'gen_ai.provider.name': providerName(relayed && providerOf(relayed.upstream), ended.dialect),
    ...defined('gen_ai.request.model', safeName(ended.model)),
    ...defined(ATTR_ERROR_TYPE, errorOf(ended)),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: ended.status,
    'mart.request_id': ended.requestId,
    'mart.endpoint': ended.endpoint,
    ...(relayed && relayedAttributes(relayed)),
    ...(settlement && settlementAttributes(settlement)),
  }
}

function relayedAttributes({ streamed, attempts, region, upstream, ending }: Relayed): Attributes {
  const last = attempts.at(-1)
  return {
    ...(streamed && { 'gen_ai.request.stream': true }),
    ...(streamed &&
      last &&
      last.firstByteMs !== null && {
        'gen_ai.response.time_to_first_chunk': (last.startedMs + last.firstByteMs) / 1000,
      }),
    'mart.region': region,
    'mart.deployment': upstream,
    'mart.ending': ending,
  }
}

/** By the conventions, input holds what was cached, and output holds the reasoning. */
function settlementAttributes(settlement: Settlement): Attributes {
  const { tokens } = settlement
  return {
    ...defined('gen_ai.response.model', safeName(settlement.servedModel)),
    'gen_ai.usage.input_tokens': tokens.input + tokens.cachedInput,
    'gen_ai.usage.cache_read.input_tokens': tokens.cachedInput,
    'gen_ai.usage.output_tokens': tokens.output + tokens.reasoning,
    'gen_ai.usage.reasoning.output_tokens': tokens.reasoning,
    'mart.mode': settlement.mode,
    'mart.charge_usd': formatUsd(settlement.chargeNano),
    ...(settlement.flags.length > 0 && { 'mart.flags': [...settlement.flags] }),
  }
}

function errorOf({ failure, relayed }: RequestEnded): string | null {
  if (failure !== null) return failure
  const ending = relayed?.ending
  return ending === undefined || ending === 'completed' || ending === 'client-left' ? null : ending
}

/** The names that the conventions have for the kinds of provider; the others are known by their dialect. */
const providerNames: Readonly<Record<string, string>> = {
  openai: 'openai',
  'azure-openai': 'azure.ai.openai',
  'google-ai-studio': 'gcp.gemini',
  'vertex-ai': 'gcp.vertex_ai',
}
const providerName = (kind: string | null, dialect: RequestEnded['dialect']): string =>
  (kind !== null && providerNames[kind]) || (dialect === 'openai' ? 'openai' : 'gcp.gen_ai')

type Place = { readonly tracer: Tracer; readonly below: Context; readonly providerOf: ProviderOf }

function traceAttempt(attempt: Attempt, ended: RequestEnded, { tracer, below, providerOf }: Place): void {
  const { deployment, region, status, startedMs, firstByteMs } = attempt
  const outcome = outcomeOf(attempt)
  const span = tracer.startSpan(
    `attempt ${deployment}`,
    {
      kind: SpanKind.CLIENT,
      startTime: millisToHrTime(ended.startedAt + startedMs),
      attributes: {
        'gen_ai.provider.name': providerName(providerOf(deployment), ended.dialect),
        'mart.deployment': deployment,
        'mart.region': region,
        ...defined(ATTR_HTTP_RESPONSE_STATUS_CODE, status),
        ...defined('mart.first_byte_ms', firstByteMs),
        ...(outcome !== 'ok' && { [ATTR_ERROR_TYPE]: outcome }),
      },
    },
    below,
  )
  if (outcome !== 'ok' && outcome !== 'client-left') span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(millisToHrTime(ended.startedAt + endOf(attempt, ended)))
}

/** An answer that was relayed took until the request's end; `endedMs` is when it began to be given. */
function endOf(attempt: Attempt, { durationMs, relayed }: RequestEnded): number {
  const isRelayed = attempt === relayed?.attempts.at(-1) && attempt.error === null
  return Math.max(attempt.startedMs, isRelayed ? durationMs : attempt.endedMs)
}

const defined = (name: string, value: string | number | null): Attributes => (value === null ? {} : { [name]: value })
