/** Log events: one line each on stderr, JSON for programs or words for people. Never a prompt, a key or a body. */
import type { WriteStream } from 'node:tty'
import { describeError } from './describe-error.ts'
import { textLine, type Level, type LogEvent } from './log-text.ts'

export type Log = { readonly info: (event: LogEvent) => void; readonly error: (event: LogEvent) => void }
/** `text` and `coloured` are for people. */
export type LogStyle = 'json' | 'text' | 'coloured'
/** The line of an event, without its line feed. `at`: epoch ms. */
export type LineOf = (at: number, level: Level, event: LogEvent) => string

/** A log whose lines are given to `write`. */
export function createLog(style: LogStyle, write: (line: string) => void): Log {
  const lineOf = lineOfStyle(style)
  const log = (level: Level) => (event: LogEvent) => write(lineOf(Date.now(), level, event))
  return { info: log('info'), error: log('error') }
}

/** What a format of `mart.yaml` comes to: `auto` is for people on a terminal, and for programs elsewhere. */
export function logStyle(
  format: 'auto' | 'json' | 'text',
  stream: Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>,
): LogStyle {
  if (format === 'json' || (format === 'auto' && !stream.isTTY)) return 'json'
  // It knows NO_COLOR and terminals that have none.
  return stream.isTTY && stream.hasColors?.() ? 'coloured' : 'text'
}

export const lineOfStyle = (style: LogStyle): LineOf =>
  style === 'json' ? jsonLine : (at, level, event) => textLine({ at, level, event, coloured: style === 'coloured' })

const jsonLine: LineOf = (at, level, event) =>
  JSON.stringify({ at: new Date(at).toISOString(), level, ...event }, readable)

function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return describeError(value)
  return value
}

/** For processes without a `mart.yaml`, and until it is read. */
export const stderrLog: Log = createLog(
  logStyle('auto', process.stderr),
  (line) => void process.stderr.write(`${line}\n`),
)

/** Runs work that nobody waits for, under a name; its failure is logged, never lost. */
export function inBackground(log: Log, name: string, work: () => Promise<unknown>): void {
  void work().catch((error: unknown) => log.error({ event: 'background-failed', name, error }))
}
