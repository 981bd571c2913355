/**
 * What the tests of single requests that go wrong share: the ways a model can be asked, quick accounts,
 * what a client got, and the books, recomputed here from the list prices and the sandbox's own count.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout } from 'bun:test'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import models from '../../src/catalog/models.json'
import type { Mode, Settlement } from '../../src/store/store.ts'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { faultsOf, receiptOf } from '../support/receipt.ts'
import { startServer, type Server, type ServerOptions } from '../support/start-server.ts'

export const startMsMax = 60_000
const settledMsMax = 20_000

/** One server for all tests of a file: started before the first, stopped behind the last. */
export function oneServer(options?: ServerOptions): () => Server {
  let server: Server | undefined
  setDefaultTimeout(startMsMax)
  beforeAll(async () => {
    server = await startServer(options)
  })
  afterAll(() => server?.stop())
  return () => server!
}

// ---- Asking ------------------------------------------------------------------------------------

/** One way to ask a model: a dialect, whole or as a stream. */
export type Way = {
  readonly name: string
  readonly dialect: 'openai' | 'genai'
  readonly streamed: boolean
  readonly model: string
  readonly path: string
  readonly bodyOf: (prompt: string, more: More) => object
}
/** `outputTokens`: the client's own limit; `fields`: further members of the body. */
type More = { readonly outputTokens?: number; readonly fields?: object }

const chatOf =
  (model: string, stream: boolean): Way['bodyOf'] =>
  (prompt, { outputTokens, fields }) => ({
    model,
    messages: [{ role: 'user', content: prompt }],
    ...(stream && { stream }),
    ...(outputTokens !== undefined && { max_completion_tokens: outputTokens }),
    ...fields,
  })
const contentsOf: Way['bodyOf'] = (prompt, { outputTokens, fields }) => ({
  contents: [{ role: 'user', parts: [{ text: prompt }] }],
  ...(outputTokens !== undefined && { generationConfig: { maxOutputTokens: outputTokens } }),
  ...fields,
})

const openaiWay = (name: string, model: string, streamed: boolean): Way => {
  const bodyOf = chatOf(model, streamed)
  return { name, dialect: 'openai', streamed, model, path: '/v1/chat/completions', bodyOf }
}
const genaiWay = (name: string, model: string, verb: string): Way => {
  const path = `/genai/v1beta/models/${model}:${verb}`
  return { name, dialect: 'genai', streamed: verb.startsWith('stream'), model, path, bodyOf: contentsOf }
}

export const chatModel = 'gpt-4.1-mini'
export const geminiModel = 'gemini-2.5-flash'
export const chat = openaiWay('openai, plain', chatModel, false)
export const chatStream = openaiWay('openai, streamed', chatModel, true)
export const generate = genaiWay('genai, plain', geminiModel, 'generateContent')
export const generateStream = genaiWay('genai, streamed', geminiModel, 'streamGenerateContent?alt=sse')
export const generateArray = genaiWay('genai, streamed as an array', geminiModel, 'streamGenerateContent')
export const embed: Way = {
  ...openaiWay('openai, embeddings', 'text-embedding-3-small', false),
  path: '/v1/embeddings',
  bodyOf: (prompt, { fields }) => ({ model: 'text-embedding-3-small', input: prompt, ...fields }),
}
export const plainWays: readonly Way[] = [chat, generate]
export const streamedWays: readonly Way[] = [chatStream, generateStream, generateArray]
export const ways: readonly Way[] = [...plainWays, ...streamedWays]
export const withModel = (way: Way, model: string): Way =>
  way.dialect === 'openai'
    ? openaiWay(way.name, model, way.streamed)
    : { ...way, model, path: way.path.replace(way.model, model) }

export const keyHeader = (dialect: Way['dialect'], key: string): Record<string, string> =>
  dialect === 'openai' ? { authorization: `Bearer ${key}` } : { 'x-goog-api-key': key }

type AskOptions = More & {
  readonly sandbox?: string
  readonly signal?: AbortSignal
  readonly prompt?: string
  readonly headers?: Readonly<Record<string, string>>
}
/** Asks a question; `sandbox`: the directives for the upstream, as its header. */
export const ask = (server: Server, key: string, way: Way, options: AskOptions = {}): Promise<Response> =>
  fetch(`${server.baseUrl}${way.path}`, {
    method: 'POST',
    headers: {
      ...keyHeader(way.dialect, key),
      'content-type': 'application/json',
      ...(options.sandbox !== undefined && { 'x-sandbox': options.sandbox }),
      ...options.headers,
    },
    body: JSON.stringify(way.bodyOf(options.prompt ?? 'What is a river?', options)),
    ...(options.signal && { signal: options.signal }),
  })

