/** A program of the product, running as its own process: its output kept, its end awaited, never left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

export const root = resolve(import.meta.dir, '../..')
const endMsMax = 40_000
const outputCharsMax = 2_000_000

export type Program = {
  readonly pid: number
  /** What it printed so far, both streams together; the oldest part is dropped when it is very long. */
  readonly output: () => string
  readonly hasEnded: () => boolean
  /** Sends the signal and waits for the end; gives the exit code, or the name of the signal that ended it. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<number | string>
}

const running = new Set<() => void>()
process.on('exit', () => running.forEach((killNow) => killNow()))

export type ProgramOptions = {
  /** Files and sockets that it may have open, as `ulimit -n` sets it. */
  readonly openFilesMax?: number
}

export function startProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { openFilesMax }: ProgramOptions = {},
): Program {
  const limited = ['-c', `ulimit -n ${openFilesMax} && exec "$0" "$@"`, process.execPath]
  const [command, before] = openFilesMax === undefined ? [process.execPath, []] : ['bash', limited]
  const child = spawn(command, [...before, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const killNow = (): void => void child.kill('SIGKILL')
  const ended = once(child, 'exit').finally(() => running.delete(killNow))
  let output = ''
  running.add(killNow)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-outputCharsMax)
    })
  }
  return {
    pid: child.pid!,
    output: () => output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async kill(signal = 'SIGTERM') {
      child.kill(signal)
      const late = setTimeout(killNow, endMsMax)
      await ended
      clearTimeout(late)
      return child.exitCode ?? child.signalCode!
    },
  }
}

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }
export type RunOptions = { readonly env: NodeJS.ProcessEnv; readonly cwd?: string; readonly msMax?: number }

/** Runs a program to its end. Never throws for what the program did. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { env, cwd = root, msMax = 60_000 } = options
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: msMax,
    killSignal: 'SIGKILL',
  })
  const ended = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code: child.exitCode, stdout, stderr }
}

const inherited = ['PATH', 'HOME', 'USERPROFILE', 'TMPDIR', 'TEMP', 'SystemRoot', 'LANG', 'NODE_EXTRA_CA_CERTS']

/** The environment of a user's shell, without what this machine happens to set for the product or its SDKs. */
export const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
