/**
 * The sandbox as a process of its own: its load and its faults stay out of the gateway's event loop, and
 * it speaks real HTTP like any provider.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Log } from '../lib/log.ts'

export type SandboxProcess = {
  readonly url: string
  readonly isRunning: () => boolean
  readonly stop: () => void
}

const startMsMax = 20_000
const restartMs = 100
const entry = fileURLToPath(new URL('../sandbox/main.ts', import.meta.url))

/** Starts the sandbox on a free loopback port and resolves once it listens; it is started again, there, should it die. */
export async function startSandboxProcess(log: Log): Promise<SandboxProcess> {
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
    isRunning: () => child.exitCode === null,
    stop: () => {
      isStopped = true
      child.kill('SIGTERM')
    },
  }
}

/** The pipe to its stdin tells it when this process is gone, however it went. */
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
