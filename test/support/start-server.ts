/**
 * Starts the whole product as a user would: a process of its own, a data folder of its own, a free port.
 * The sandbox upstream is a second process, so that it lives on, and keeps its count, when the gateway is killed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { plainEnvironment, run, startProgram, type Program, type ProgramOptions } from './program.ts'

const readyMsMax = 20_000
const probeMsMax = 2_000

export type Server = {
  readonly baseUrl: string
  /** The upstream's URL; null when the gateway runs its own sandbox. */
  readonly sandboxUrl: string | null
  readonly dataDir: string
  /** What the gateway printed, over all of its lives. */
  readonly output: () => string
  readonly pid: () => number
  /** Ends the gateway alone; the sandbox and the data stay. Gives its exit code or the signal's name. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<number | string>
  /** Starts the gateway again, on the same data and port. */
  readonly restart: (...options: readonly string[]) => Promise<void>
  /** As `restart`, without waiting until it is ready. */
  readonly begin: (...options: readonly string[]) => void
  /** Starts it where it must refuse to: gives its one line. */
  readonly refusedStart: (...options: readonly string[]) => Promise<string>
  /** Ends everything and removes the data. */
  readonly stop: () => Promise<void>
}

export type ServerOptions = ProgramOptions & {
  /** `own-process`: a sandbox that outlives the gateway (the default). `built-in`: the one the gateway starts itself. */
  readonly sandbox?: 'own-process' | 'built-in'
  readonly env?: Readonly<Record<string, string>>
  /** Where its data is, and is removed from at the end; a new folder without it. */
  readonly dataDir?: string
}

export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'mart-data-'))
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}`
  const sandbox = options.sandbox === 'built-in' ? null : await startSandbox()
  const upstream = sandbox ? { MART_SANDBOX_URL: sandbox.url } : {}
  const env = { ...plainEnvironment(), DATA_DIR: dataDir, PORT: String(port), ...upstream, ...options.env }
  const lives: Program[] = []
  const alive = (): Program => lives.at(-1)!
  const server: Server = {
    baseUrl,
    sandboxUrl: sandbox?.url ?? null,
    dataDir,
    output: () => lives.map((life) => life.output()).join('\n--- started again ---\n'),
    pid: () => alive().pid,
    kill: (signal) => alive().kill(signal),
    begin: (...args) => void lives.push(startProgram(['src/main.ts', ...args], env, options)),
    async restart(...args) {
      server.begin(...args)
      await untilReady(baseUrl, alive())
    },
    async refusedStart(...args) {
      const ran = await run(process.execPath, ['src/main.ts', ...args], { env, msMax: readyMsMax })
      if (ran.code !== 1 || ran.stdout !== '' || ran.stderr.trimEnd().includes('\n'))
        throw new Error(`it did not refuse: ${JSON.stringify(ran)}`)
      return ran.stderr.trimEnd()
    },
    async stop() {
      await Promise.all([alive().kill(), sandbox?.program.kill()])
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  try {
    await server.restart()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** A sandbox by itself, on a port of its own. */
export async function startSandbox(): Promise<{ url: string; program: Program }> {
  const program = startProgram(['src/sandbox/main.ts'], { ...plainEnvironment(), SANDBOX_PORT: '0' })
  const printed = (): string => `the sandbox printed no {"sandboxUrl":…} line; its output:\n${program.output()}`
  const url = await eventually(
    () => {
      const match = /"sandboxUrl"\s*:\s*"([^"]+)"/.exec(program.output())
      if (!match && program.hasEnded()) throw new Error(printed())
      return Promise.resolve(match ? match[1]! : null)
    },
    readyMsMax,
    printed,
  )
  return { url, program }
}

async function untilReady(baseUrl: string, program: Program): Promise<void> {
  let last = 'no answer'
  const describe = (): string => `the server is not ready: ${last}; its output:\n${program.output()}`
  await eventually(
    async () => {
      if (program.hasEnded())
        throw new Error(`the server ended instead of getting ready; its output:\n${program.output()}`)
      try {
        const response = await fetch(`${baseUrl}/readyz`, { signal: AbortSignal.timeout(probeMsMax) })
        last = `GET /readyz answered ${response.status} ${await response.text()}`
        return response.status === 200 ? true : null
      } catch (error) {
        last = String(error)
        return null
      }
    },
    readyMsMax,
    describe,
  )
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  const probe = createServer()
  return new Promise((resolve, reject) => {
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = address && typeof address === 'object' ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
