/** wrk, the load of the chat lane: cheap enough to share a two-core machine with what it measures. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cores, firstOnCore, onCore } from './processes.ts'

export type Load = {
  readonly requests: number
  readonly perSecond: number
  readonly p50Micros: number
  readonly p99Micros: number
  readonly failed: number
}

export type Post = {
  readonly body: string
  readonly key: string
  readonly connections: number
  readonly seconds: number
  readonly pauseMsMax?: number
  /** In front of everything else on its core: what drives something else there is not to be what is measured. */
  readonly isFirst?: boolean
}

const script = (body: string, key: string, pauseMsMax: number): string => `
wrk.method = "POST"
wrk.body = [==[${body}]==]
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer ${key}"
${pauseMsMax > 0 ? `function delay() return math.random(0, ${pauseMsMax}) end` : ''}
done = function(summary, latency)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors))
end`

/** Posts `body` to `url` for some seconds over that many connections; each waits up to `pauseMsMax` before its next request. */
export async function wrk(
  url: string,
  { body, key, connections, seconds, pauseMsMax = 0, isFirst = false }: Post,
): Promise<Load> {
  const path = join(mkdtempSync(join(tmpdir(), 'mart-wrk-')), 'post.lua')
  writeFileSync(path, script(body, key, pauseMsMax))
  const command = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', path, url]
  const child = Bun.spawn((isFirst ? firstOnCore : onCore)(cores.load, command), { stdout: 'pipe', stderr: 'inherit' })
  const [, requests, micros, p50, p99, failed] =
    /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(await new Response(child.stdout).text()) ?? []
  if (requests === undefined) throw new Error('wrk gave no result')
  return {
    requests: Number(requests),
    perSecond: (Number(requests) / Number(micros)) * 1e6,
    p50Micros: Number(p50),
    p99Micros: Number(p99),
    failed: Number(failed),
  }
}

/** Throws, naming the package, when a program that the lane needs is missing. */
export function requirePrograms(...programs: readonly string[]): void {
  const missing = programs.filter((program) => !Bun.which(program))
  if (missing.length > 0)
    throw new Error(
      `this lane needs ${missing.join(' and ')}: apt-get install ${missing.map((name) => (name === 'nginx' ? 'nginx-light' : name)).join(' ')}`,
    )
}
