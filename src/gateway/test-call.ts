/**
 * A tiny real call of an operator's own to one deployment: whether its address, its credential and its model are good.
 * It is in no limits, on no receipt and in no health; what it costs, a few tokens, the operator pays.
 */
import type { Catalog, Model } from '../catalog/catalog.ts'
import { roundedMs } from '../lib/clock.ts'
import { decoded } from '../lib/http-client/decoded.ts'
import { isVendor, upstreamModelOf, type Deployment, type OperationName } from '../upstreams/deployment.ts'
import { faultWords } from '../upstreams/fault-words.ts'
import type { Trouble } from '../upstreams/health.ts'
import { CredentialError } from '../upstreams/vertex-token.ts'
import type { GatewayDeps } from './deps.ts'
import { isNotSent } from './trouble.ts'

export type TestCall = {
  readonly ok: boolean
  /** What was asked, of which model. */
  readonly endpoint: OperationName
  readonly model: string
  /** null where no answer came. */
  readonly status: number | null
  /** Until all of the answer had come. */
  readonly ms: number
  /** What is wrong; null where nothing is. */
  readonly fault: Trouble | null
  readonly words: string
}

const msMax = 30_000
const connectMs = 5_000
const answerBytesMax = 1024 * 1024

type Deps = Pick<GatewayDeps, 'catalog' | 'http' | 'clock'>
type Came = Pick<TestCall, 'ok' | 'status' | 'fault' | 'words'>

/** Asks it. Never rejects: whatever goes wrong is the result. */
export async function testCall(deployment: Deployment, deps: Deps): Promise<TestCall> {
  const model = testedModel(deployment, deps.catalog)
  const probe = probeOf(model, deployment)
  const startedAt = deps.clock.monotonic()
  const came = await send({ deployment, model, probe }, deps).catch(troubleOf)
  const ms = roundedMs(deps.clock.monotonic() - startedAt)
  return { ...came, endpoint: probe.operation, model: model.id, ms }
}

/** Its own, or a text model for one that serves every model of its dialects. */
function testedModel({ model, adapter }: Deployment, catalog: Catalog): Model {
  const own = model === null ? null : catalog.find(model)
  return own ?? catalog.listed.find(({ dialect, kind }) => kind === 'text' && adapter.dialects.includes(dialect))!
}

/** `isEmpty`: a prompt that must be refused, because what it asks for would be dear. */
type Probe = {
  readonly operation: OperationName
  readonly path: (model: string) => string
  readonly fields: (model: string) => object
  readonly isEmpty: boolean
}

const tokensMax = 16
const said = 'Say ok.'

function probeOf({ dialect, kind }: Model, deployment: Deployment): Probe {
  const isEmpty = kind === 'image' || kind === 'video'
  if (dialect === 'genai') return geminiProbe(isEmpty)
  switch (kind) {
    case 'text':
      return openaiProbe('chat.completions', '/chat/completions', {
        messages: [{ role: 'user', content: said }],
        // What is compatible may know the older name alone.
        [isVendor(deployment.kind) ? 'max_completion_tokens' : 'max_tokens']: tokensMax,
      })
    case 'embeddings':
      return openaiProbe('embeddings', '/embeddings', { input: said })
    case 'image':
      return { ...openaiProbe('images.generations', '/images/generations', { prompt: '' }), isEmpty }
    case 'video':
      return { ...openaiProbe('videos', '/videos', { prompt: '' }), isEmpty }
  }
}

const openaiProbe = (operation: OperationName, path: string, fields: object): Probe => ({
  operation,
  path: () => path,
  fields: (model) => ({ model, ...fields }),
  isEmpty: false,
})

const geminiProbe = (isEmpty: boolean): Probe => ({
  operation: 'generateContent',
  path: (model) => `/models/${encodeURIComponent(model)}:generateContent`,
  fields: () => ({
    contents: isEmpty ? [] : [{ role: 'user', parts: [{ text: said }] }],
    generationConfig: { maxOutputTokens: tokensMax },
  }),
  isEmpty,
})

type Asking = { readonly deployment: Deployment; readonly model: Model; readonly probe: Probe }

async function send({ deployment, model, probe }: Asking, { http }: Deps): Promise<Came> {
  const { adapter } = deployment
  const { dialect, id } = model
  const upstreamModel = upstreamModelOf(deployment, model, id)
  const address = await adapter.address({ dialect, path: probe.path(upstreamModel), model: upstreamModel, tier: null })
  const text = JSON.stringify(probe.fields(upstreamModel))
  const body = adapter.rewriteBody?.(text, { dialect, operation: probe.operation }) ?? text
  const call = http.send({
    method: 'POST',
    url: address.url,
    headers: { 'accept-encoding': 'identity', 'content-type': 'application/json', ...address.headers },
    body: new TextEncoder().encode(body),
    connectMs,
    isRepeatable: true,
  })
  const late = setTimeout(() => call.abort(new LateError()), msMax)
  try {
    const response = decoded(await call.response)
    const { status, headers } = response
    const bytes = await response.bytes(answerBytesMax)
    if (status >= 200 && status < 300) return { ok: true, status, fault: null, words: 'It answered.' }
    const { fault } = adapter.refusal({ dialect, status, headers, body: bytes, upstreamModel, askedModel: id })
    if (probe.isEmpty && fault === 'client') return { ok: true, status, fault: null, words: emptyWords }
    return { ok: false, status, fault, words: sentence(faultWords(fault, status)) }
  } finally {
    clearTimeout(late)
  }
}

const emptyWords = 'It refused an empty prompt, as it should: its address and credential are good. Nothing was made.'

class LateError extends Error {}

function troubleOf(error: unknown): Came {
  const fault = faultOf(error)
  return { ok: false, status: null, fault, words: sentence(faultWords(fault, null)) }
}

function faultOf(error: unknown): Trouble {
  if (error instanceof LateError) return 'timeout'
  if (error instanceof CredentialError) return 'credential'
  return isNotSent(error) ? 'connect' : 'upstream'
}

const sentence = (words: string): string => `${words[0]!.toUpperCase()}${words.slice(1)}.`
