/**
 * Somebody else, as a process of its own: `run-probe.ts PORT KEY PAUSE PID` asks again and again whether the server is ready, on
 * a new connection, and a small paid question, on a kept one, until it is told to stop (SIGTERM). Prints its waiting time.
 */
import { readTime } from './thread-time.ts'
import { question } from './wire.ts'

/** ms. */
export type Waited = {
  readonly times: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  /**
   * Of the waits for readiness, what the server itself did meanwhile: how long its event loop worked, for whomever, and not
   * how long it, or this process, waited for a core that others had. The whole wait where the system does not tell.
   */
  readonly worked: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Answers that were none, or not 200. */
  readonly failures: readonly string[]
}

const [port = '', key = '', pauseMs = '5', pid = ''] = process.argv.slice(2)
const waitedMsMax = 20_000
const baseUrl = `http://127.0.0.1:${port}`
const askReady = (): Promise<Response> =>
  fetch(`${baseUrl}/readyz`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(waitedMsMax) })
const askPaid = (): Promise<Response> =>
  fetch(`${baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: question('tokens=5'),
    signal: AbortSignal.timeout(waitedMsMax),
  })

const waitedMs: number[] = []
const workedMs: number[] = []
const failures: string[] = []

/** Gives how long that took. */
async function look(ask: () => Promise<Response>): Promise<number> {
  const startedMs = performance.now()
  const said = await ask().then(
    async (response) =>
      response.status === 200 ? void (await response.text()) : `${response.status} ${await response.text()}`,
    String,
  )
  if (said !== undefined) failures.push(said)
  const ms = performance.now() - startedMs
  waitedMs.push(ms)
  return ms
}

/** Another may have the core that this process needs, before it asks or to hear the answer: meanwhile the server works for others. */
async function lookAtServer(): Promise<void> {
  const [server, own] = [readTime(pid), readTime('self')]
  const ms = await look(askReady)
  const [serverThen, ownThen] = [readTime(pid), readTime('self')]
  if (!server || !own || !serverThen || !ownThen) return void workedMs.push(ms)
  workedMs.push(Math.max(0, Math.min(serverThen.ranMs - server.ranMs, ms - (ownThen.queuedMs - own.queuedMs))))
}

const sortedAt = (times: readonly number[]): ((part: number) => number) => {
  const sorted = times.toSorted((a, b) => a - b)
  return (part) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0)
}

function waited(): Waited {
  const [all, worked] = [sortedAt(waitedMs), sortedAt(workedMs)]
  return {
    times: waitedMs.length,
    p50: all(0.5),
    p90: all(0.9),
    p99: all(0.99),
    max: all(1),
    worked: { p50: worked(0.5), p99: worked(0.99), max: worked(1) },
    failures: failures.slice(0, 5),
  }
}

let isTold = false
process.on('SIGTERM', () => (isTold = true))
for (const ask of [askReady, askPaid]) await ask()
process.stdout.write('ready\n')
while (!isTold) {
  await lookAtServer()
  await look(askPaid)
  await Bun.sleep(Number(pauseMs))
}
process.stdout.write(`${JSON.stringify({ waited: waited() })}\n`, () => process.exit(0))
