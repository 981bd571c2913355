/**
 * The sandbox as a process of its own: its load and its faults stay out of the gateway's event loop, and
 * it speaks real HTTP like any provider.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Log } from '../lib/log.ts'
import type { SandboxAddress } from './kinds/sandbox.ts'

export type BuiltInSandbox = {
  /** Where it listens; starts it where it does not run yet. Rejects when it cannot be started; the next one to ask starts it anew. */
  readonly address: SandboxAddress
  readonly stop: () => void
}

/** The built-in sandbox, which costs nothing until somebody asks for it. */
export function builtInSandbox(log: Log): BuiltInSandbox {
  let started: Promise<SandboxProcess> | null = null
  let running: SandboxProcess | null = null
  let isStopped = false
  const start = async (): Promise<SandboxProcess> => {
    try {
      running = await startSandboxProcess(log)
    } catch (error) {
      started = null
      throw error
    }
    if (isStopped) running.stop()
    return running
  }
  return {
    address: () => running?.url ?? (started ??= start()).then(({ url }) => url),
    stop() {
      isStopped = true
      running?.stop()
    },
  }
}

type SandboxProcess = { readonly url: string; readonly stop: () => void }

const startMsMax = 20_000
const restartMs = 100
const entry = fileURLToPath(new URL('../sandbox/main.ts', import.meta.url))

/** Starts the sandbox on a free loopback port and resolves once it listens; it is started again, there, should it die. */
async function startSandboxProcess(log: Log): Promise<SandboxProcess> {
  let isStopped = false
  let child = launch(0)
  const url = await listeningUrl(child)
  const restart = (code: number | null): void => {
    if (isStopped) return
    log.error({ event: 'sandbox-died', code })
    setTimeout(() => {
      if (isStopped) return
      child = launch(Number(new URL(url).port))
      child.once('exit', restart)
    }, restartMs)
  }
  child.once('exit', restart)
  return {
    url,
    stop: () => {
      isStopped = true
      child.stdin!.end()
    },
  }
}

/** The pipe to its stdin tells it when this process is gone or wants it gone, and signals do not: Ctrl-C reaches it too, while what is under way still needs it. */
const launch = (port: number): ChildProcess =>
  spawn(process.execPath, [entry], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { SANDBOX_PORT: String(port), SANDBOX_EXIT_WITH_PARENT: '1' },
  })

async function listeningUrl(child: ChildProcess): Promise<string> {
  const deadline = setTimeout(() => child.kill('SIGKILL'), startMsMax)
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      const { sandboxUrl } = JSON.parse(line) as { sandboxUrl: string }
      return sandboxUrl
    }
    throw new Error('the sandbox ended before it listened')
  } finally {
    clearTimeout(deadline)
  }
}
