/**
 * Lane `large`: bodies that do not fit into a packet, next to nginx, which passes them on and nothing else. What memory
 * they take, and how long a small request waits meanwhile. Who asks it is a process in front of everything else on its
 * core, so that it waits for the event loop that it asks and for nothing else.
 */
import { createHttpClient } from '../src/lib/http-client/http-client.ts'
import type { Method } from '../src/lib/http-client/contract.ts'
import { writeForm, type NewPart } from '../src/lib/form/write-form.ts'
import type { Rereadable, Source } from '../src/lib/source.ts'
import { startGateway } from './support/gateway.ts'
import { startProxy } from './support/nginx.ts'
import {
  answers,
  cores,
  cpuMicros,
  firstOnCore,
  leaveMeasuredCore,
  onCore,
  rssMegabytes,
  start,
  stopAll,
} from './support/processes.ts'

const megabyte = 1_000_000
const fileBytes = Number(process.env['LARGE_FILE_BYTES'] ?? 512 * 1024 * 1024)
const upstreamPort = 18_191
const proxyPort = 18_192

type Load = {
  readonly name: string
  readonly method: Method
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: () => Uint8Array | Source
  /** Of body and answer. */
  readonly bytes: number
  readonly many: number
  readonly atOnce: number
  /** Megabytes. */
  readonly rssGrowthMax: number
}

const json = { 'content-type': 'application/json' }
const chat = (promptBytes: number, answerBytes: number): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      model: 'gpt-5.4',
      messages: [{ role: 'user', content: `answer ${answerBytes} ${'x'.repeat(promptBytes)}` }],
    }),
  )
const form = (parts: readonly NewPart[]) => {
  const { contentType, source } = writeForm(parts)
  return { headers: { 'content-type': contentType }, body: () => source.open(), bytes: source.length }
}
const fileOf = (name: string, bytes: number): NewPart => ({
  name,
  filename: 'a.jsonl',
  contentType: 'application/octet-stream',
  content: zeros(bytes),
})
const fields = (all: Readonly<Record<string, string>>): readonly NewPart[] =>
  Object.entries(all).map(([name, text]) => ({ name, text }))

const chatLoad = (promptBytes: number, answerBytes: number, many: number, atOnce: number): Load => {
  const body = chat(promptBytes, answerBytes)
  return {
    name: `chat of ${promptBytes / 1_000} KB, answers of ${answerBytes / 1_000} KB, ${atOnce} at once`,
    method: 'POST',
    path: '/v1/chat/completions',
    headers: json,
    body: () => body,
    bytes: body.length + answerBytes,
    many,
    atOnce,
    rssGrowthMax: 400,
  }
}
const pictures = Array.from({ length: 16 }, () => fileOf('image[]', 10 * megabyte))
const edit = fields({ model: 'gpt-image-2', prompt: 'a cat', size: '1024x1024', quality: 'low' })
const post = { method: 'POST', atOnce: 1, many: 1, rssGrowthMax: 64 } as const

const loads: readonly Load[] = [
  chatLoad(150_000, 20, 1_000, 500),
  chatLoad(100, megabyte, 200, 50),
  chatLoad(100, 25 * megabyte, 16, 8),
  {
    ...post,
    ...form([...pictures, ...edit]),
    name: 'edits of 16 × 10 MB, 20 at once',
    path: '/v1/images/edits',
    many: 20,
    atOnce: 20,
    rssGrowthMax: 400,
  },
  {
    ...post,
    ...form([fileOf('file', fileBytes), ...fields({ purpose: 'batch' })]),
    name: 'a file up',
    path: '/v1/files',
  },
  {
    ...post,
    name: 'that file down',
    method: 'GET',
    path: '/v1/files/file-bench/content',
    headers: {},
    body: () => new Uint8Array(0),
    bytes: fileBytes,
  },
]

