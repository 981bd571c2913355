/**
 * Somebody else, as a process of its own: `run-probe.ts PORT KEY PAUSE` asks again and again whether the server is ready, on a
 * new connection, and a small paid question, on a kept one, until it is told to stop (SIGTERM). Prints its waiting time.
 */
import { question } from './wire.ts'

export type Waited = {
  readonly times: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  /** Answers that were none, or not 200. */
  readonly failures: readonly string[]
}

const [port = '', key = '', pauseMs = '5'] = process.argv.slice(2)
const waitedMsMax = 20_000
const baseUrl = `http://127.0.0.1:${port}`
const asks = [
  () => fetch(`${baseUrl}/readyz`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(waitedMsMax) }),
  () =>
    fetch(`${baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: question('tokens=5'),
      signal: AbortSignal.timeout(waitedMsMax),
    }),
]

const waitedMs: number[] = []
const failures: string[] = []

async function look(ask: () => Promise<Response>): Promise<void> {
  const startedMs = performance.now()
  const said = await ask().then(
    async (response) =>
      response.status === 200 ? void (await response.text()) : `${response.status} ${await response.text()}`,
    String,
  )
  if (said !== undefined) failures.push(said)
  waitedMs.push(performance.now() - startedMs)
}

function waited(): Waited {
  const sorted = waitedMs.toSorted((a, b) => a - b)
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0)
  return { times: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), failures: failures.slice(0, 5) }
}

let isTold = false
process.on('SIGTERM', () => (isTold = true))
for (const ask of asks) await ask()
process.stdout.write('ready\n')
while (!isTold) {
  for (const ask of asks) await look(ask)
  await Bun.sleep(Number(pauseMs))
}
process.stdout.write(`${JSON.stringify({ waited: waited() })}\n`, () => process.exit(0))
