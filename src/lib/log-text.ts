/** Log lines for people: the time of day, the event, and what belongs to it as `name=value`. */
import { describeError } from './describe-error.ts'

export type LogEvent = { readonly event: string } & Readonly<Record<string, unknown>>
export type Level = 'info' | 'error'

type Line = { readonly at: number; readonly level: Level; readonly event: LogEvent; readonly coloured: boolean }

/** `10:28:33 config-changed deployments=3`. A `message` is words for people: `10:28:33 error EVENT: MESSAGE deployment=first`. */
export function textLine({ at, level, event: { event, message, ...fields }, coloured }: Line): string {
  const paint = painter(coloured)
  const said = Object.entries(fields).map(([name, value]) => `${paint('dim', `${name}=`)}${valueText(value)}`)
  const name = level === 'error' ? paint('red', `error ${event}`) : event
  const words = typeof message === 'string' ? `${name}: ${harmless(message)}` : name
  return [paint('dim', timeOfDay(at)), words, ...said].join(' ')
}

const escapes = { dim: 2, red: 31, green: 32, yellow: 33 } as const
export type Colour = keyof typeof escapes
/** Puts text into a colour, or leaves it as it is. */
export type Painter = (colour: Colour, text: string) => string
export const painter =
  (coloured: boolean): Painter =>
  (colour, text) =>
    coloured ? `\u001B[${escapes[colour]}m${text}\u001B[0m` : text

/** `10:28:33`, by the clock of this machine. */
export const timeOfDay = (at: number): string => new Date(at).toTimeString().slice(0, 8)

function valueText(value: unknown): string {
  if (value instanceof Error) return quoted(describeError(value))
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'object' && value !== null) return harmless(JSON.stringify(value))
  return String(value)
}

const quoted = (text: string): string => (/^[\w.:/@-]+$/.test(text) ? text : harmless(JSON.stringify(text)))

/** Without what a terminal would act on, which may come from anybody. */
export const harmless = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- those are meant
  text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]/g, '�')