/** The same question asked of the sandbox itself, with the operator's credential. */
export const askSandbox = (server: Server, way: Way, options: AskOptions = {}): Promise<Response> =>
  ask(
    { ...server, baseUrl: server.sandboxUrl! },
    'sandbox-credential',
    { ...way, path: way.path.replace(/^\/genai/, '') },
    options,
  )

/** A request that has to end within a time, so that a gateway that hangs fails its test alone. */
export const within = (ms: number): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(ms) })

/** What a client got: everything that came, and whether the connection broke under it. */
export type Taken = {
  readonly status: number
  readonly headers: Headers
  readonly requestId: string
  readonly text: string
  readonly broke: boolean
}

/** Takes an answer to its end. A connection that broke before the status counts as status 0. */
export async function taken(asking: Response | Promise<Response>): Promise<Taken> {
  const response = await Promise.resolve(asking).catch((error: unknown) => {
    if ((error as { name?: string }).name === 'TimeoutError') throw error
    return null
  })
  if (response === null) return { status: 0, headers: new Headers(), requestId: '', text: '', broke: true }
  const chunks: Uint8Array[] = []
  let broke = false
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array)
  } catch {
    broke = true
  }
  const { status, headers } = response
  const requestId = headers.get('x-request-id') ?? ''
  return { status, headers, requestId, text: Buffer.concat(chunks).toString('utf8'), broke }
}

export type Envelope = {
  readonly message: string
  readonly status?: string
  readonly code: string | number | null
  readonly type?: string
  readonly param?: string | null
  readonly details?: readonly Detail[]
  readonly [fact: string]: unknown
}
type Detail = {
  readonly '@type': string
  readonly reason?: string
  readonly retryDelay?: string
  readonly metadata?: Record<string, string>
}

/** The error that a refusal carries, in its dialect's own envelope, whose members must be those of the vendor. */
export function envelopeOf({ status, headers, text, requestId }: Taken, dialect: Way['dialect']): Envelope {
  expect(headers.get('content-type')).toContain('application/json')
  expect(requestId).toMatch(/^req_/)
  const { error } = JSON.parse(text) as { error: Envelope }
  expect(error.message.length).toBeGreaterThan(10)
  if (dialect === 'openai') {
    for (const member of ['type', 'param', 'code']) expect(Object.keys(error)).toContain(member)
    expect(typeof error.type).toBe('string')
  } else {
    expect(error.code).toBe(status)
    expect(error.status).toMatch(/^[A-Z_]+$/)
  }
  return error
}

export const detailOf = (error: Envelope, type: string): Detail | undefined =>
  error.details?.find((detail) => detail['@type'] === `type.googleapis.com/google.rpc.${type}`)

/** Nano-USD as the decimal USD that the operator grants. */
export const usdOf = (nano: bigint): string =>
  `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`
export const nanoOf = (usd: unknown): bigint => {
  const [whole = '', decimals = ''] = String(usd).split('.')
  return BigInt(whole + decimals.padEnd(9, '0'))
}
/** Machine-readable facts of a refusal: beside OpenAI's members, in Google's ErrorInfo. */
export const factsOf = (error: Envelope, way: Way): Readonly<Record<string, unknown>> =>
  way.dialect === 'openai' ? error : (detailOf(error, 'ErrorInfo')!.metadata ?? {})

/** The refusal for want of money, in its dialect, with nothing in it that invites a retry. */
export function expectNoMoney(got: Taken, way: Way, reason: string): Envelope {
  expect(got.status).toBe(429)
  const error = envelopeOf(got, way.dialect)
  if (way.dialect === 'openai') {
    expect(error).toMatchObject({ code: 'insufficient_quota', type: 'insufficient_quota' })
    expect(got.headers.get('x-should-retry')).toBe('false')
  } else {
    expect(error.status).toBe('RESOURCE_EXHAUSTED')
    expect(detailOf(error, 'ErrorInfo')!.reason).toBe(reason)
    expect(detailOf(error, 'RetryInfo')).toBeUndefined()
  }
  return error
}

