/** A gateway in front of two upstreams that write whatever a test says: the second serves what the first did not. */
import { readFileSync } from 'node:fs'
import { expect } from 'bun:test'
import type { Settlement } from '../../src/store/store.ts'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { plain, startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

export type Pair = {
  readonly server: Server
  readonly customer: Account
  readonly first: RawUpstream
  readonly second: RawUpstream
  readonly stop: () => Promise<void>
}

export const chat = ways.withModel(ways.chat, 'gpt-5.4-mini')
export const chatStream = ways.withModel(ways.chatStream, chat.model)
export const embed = ways.embed
export const generate = ways.withModel(ways.generate, 'gemini-2.5-flash')
export const generateStream = ways.withModel(ways.generateStream, generate.model)
export const generateArray = ways.withModel(ways.generateArray, generate.model)

const models = [chat.model, embed.model, generate.model, 'gpt-image-2']

export async function startPair(more: object = {}, openaiKind = 'openai-compatible'): Promise<Pair> {
  const [first, second] = [await startRawUpstream(), await startRawUpstream()]
  const both = [first, second].map(({ url }, nth) => ({ url, name: nth === 0 ? 'first' : 'second', priority: nth }))
  const config = {
    providers: Object.fromEntries(
      both.flatMap(({ url, name }) => [
        [`${name}-openai`, { kind: openaiKind, baseUrl: `${url}/v1`, apiKey: '${RAW_KEY}' }],
        [`${name}-genai`, { kind: 'gemini-compatible', baseUrl: `${url}/v1beta`, apiKey: '${RAW_KEY}' }],
      ]),
    ),
    deployments: both.flatMap(({ name, priority }) =>
      models.map((model) => {
        const provider = `${name}-${model.startsWith('gemini') ? 'genai' : 'openai'}`
        return { name: nameOf(name, model), model, provider, region: 'us', priority, onAbort: 'drain' }
      }),
    ),
    failover: { jitterMs: 1 },
    ...more,
  }
  const { env } = ways.configured(JSON.stringify(config))
  const server = await startServer({ env: { ...env, RAW_KEY: 'sk-upstream-secret' } })
  const customer = await ways.openPurse(server, '100', { concurrency: null })
  const stop = async (): Promise<void> => {
    await server.stop()
    first.stop()
    second.stop()
  }
  return { server, customer, first, second, stop }
}

const nameOf = (upstream: string, model: string): string => `${upstream}-${model.replaceAll('.', '-')}`

/** Makes the gateway forget what it learnt of its deployments. */
export const forgive = ({ server }: Pair): Promise<unknown> =>
  Promise.all(
    ['first', 'second'].flatMap((upstream) =>
      models.map((model) => ways.operate(server, 'POST', `/deployments/${nameOf(upstream, model)}/resume`, {})),
    ),
  )

export type Got = { readonly got: ways.Taken; readonly receipt: Settlement; readonly ms: number }

/** Asks once, while both upstreams answer like this, and closes the books. */
export async function asked(pair: Pair, way: ways.Way, options: Parameters<typeof ways.ask>[3] = {}): Promise<Got> {
  const { server, customer } = pair
  await forgive(pair)
  const before = await ways.balanceOf(server, customer)
  const at = performance.now()
  const got = await ways.taken(ways.ask(server, customer.key, way, { ...options, ...ways.within(20_000) }))
  const ms = performance.now() - at
  const receipt = await ways.settledOf(server, customer, got.requestId)
  const charged = before.balanceNano - BigInt(receipt.chargeNano)
  expect(await ways.balanceOf(server, customer)).toMatchObject({ balanceNano: charged, heldNano: 0n })
  return { got, receipt, ms }
}

/** The upstreams that were asked, in turn. */
export const triedOf = ({ attempts }: Settlement): readonly string[] =>
  attempts.map(({ deployment }) => deployment.split('-')[0]!)

/** Every connection to an upstream is closed, or kept idle by the gateway. */
export const untilLeft = (upstream: RawUpstream, open: number, msMax: number): Promise<true> =>
  eventually(
    () => Promise.resolve(upstream.connections.open <= open ? true : null),
    msMax,
    () => `${upstream.connections.open} connections to the upstream stay open`,
  )

export const rssBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

// ---- What upstreams say -----------------------------------------------------------------------

export const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }
export const usageMetadata = { promptTokenCount: 20, candidatesTokenCount: 5, totalTokenCount: 25 }
const json = (choices: unknown, more: object): string =>
  JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: chat.model, choices, ...more })
export const delta = (content: string, more: object = {}, index = 0): string =>
  json([{ index, delta: { content }, finish_reason: null }], more)
export const finish = (more: object = {}, index = 0): string =>
  json([{ index, delta: {}, finish_reason: 'stop' }], more)
export const counted = json([], { usage })
export const record = (data: string): string => `data: ${data}\n\n`
export const completion = (content: string, more: object = {}): string =>
  json([{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }], { usage, ...more })
export const part = (text: string, more: object = {}): string =>
  JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }], ...more })
export const lastPart = (text: string, more: object = {}): string =>
  JSON.stringify({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
    ...more,
  })

const vector = JSON.stringify({
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
  usage: { prompt_tokens: 20, total_tokens: 20 },
})

/** A good answer, whichever way it is asked for. */
export function served(way: ways.Way): string {
  if (way === embed) return vector
  if (way.dialect === 'openai')
    return way.streamed ? [delta('served'), finish(), counted, '[DONE]'].map(record).join('') : completion('served')
  const last = lastPart('served', { usageMetadata })
  if (!way.streamed) return last
  return way === generateArray ? `[${last}\n]` : record(last)
}
/** The same, as a client gets it that has not asked for usage. */
export const servedWithoutUsage = (way: ways.Way): string =>
  way === chatStream ? served(way).replace(record(counted), '') : served(way)
export const serve = (way: ways.Way): RawUpstream['answer'] =>
  plain(served(way), [
    `content-type: ${way.streamed && way !== generateArray ? 'text/event-stream' : 'application/json'}`,
  ])

/** A call of `/v1/responses`. */
export const responsesWay = (model: string, isStream: boolean): ways.Way => ({
  name: isStream ? 'responses, streamed' : 'responses',
  dialect: 'openai',
  streamed: isStream,
  model,
  path: '/v1/responses',
  bodyOf: (prompt, { fields }) => ({
    model,
    input: prompt,
    max_output_tokens: 1_000,
    ...(isStream && { stream: true }),
    ...fields,
  }),
})
