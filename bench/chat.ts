/**
 * Lane `chat`: governed requests (authentication, limits, budget, hold, journal, metering) against a
 * static upstream, next to nginx `proxy_pass`, which does nothing else, in the same run.
 */
import { chatAnswer, chatBody, chatPath } from './support/chat-call.ts'
import { startGateway } from './support/gateway.ts'
import { startProxy, startStaticUpstream } from './support/nginx.ts'
import { cpuMicros, leaveMeasuredCore, rssMegabytes, stopAll } from './support/processes.ts'
import { median, report } from './support/report.ts'
import { requirePrograms, wrk, type Load } from './support/wrk.ts'

const seconds = 5
const rounds = 5
/** How long each connection waits before its next request, ms at most. As fast as it can, a core is full, and who waits for it waits for everybody. */
const paces = [
  ['as fast as each can', 0],
  ['at about 5,000 requests a second each', 24],
] as const

export async function chat(): Promise<void> {
  requirePrograms('nginx', 'wrk')
  leaveMeasuredCore()
  const upstream = await startStaticUpstream(18_181, chatAnswer)
  const proxy = await startProxy(18_182, upstream.url)
  const gateway = await startGateway(upstream.url)
  const load = (url: string, connections: number, pauseMsMax = 0): Promise<Load> =>
    wrk(url + chatPath, { body: chatBody, key: gateway.key, connections, seconds, pauseMsMax })
  try {
    const rssEarly = await rssAfter(10_000, gateway.pid, () => load(gateway.url, 64))
    for (const [what, pauseMsMax] of paces) {
      const nginxCpu: number[] = []
      const gatewayCpu: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        nginxCpu.push(await cpuPerRequest(proxy.workerPid, () => load(proxy.url, 64, pauseMsMax)))
        gatewayCpu.push(await cpuPerRequest(gateway.pid, () => load(gateway.url, 64, pauseMsMax)))
      }
      report(`CPU per request (µs), ${what}, median of ${rounds} rounds`, median(gatewayCpu), median(nginxCpu), 4)
    }
    const urls = { upstream: upstream.url, proxy: proxy.url, gateway: gateway.url }
    await reportLatency('concurrency 1', (url) => load(url, 1), urls)
    for (const [what, pauseMsMax] of paces)
      await reportLatency(`concurrency 64, ${what}`, (url) => load(url, 64, pauseMsMax), urls)
    const rssLate = await rssAfter(100_000, gateway.pid, () => load(gateway.url, 64))
    print(
      `RSS: ${rssEarly.toFixed(0)} MB after the first 10,000 requests, ${rssLate.toFixed(0)} MB after 100,000 more requests: ratio ${(rssLate / rssEarly).toFixed(2)} (goal ≤ 1.20)`,
    )
  } finally {
    await stopAll()
  }
}

async function cpuPerRequest(pid: number, run: () => Promise<Load>): Promise<number> {
  const before = cpuMicros(pid)
  const { requests, failed, perSecond } = await run()
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`)
  print(`  pid ${pid}: ${requests} requests, ${perSecond.toFixed(0)}/s`)
  return (cpuMicros(pid) - before) / requests
}

async function reportLatency(
  what: string,
  load: (url: string) => Promise<Load>,
  urls: Readonly<Record<'upstream' | 'proxy' | 'gateway', string>>,
): Promise<void> {
  const direct = await load(urls.upstream)
  const proxied = await load(urls.proxy)
  const governed = await load(urls.gateway)
  const added = (one: Load): string =>
    `p50 +${((one.p50Micros - direct.p50Micros) / 1000).toFixed(2)} ms, p99 +${((one.p99Micros - direct.p99Micros) / 1000).toFixed(2)} ms, ${one.perSecond.toFixed(0)} req/s`
  print(`added latency at ${what}: gateway ${added(governed)}; nginx ${added(proxied)} (goal: p50 ≤ 0.5 ms)`)
}

const looks = 15
const lookMs = 200
/** The least of a few looks, because garbage is collected when it suits the runtime. */
async function rssQuiet(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < looks; look += 1) {
    await Bun.sleep(lookMs)
    least = Math.min(least, rssMegabytes(pid))
  }
  return least
}

async function rssAfter(requests: number, pid: number, run: () => Promise<Load>): Promise<number> {
  for (let done = 0; done < requests;) done += (await run()).requests
  return rssQuiet(pid)
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
