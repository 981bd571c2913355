/**
 * Lane `stream`: 200 streams at once of 100 chunks each, next to a bare relay in the same runtime that
 * passes a `fetch` body on. Every chunk is numbered, and the client checks that none is lost or reordered.
 */
import { median, report } from './support/report.ts'
import { startGateway } from './support/gateway.ts'
import { answers, cpuMicros, start, stopAll } from './support/processes.ts'

const chunks = 100
const concurrency = 200
const streamsPerRound = 1_000
const rounds = 3

export async function stream(): Promise<void> {
  const program = (name: string): string => new URL(`support/${name}`, import.meta.url).pathname
  const upstreamUrl = 'http://127.0.0.1:18191'
  const relayUrl = 'http://127.0.0.1:18192'
  try {
    await start(
      [process.execPath, program('stream-upstream.ts')],
      { PORT: '18191', CHUNKS: String(chunks) },
      answers(`${upstreamUrl}/up`),
    )
    const relay = await start(
      [process.execPath, program('bare-relay.ts')],
      { PORT: '18192', UPSTREAM: upstreamUrl },
      answers(`${relayUrl}/up`),
    )
    const gateway = await startGateway(upstreamUrl)
    const run = (url: string): Promise<number> => runStreams(url, gateway.key)
    await run(gateway.url)
    await run(relayUrl)
    const ours: number[] = []
    const bare: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await cpuPerChunk(relay.pid, () => run(relayUrl)))
      ours.push(await cpuPerChunk(gateway.pid, () => run(gateway.url)))
    }
    report(
      `CPU per chunk (µs) at ${concurrency} streams of ${chunks} chunks, median of three rounds`,
      median(ours),
      median(bare),
      2,
    )
    process.stdout.write('no chunk was lost or reordered\n')
  } finally {
    await stopAll()
  }
}

async function cpuPerChunk(pid: number, run: () => Promise<number>): Promise<number> {
  const before = cpuMicros(pid)
  const received = await run()
  return (cpuMicros(pid) - before) / received
}

/** Runs the round and gives the number of chunks received; throws when a stream is not whole and in order. */
async function runStreams(url: string, key: string): Promise<number> {
  let left = streamsPerRound
  let received = 0
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const whole = await runStream(url, key)
      received += whole
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return received
}

const body = JSON.stringify({
  model: 'gpt-5.4',
  stream: true,
  max_completion_tokens: 200,
  messages: [{ role: 'user', content: 'count' }],
})

async function runStream(url: string, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const text = await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).text()
  const numbers = [...text.matchAll(/"content":"(\d+) "/g)].map(([, number]) => Number(number))
  const isWhole =
    numbers.length === chunks && numbers.every((number, index) => number === index) && text.includes('[DONE]')
  if (!isWhole) throw new Error(`a stream was not whole: ${numbers.length} of ${chunks} chunks\n${text.slice(0, 300)}`)
  return chunks
}
