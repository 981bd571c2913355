/** Processes under measurement: started, awaited, their CPU time and memory read from /proc, stopped. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

export type Measured = { readonly pid: number; readonly stop: () => Promise<void> }

const stopped: (() => Promise<void>)[] = []

/** The core of what is measured, the core of the load and of what answers it, and that of who looks how long it takes, where there is a third. */
export const cores = { measured: 0, load: 1, probe: availableParallelism() > 2 ? 2 : 1 } as const
export const onCore = (core: number, command: readonly string[]): string[] => [
  'taskset',
  '-c',
  String(core),
  ...command,
]

/** In front of everything else on its core, where that is allowed: then what it waits for is what it asks. */
export function firstOnCore(core: number, command: readonly string[]): string[] {
  const inFront = ['chrt', '-f', '1']
  const isAllowed = Bun.which('chrt') !== null && Bun.spawnSync([...inFront, 'true']).success
  return onCore(core, isAllowed ? [...inFront, ...command] : command)
}

/** Keeps this process, which reads what the others print, off the core of what is measured. */
export function leaveMeasuredCore(): void {
  Bun.spawnSync(['taskset', '-a', '-c', '-p', String(cores.load), String(process.pid)])
}

/** Of what a process prints, so much is kept: a gateway prints a line for each request. */
const outputCharsMax = 64 * 1024

/** Starts a process and waits until `isUp`; its output is shown if it never is. */
export async function start(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  isUp: () => Promise<boolean>,
): Promise<Measured & { readonly output: () => string }> {
  const child = Bun.spawn([...command], { env: { ...process.env, ...env }, stdout: 'pipe', stderr: 'pipe' })
  let output = ''
  for (const pipe of [child.stdout, child.stderr])
    void collect(pipe, (text) => (output = (output + text).slice(-outputCharsMax)))
  const deadline = Date.now() + 30_000
  while (!(await isUp().catch(() => false))) {
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`${command.join(' ')} did not come up:\n${output}`)
    await Bun.sleep(50)
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await child.exited
  }
  stopped.push(stop)
  return { pid: child.pid, stop, output: () => output }
}

/** Stops everything that was started. */
export const stopAll = async (): Promise<void> => {
  for (const stop of stopped.splice(0).toReversed()) await stop()
}

async function collect(pipe: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const bytes of pipe) take(decoder.decode(bytes, { stream: true }))
}

export const answers = (url: string) => async (): Promise<boolean> => (await fetch(url)).ok

const microsPerTick = 10_000
/** CPU time of a process with all its threads, user and system, in µs. */
export function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * microsPerTick
}

const pageBytes = 4_096
export const rssMegabytes = (pid: number): number =>
  (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes) / 1e6

/** The one child of a master process that does the work. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
}