/** The text of an answer, however it was asked for; a stream's is put together from its records. */
export function answerText(text: string, way: Way): string {
  const pieces = recordsOf(text, way).map((record) => {
    const { choices, candidates } = record as { choices?: Choice[]; candidates?: Candidate[] }
    const said = choices?.map(({ message, delta }) => (message ?? delta)?.content ?? '')
    return said ?? candidates?.flatMap(({ content }) => content?.parts?.map((part) => part.text ?? '')) ?? ''
  })
  return pieces.flat().join('')
}
type Choice = { readonly message?: { content?: string }; readonly delta?: { content?: string } }
type Candidate = { readonly content?: { readonly parts?: readonly { text?: string }[] } }

/** The JSON records of an answer; throws when one of them is none. */
export function recordsOf(text: string, way: Way): readonly object[] {
  if (!way.streamed) return [JSON.parse(text) as object]
  if (!way.path.includes('alt=sse') && way.dialect === 'genai') return JSON.parse(text) as object[]
  const records = text.split(/\r?\n\r?\n/).filter((record) => record.startsWith('data:'))
  const data = records.map((record) => record.slice('data:'.length).trim()).filter((json) => json !== '[DONE]')
  return data.map((json) => JSON.parse(json) as object)
}

// ---- Operating ---------------------------------------------------------------------------------

