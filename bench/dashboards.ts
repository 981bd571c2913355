/**
 * Lane `dashboards`: what the requests of lane `chat` wait for while 50 dashboards of their own organization are open,
 * next to the same load without them, in bursts that take turns. The load is in front of what drives the dashboards, which
 * shares its core: that is a browser's work, and fifty browsers are on fifty machines.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { chatAnswer, chatBody, chatPath } from './support/chat-call.ts'
import { startGateway, type Gateway } from './support/gateway.ts'
import { startStaticUpstream } from './support/nginx.ts'
import { openDashboards, openedWithinMs, type Visitor } from './support/open-dashboards.ts'
import { leaveMeasuredCore, stopAll } from './support/processes.ts'
import { median, report } from './support/report.ts'
import { requirePrograms, wrk, type Load } from './support/wrk.ts'

const many = 50
const roundsUsual = 9
const seconds = 5
const warmSeconds = 10
const connections = 64
/** About 2,500 requests a second, which is a third of the core. */
const pauseMsMax = 48

type Burst = Load & { readonly microsByThread: Readonly<Record<'eventLoop' | 'others', number>> }

export async function dashboards(): Promise<void> {
  const rounds = Number(process.argv[3] ?? roundsUsual)
  requirePrograms('nginx', 'wrk')
  leaveMeasuredCore()
  const upstream = await startStaticUpstream(18_181, chatAnswer)
  const gateway = await startGateway(upstream.url)
  try {
    const visitor = await signIn(gateway)
    const load = (forSeconds: number): Promise<Load> =>
      wrk(gateway.url + chatPath, {
        body: chatBody,
        key: gateway.key,
        connections,
        seconds: forSeconds,
        pauseMsMax,
        isFirst: true,
      })
    await load(warmSeconds)
    // Copies what there is, and is compiled before it is measured.
    const warm = openDashboards(visitor, many)
    await load(warmSeconds)
    warm.close()
    const without: Burst[] = []
    const beside: Burst[] = []
    for (let round = 0; round < rounds; round += 1) {
      without.push(await burst(gateway.pid, () => load(seconds)))
      const open = openDashboards(visitor, many)
      await Bun.sleep(openedWithinMs + 1_000)
      beside.push(await burst(gateway.pid, () => load(seconds)))
      open.close()
      const { frames, answers, turnedAway, failed } = open.told
      print(
        `  beside ${many} dashboards, told ${frames} frames and ${answers} answers (${turnedAway} turned away): ${textOf(beside.at(-1)!)}`,
      )
      print(`  without: ${textOf(without.at(-1)!)}`)
      if (failed.length > 0) throw new Error(`${failed.length} questions of a dashboard failed: ${failed[0]}`)
      await Bun.sleep(1_000)
    }
    const of = (bursts: readonly Burst[], read: (burst: Burst) => number): number => median(bursts.map(read))
    const compare = (what: string, read: (burst: Burst) => number, goal: number): void =>
      report(`${what}, median of ${rounds}`, of(beside, read), of(without, read), goal)
    compare('p99 (ms)', ({ p99Micros }) => p99Micros / 1_000, 1.1)
    compare('p50 (ms)', ({ p50Micros }) => p50Micros / 1_000, 1.1)
    compare('CPU of the event loop per request (µs)', ({ microsByThread }) => microsByThread.eventLoop, 1.1)
    print(
      `CPU of all other threads (µs a request): ${of(beside, (each) => each.microsByThread.others).toFixed(1)} beside, ${of(without, (each) => each.microsByThread.others).toFixed(1)} without`,
    )
  } finally {
    await stopAll()
  }
}

const textOf = ({ requests, p50Micros, p99Micros, microsByThread }: Burst): string =>
  `${requests} requests, p50 ${(p50Micros / 1_000).toFixed(2)} ms, p99 ${(p99Micros / 1_000).toFixed(2)} ms, event loop ${microsByThread.eventLoop.toFixed(1)} µs, others ${microsByThread.others.toFixed(1)} µs`

async function burst(pid: number, run: () => Promise<Load>): Promise<Burst> {
  const before = microsOf(pid)
  const load = await run()
  if (load.failed > 0) throw new Error(`${load.failed} of ${load.requests} requests failed`)
  const after = microsOf(pid)
  const each = (name: 'eventLoop' | 'others'): number => (after[name] - before[name]) / load.requests
  return { ...load, microsByThread: { eventLoop: each('eventLoop'), others: each('others') } }
}

/** CPU of a process's first thread, which has the event loop, and of all others, in µs. */
function microsOf(pid: number): Record<'eventLoop' | 'others', number> {
  const micros = { eventLoop: 0, others: 0 }
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const nanos = Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    micros[task === String(pid) ? 'eventLoop' : 'others'] += nanos / 1_000
  }
  return micros
}

/** As the first operator, by the link that the start prints. */
async function signIn({ url, output, organizationId }: Gateway): Promise<Visitor> {
  const [, token] = /\/setup#(\S+)/.exec(output()) ?? []
  if (token === undefined) throw new Error('the start printed no link for the first operator')
  const answer = await fetch(`${url}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({
      token,
      name: 'Bench',
      email: 'bench@example.com',
      password: 'correct horse battery staple',
    }),
  })
  if (!answer.ok) throw new Error(`setting up: ${answer.status} ${await answer.text()}`)
  const cookie = answer.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  return { url, cookie, organizationId }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
