/** Arguments: which command is meant, its positionals and flags, and the help that every level has. */
import { parseArgs } from 'node:util'
import type { Environment } from '../config.ts'
import { UsageError } from './errors.ts'
import type { Server } from './server.ts'

export type Flag = {
  /** What stands for the value in the help. */
  readonly value: string
  readonly help: string
  readonly required?: true
}

export type CommandLine = {
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string>>
  readonly json: boolean
  readonly help: boolean
}

/** `json` is what `--json` prints, `text` what people read; not `ok` ends with exit 1. */
export type Answer = { readonly json: unknown; readonly text: string; readonly ok: boolean }

type Surroundings = { readonly env: Environment; readonly server: () => Server }

export type Command = {
  /** `['key', 'create']`. */
  readonly words: readonly string[]
  /** `ID`, or `[FILE]` where it may be left out. */
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, Flag>>
  readonly summary: string
  readonly run: (line: CommandLine, surroundings: Surroundings) => Promise<Answer>
}

type Chosen =
  | { readonly kind: 'help'; readonly about: readonly string[] }
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }

/** The command that the words begin with, or the help that is asked for. Throws `UsageError`. */
export function chooseCommand(commands: readonly Command[], given: readonly string[]): Chosen {
  const words = given[0] === '--json' ? [...given.slice(1), '--json'] : given
  const command = commands.find((known) => known.words.every((word, index) => words[index] === word))
  if (command) return { kind: 'command', command, rest: words.slice(command.words.length) }
  const [first, second] = words
  const isGroup = commands.some((known) => known.words.length > 1 && known.words[0] === first)
  if (isHelp(first)) return { kind: 'help', about: [] }
  if (isGroup && isHelp(second)) return { kind: 'help', about: [first!] }
  if (first === undefined) throw new UsageError('no command; `mart --help` lists them')
  if (!isGroup) throw new UsageError(`${quoted(first)} is not a command; \`mart --help\` lists them`)
  const verbs = commands.filter((known) => known.words[0] === first).map((known) => known.words[1])
  throw new UsageError(`mart ${first} takes one of ${verbs.join(', ')}; see \`mart ${first} --help\``)
}

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h' || word === 'help'
const wordCharsMax = 40
const quoted = (word: string): string =>
  JSON.stringify(word.length > wordCharsMax ? `${word.slice(0, wordCharsMax)}…` : word)

/** Reads what follows a command's words. Throws `UsageError`. */
export function parseCommandLine(command: Command, rest: readonly string[]): CommandLine {
  const { values, positionals } = parse(command, rest)
  const { json = false, help = false, ...flags } = values as Record<string, string> & { json?: boolean; help?: boolean }
  const line = { positionals, flags, json, help }
  if (!help) requireAll(command, line)
  return line
}

function parse(command: Command, rest: readonly string[]) {
  const flags = Object.fromEntries(Object.keys(command.flags).map((name) => [name, { type: 'string' as const }]))
  const common = { json: { type: 'boolean' as const }, help: { type: 'boolean' as const, short: 'h' } }
  try {
    return parseArgs({ args: [...rest], options: { ...flags, ...common }, strict: true, allowPositionals: true })
  } catch (error) {
    throw wrong(command, (error as Error).message.split(/[.\n]/)[0]!)
  }
}

function requireAll(command: Command, { positionals, flags }: CommandLine): void {
  const needed = command.positionals.filter((name) => !name.startsWith('['))
  const missing = needed[positionals.length]
  if (missing !== undefined) throw wrong(command, `${missing} is missing`)
  if (positionals.length > command.positionals.length) throw wrong(command, 'there is a word too many')
  for (const [name, flag] of Object.entries(command.flags)) {
    if (flags[name] === undefined && flag.required) throw wrong(command, `--${name} ${flag.value} is missing`)
    if (flags[name] === '') throw wrong(command, `--${name} has no value`)
  }
  if (positionals.includes('')) throw wrong(command, 'a word is empty')
}

/** A complaint about a command's arguments that says where its help is. */
export const wrong = (command: Pick<Command, 'words'>, complaint: string): UsageError =>
  new UsageError(`${complaint}; see \`mart ${command.words.join(' ')} --help\``)

/** The help of everything, of a group (`['key']`), or of one command. */
export function helpText(commands: readonly Command[], about: readonly string[]): string {
  const inside = commands.filter((command) => about.every((word, index) => command.words[index] === word))
  const only = inside.length === 1 && about.length === inside[0]!.words.length ? inside[0] : undefined
  return only ? commandHelp(only) : overview(inside, about)
}

function commandHelp(command: Command): string {
  const flags = Object.entries(command.flags)
  const all: [string, string][] = [
    ...flags.map(([name, flag]): [string, string] => [
      `--${name} ${flag.value}`,
      `${flag.help}${flag.required ? ' (required)' : ''}`,
    ]),
    ['--json', 'print one JSON value and nothing else'],
    ['--help', 'this text'],
  ]
  return [`${command.summary}.`, '', `  ${usageOf(command)}`, '', ...columns(all)].join('\n')
}

function overview(inside: readonly Command[], about: readonly string[]): string {
  const usage = ['mart', ...about, about.length === 0 ? 'COMMAND' : 'VERB'].join(' ')
  return [
    ...(about.length === 0 ? ['Operate an AICreditMart server.', ''] : []),
    `  ${usage} [--json] [--help]`,
    '',
    ...columns(
      inside.map((command) => [['mart', ...command.words, ...command.positionals].join(' '), command.summary]),
    ),
    '',
    'The server is found through DATA_DIR (./data), or MART_URL and MART_OPERATOR_TOKEN.',
    'Exit status: 0 done, 1 refused or failed, 2 bad usage.',
  ].join('\n')
}

function usageOf(command: Command): string {
  const required = Object.entries(command.flags).filter(([, flag]) => flag.required)
  const shown = required.map(([name, flag]) => `--${name} ${flag.value}`)
  const hasOptional = required.length < Object.keys(command.flags).length
  return ['mart', ...command.words, ...command.positionals, ...shown, ...(hasOptional ? ['[options]'] : [])].join(' ')
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