/** Asks the admin API, as `mart` does, without starting a process for each question. */
export async function operate<T>(server: Server, method: string, path: string, body?: object): Promise<T> {
  const file = JSON.parse(readFileSync(join(server.dataDir, 'operator.json'), 'utf8')) as { url: string; token: string }
  const response = await fetch(`${file.url}/api/admin${path}`, {
    method,
    headers: { authorization: `Bearer ${file.token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** An organization with credit (null: none) and a key on these terms; one request at once, so that a leaked place shows. */
export async function openPurse(
  server: Server,
  usd: string | null,
  terms: Readonly<Record<string, unknown>> = {},
): Promise<Account> {
  const { id } = await operate<{ id: string }>(server, 'POST', '/organizations', { name: 'fault test' })
  if (usd !== null) await operate(server, 'POST', `/organizations/${id}/grants`, { usd, mode: terms['mode'] })
  const key = await operate<{ id: string; key: string }>(server, 'POST', `/organizations/${id}/keys`, {
    concurrency: 1,
    ...terms,
  })
  return { organizationId: id, keyId: key.id, key: key.key }
}

export type Balance = { readonly balanceNano: bigint; readonly heldNano: bigint; readonly availableNano: bigint }
export async function balanceOf(server: Server, { organizationId }: Account, mode?: Mode): Promise<Balance> {
  const path = `/organizations/${organizationId}/balance${mode === undefined ? '' : `?mode=${mode}`}`
  const json = await operate<Record<keyof Balance, string>>(server, 'GET', path)
  const { balanceNano, heldNano, availableNano } = json
  return { balanceNano: BigInt(balanceNano), heldNano: BigInt(heldNano), availableNano: BigInt(availableNano) }
}

/** A configuration file with this text, as `MART_CONFIG` names it. */
export function configured(yaml: string): { readonly env: { readonly MART_CONFIG: string } } {
  // Asked for before all tests as well, behind which a `testFolder` would go.
  const path = join(mkdtempSync(join(tmpdir(), 'mart-config-')), 'mart.yaml')
  writeFileSync(path, yaml)
  return { env: { MART_CONFIG: path } }
}

// ---- The books ---------------------------------------------------------------------------------

export type SandboxUsage = {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
  readonly reasoning: number
  readonly imageOutput?: number
}
/** A line of the sandbox's own count. */
export type Served = {
  readonly sequence: number
  readonly clientRequestId: string | null
  readonly model: string
  readonly complete: boolean
  readonly usage: SandboxUsage
  readonly sent: SandboxUsage
}

/** What the sandbox says under `/sandbox`. */
export const sandboxJson = async <T>(server: Server, path: string): Promise<T> =>
  (await (await fetch(`${server.sandboxUrl}/sandbox${path}`)).json()) as T
/** What the sandbox counted of one request: nothing, when it refused it or never saw it. */
export const servedOf = async (server: Server, requestId: string): Promise<readonly Served[]> =>
  (await sandboxJson<{ data: Served[] }>(server, `/requests/${requestId}`)).data
export async function servedSince(server: Server, sequence: number): Promise<readonly Served[]> {
  const all: Served[] = []
  for (let after = sequence; ;) {
    const { data } = await sandboxJson<{ data: Served[] }>(server, `/requests?after=${after}&limit=10000`)
    all.push(...data)
    if (data.length < 10_000) return all
    after = data.at(-1)!.sequence
  }
}
export const servedCount = async (server: Server): Promise<number> =>
  (await sandboxJson<{ requests: number }>(server, '/count')).requests

type Tier = 'standard' | 'flex' | 'priority'
type Row = { readonly usdPerMillion?: Partial<Record<keyof SandboxUsage, string>> }
type ListedModel = { readonly id: string; readonly prices: readonly { from: string; tiers: Record<Tier, Row[]> }[] }

/** What usage costs by the list, worked out without the product: pico-USD summed, rounded up once to nano-USD. */
export function costNano(model: string, usage: SandboxUsage, tier: Tier = 'standard'): bigint {
  const today = new Date().toISOString().slice(0, 10)
  const found = (models as unknown as readonly ListedModel[]).find(({ id }) => id === model)!
  const { usdPerMillion: usd = {} } = found.prices.findLast(({ from }) => from <= today)!.tiers[tier][0]!
  const pico = (price = '0'): bigint => {
    const [whole = '', decimals = ''] = price.split('.')
    return BigInt(whole + decimals.padEnd(6, '0'))
  }
  const total =
    BigInt(usage.input) * pico(usd.input) +
    BigInt(usage.cachedInput) * pico(usd.cachedInput ?? usd.input) +
    BigInt(usage.output) * pico(usd.output) +
    BigInt(usage.reasoning) * pico(usd.reasoning ?? usd.output) +
    BigInt(usage.imageOutput ?? 0) * pico(usd.imageOutput)
  return (total + 999n) / 1_000n
}

/** The receipt of a request, once it is there, with its arithmetic redone; null for a request that has none. */
export async function settledOf(server: Server, account: Account, requestId: string): Promise<Settlement> {
  const receipt = await eventually(
    () => receiptOf(server.baseUrl, account.key, requestId),
    settledMsMax,
    () => `no receipt for ${requestId}`,
  )
  expect(faultsOf(receipt)).toEqual([])
  if (!receipt.flags.includes('over-hold')) {
    expect(BigInt(receipt.chargeNano)).toBeLessThanOrEqual(BigInt(receipt.holdNano))
  }
  expect(receipt.organizationId).toBe(account.organizationId)
  return receipt
}

export const chargesOf = (receipts: readonly Settlement[]): bigint =>
  receipts.reduce((total, { chargeNano }) => total + BigInt(chargeNano), 0n)

/** Everything is settled: the balance fell by these charges and no more, nothing is held, and the key is free again. */
export async function expectClosedBooks(
  server: Server,
  account: Account,
  beforeNano: bigint,
  receipts: readonly Settlement[],
): Promise<void> {
  const expected = { balanceNano: beforeNano - chargesOf(receipts), heldNano: 0n }
  let last: Balance | null = null
  await eventually(
    async () => {
      last = await balanceOf(server, account)
      return last.heldNano === 0n ? true : null
    },
    settledMsMax,
    () => `${last?.heldNano} nano-USD stay held`,
  )
  expect(await balanceOf(server, account)).toMatchObject(expected)
  // Counting tokens is free, and takes a place at the key like any other request.
  const probe = withModel({ ...generate, path: generate.path.replace('generateContent', 'countTokens') }, geminiModel)
  const { status, text } = await taken(ask(server, account.key, probe))
  expect({ status, text }).toMatchObject({ status: 200 })
}

/** What this asks costs the account nothing, reaches no upstream, says no key, and leaves the server well. */
export async function costsNothing<T extends Taken | string>(
  server: Server,
  account: Account,
  asking: () => Promise<T>,
): Promise<T> {
  const [countBefore, { balanceNano }] = [await servedCount(server), await balanceOf(server, account)]
  const got = await asking()
  expect(typeof got === 'string' ? got : got.text).not.toContain(account.key)
  expect(await servedCount(server)).toBe(countBefore)
  expect(await balanceOf(server, account)).toMatchObject({ balanceNano, heldNano: 0n })
  expect((await fetch(`${server.baseUrl}/readyz`)).status).toBe(200)
  return got
}

/** Whether all of a generation was sent; a reader that closes on the last byte may leave it marked as cut. */
export const isWhole = ({ usage, sent }: Served): boolean => Bun.deepEquals(usage, sent)
