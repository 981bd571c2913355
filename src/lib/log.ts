/** Structured log events, one JSON object a line on stderr. Never a prompt, a key or a body. */
export type LogEvent = { readonly event: string } & Readonly<Record<string, unknown>>
export type Log = { readonly info: (event: LogEvent) => void; readonly error: (event: LogEvent) => void }

export const stderrLog: Log = { info: (event) => write('info', event), error: (event) => write('error', event) }

function write(level: 'info' | 'error', event: LogEvent): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, ...event }, readable)}\n`)
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return describeError(value)
  return value
}

/** An error in words for operators: name, message and cause. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (because ${describeError(error.cause)})`
  return `${error.name}: ${error.message}${cause}`
}

/** Runs work that nobody waits for, under a name; its failure is logged, never lost. */
export function inBackground(log: Log, name: string, work: () => Promise<unknown>): void {
  void work().catch((error: unknown) => log.error({ event: 'background-failed', name, error }))
}
