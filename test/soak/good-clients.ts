/** Clients that mean well: whole and streamed, small and large, in both dialects; some leave, some meet an upstream in trouble. */
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import * as support from '../faults/process-support.ts'
import * as ways from '../faults/request-support.ts'
import type { Customer, World } from './world.ts'

export type GoodClients = {
  /** Answers of which the ledger must know the same as their clients. */
  readonly shots: readonly support.Shot[]
  readonly figures: () => Readonly<Record<string, string | number>>
  readonly stop: () => Promise<void>
}

type Round = (world: World, customer: Customer) => Promise<support.Shot | null>

/** Several of each at once, with a pause after each answer: the load is steady, and the same on every machine that can bear it. */
const atOnce = 2
const pauseMs = 150
const wellMsMax = 60_000

export function startGoodClients(world: World): GoodClients {
  const shots: support.Shot[] = []
  let [asked, isStopped] = [0, false]
  const work = async (round: Round, customer: Customer): Promise<void> => {
    while (!isStopped) {
      const shot = await round(world, customer)
      asked += 1
      if (shot?.whole) shots.push({ ...shot, text: '' })
      await Bun.sleep(pauseMs)
    }
  }
  const customers = [...world.customers, world.poor]
  const ended = Promise.all(
    rounds.flatMap((round) =>
      customers.flatMap((customer) =>
        Array.from({ length: customer === world.poor ? 1 : atOnce }, () => work(round, customer)),
      ),
    ),
  )
  return {
    shots,
    figures: () => ({ 'requests of good clients': asked, 'of which answered whole': shots.length }),
    async stop() {
      isStopped = true
      await ended
    },
  }
}

const shoot = ({ server }: World, customer: Customer, asked: ReturnType<support.Mix>): Promise<support.Shot> =>
  support.shoot(server, customer, asked, wellMsMax)

/** Both dialects, whole and streamed. */
const mixed: Round = (world, customer) => shoot(world, customer, support.mixed())

/** What goes wrong between a gateway and its upstream. */
const troubles = [
  'tokens=40 reset_after=3',
  'tokens=40 truncate_after=3',
  'garbage=1',
  'split=1 crlf=1 unicode=1',
  'usage=odd',
  'usage=none',
  'status=500',
  'status=429 retry_after=1',
  'status=400',
] as const
/** Seldom enough for the upstream not to be given up. */
const troubledPart = 0.1
const troubled: Round = (world, customer) =>
  Math.random() < troubledPart
    ? shoot(world, customer, { way: support.oneOf(ways.ways), sandbox: support.oneOf(troubles) })
    : mixed(world, customer)

/** Texts as long as they are sent in life, some over the size from which bodies are read in turns. */
const large: Round = async ({ server }, customer) => {
  const way = support.oneOf(ways.ways)
  const prompt = 'The river is wide. '.repeat(support.between(10, 8_000))
  const got = await ways.taken(
    ways.ask(server, customer.key, way, { prompt, sandbox: 'tokens=20', ...ways.within(wellMsMax) }),
  )
  return { ...got, account: customer, way, whole: got.status === 200 && !got.broke && !way.streamed }
}

/** A connection for each request. */
const unkept: Round = async ({ server }, { key }) => {
  const response = await fetch(`${server.baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(ways.chat.bodyOf('What is a river?', { outputTokens: 20 })),
    ...ways.within(wellMsMax),
  })
  await response.text()
  return null
}

/** In the middle of a stream, or while its upstream has fallen silent. */
const leaving: Round = async ({ server }, { key }) => {
  const leave = new AbortController()
  const sandbox = support.oneOf(['tokens=60 chunk_ms=2', 'tokens=60 stall_after=4', 'stall=1'])
  setTimeout(() => leave.abort(), support.between(20, 200))
  await ways
    .taken(ways.ask(server, key, support.oneOf(ways.streamedWays), { sandbox, signal: leave.signal }))
    .catch(() => undefined)
  return null
}

/** As the vendors' own SDKs ask. What they throw is theirs: an organization whose credit has run out is told so. */
const sdks: Round = async ({ server }, { key }) => {
  const openai = new OpenAI({ apiKey: key, baseURL: `${server.baseUrl}/v1/`, maxRetries: 0, timeout: wellMsMax })
  const genai = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${server.baseUrl}/genai` } })
  const messages = [{ role: 'user' as const, content: 'What is a river?' }]
  const [model, contents] = [ways.chatModel, 'What is a river?']
  const asks = [
    () => openai.chat.completions.create({ model, messages }),
    async () => drained(await openai.chat.completions.create({ model, messages, stream: true })),
    () => openai.embeddings.create({ model: 'text-embedding-3-small', input: contents }),
    () => genai.models.generateContent({ model: ways.geminiModel, contents }),
    async () => drained(await genai.models.generateContentStream({ model: ways.geminiModel, contents })),
  ]
  await support
    .oneOf(asks)()
    .catch(() => undefined)
  return null
}

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _record of stream);
}

const rounds: readonly Round[] = [mixed, troubled, large, unkept, leaving, sdks]