export async function large(): Promise<void> {
  leaveMeasuredCore()
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`
  const program = new URL('support/large-upstream.ts', import.meta.url).pathname
  try {
    const env = { PORT: String(upstreamPort), FILE_BYTES: String(fileBytes) }
    await start(onCore(cores.load, [process.execPath, program]), env, answers(`${upstreamUrl}/up`))
    const proxy = await startProxy(
      proxyPort,
      upstreamUrl,
      'client_max_body_size 0; proxy_request_buffering off; proxy_buffering off;',
    )
    const gateway = await startGateway(upstreamUrl)
    const nginx = { url: proxy.url, pid: proxy.workerPid, key: gateway.key, probe: '/up' }
    const ours = { url: gateway.url, pid: gateway.pid, key: gateway.key, probe: '/healthz' }
    for (const load of loads) tell(load, await measured(ours, load), await measured(nginx, load))
  } finally {
    await stopAll()
  }
}

type Measured = { readonly url: string; readonly pid: number; readonly key: string; readonly probe: string }
type Figures = {
  readonly cpuMs: number
  readonly seconds: number
  readonly rssGrowth: number
  readonly waited: Waited
}
type Waited = { readonly many: number; readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number }

async function measured(target: Measured, load: Load): Promise<Figures> {
  const before = rssMegabytes(target.pid)
  let most = before
  const watching = setInterval(() => (most = Math.max(most, rssMegabytes(target.pid))), 20)
  const probe = startProbe(target.url + target.probe)
  const [cpu, at] = [cpuMicros(target.pid), performance.now()]
  await run(target, load)
  const seconds = (performance.now() - at) / 1_000
  clearInterval(watching)
  const cpuMs = (cpuMicros(target.pid) - cpu) / 1_000
  return { cpuMs, seconds, rssGrowth: most - before, waited: await probe.stop() }
}

function startProbe(url: string): { readonly stop: () => Promise<Waited> } {
  const program = new URL('support/probe.ts', import.meta.url).pathname
  const env = { ...process.env, PROBE_URL: url }
  const child = Bun.spawn(firstOnCore(cores.probe, [process.execPath, program]), { env, stdout: 'pipe' })
  return {
    async stop() {
      child.kill('SIGTERM')
      return JSON.parse((await child.stdout.text()).trim().split('\n').at(-1)!) as Waited
    },
  }
}

async function run({ url, key }: Measured, { method, path, headers, body, many, atOnce }: Load): Promise<void> {
  const http = createHttpClient({ now: () => performance.now() })
  let left = many
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const call = http.send({
        method,
        url: url + path,
        headers: { ...headers, authorization: `Bearer ${key}` },
        body: body(),
        connectMs: 10_000,
        isRepeatable: false,
      })
      const response = await call.response
      if (response.status !== 200)
        throw new Error(`${path}: ${response.status} ${Buffer.from(await response.bytes(10_000)).toString()}`)
      for (let piece = await response.read(); !piece.done; piece = await response.read());
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  http.close()
}

function tell({ name, many, bytes, rssGrowthMax }: Load, ours: Figures, nginx: Figures): void {
  const rate = ({ seconds }: Figures): string => `${(many / seconds).toFixed(1)} a second`
  const told = ({ waited: { many, p50Ms, p99Ms, maxMs } }: Figures): string =>
    `${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(0)}, ${maxMs.toFixed(0)} at most of ${many}`
  const each = ({ cpuMs }: Figures): string => `${(cpuMs / many).toFixed(1)} ms`
  process.stdout.write(
    [
      `${name} (${(bytes / megabyte).toFixed(1)} MB each)`,
      `  gateway ${rate(ours)}, CPU ${each(ours)}; nginx ${rate(nginx)}, CPU ${each(nginx)}: ratio ${(ours.cpuMs / nginx.cpuMs).toFixed(2)}`,
      `  RSS grew by ${ours.rssGrowth.toFixed(0)} MB (goal ≤ ${rssGrowthMax}); a small request waits meanwhile ${told(ours)} (goal: p99 ≤ 50), at nginx ${told(nginx)}`,
      '',
    ].join('\n'),
  )
}

const piece = Buffer.alloc(256 * 1024, '0')
/** So many zeros. */
function zeros(length: number): Rereadable {
  let left = length
  return {
    length,
    read() {
      if (left === 0) return Promise.resolve({ done: true })
      const value = piece.subarray(0, Math.min(piece.length, left))
      left -= value.length
      return Promise.resolve({ done: false, value })
    },
    cancel() {
      left = 0
      return Promise.resolve()
    },
    open: () => zeros(length),
  }
}
