/**
 * Arguments: which command is meant, its positionals and options. Telling options from their values is
 * the platform's `parseArgs`; what they mean, and what is said of a wrong one, comes from our table of commands.
 */
import { parseArgs } from 'node:util'
import type { Environment } from '../config.ts'
import { closestName } from '../lib/closest.ts'
import { UsageError } from './errors.ts'
import type { Server } from './server.ts'

export type Flag = {
  /** What stands for the value in the help; null: a switch, which has none. */
  readonly value: string | null
  readonly help: string
  readonly required?: true
}
export type CommandLine = {
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string>>
  /** Flags without a value that were given. */
  readonly switches: ReadonlySet<string>
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
  /** What follows `mart` in a line to copy. */
  readonly example?: string
  readonly run: (line: CommandLine, surroundings: Surroundings) => Promise<Answer>
}

type Chosen =
  | { readonly kind: 'version'; readonly json: boolean }
  | { readonly kind: 'help'; readonly about: readonly string[] }
  | { readonly kind: 'command'; readonly command: Command; readonly rest: readonly string[] }

/** The command that the words begin with, or the help that is asked for. Throws `UsageError`. */
export function chooseCommand(commands: readonly Command[], given: readonly string[]): Chosen {
  const words = given[0] === '--json' ? [...given.slice(1), '--json'] : given
  const command = commands.find((known) => known.words.every((word, index) => words[index] === word))
  if (command) return { kind: 'command', command, rest: words.slice(command.words.length) }
  const [first, second] = words
  if (isVersion(first)) return { kind: 'version', json: second === '--json' }
  if (isHelp(first)) return helpFor(commands, words.slice(1))
  const groups = [...new Set(commands.map((known) => known.words[0]!))]
  if (first === undefined || first === '--json')
    throw new UsageError(`no command is given; allowed: ${groups.join(', ')}`)
  if (first.startsWith('-'))
    throw new UsageError(
      `options follow their command: \`mart COMMAND ${shown(first)} …\`; allowed here: --version, --help`,
    )
  const verbs = commands.filter((known) => known.words[0] === first).map((known) => known.words[1]!)
  if (verbs.length === 0) throw new UsageError(`${quoted(first)} is not a command; ${orRather(first, groups)}`)
  if (isHelp(second)) return { kind: 'help', about: [first] }
  if (second === undefined || second.startsWith('-'))
    throw new UsageError(`mart ${first} needs one more word; allowed: ${verbs.join(', ')}`)
  throw new UsageError(`${quoted(second)} is not a command of mart ${first}; ${orRather(second, verbs)}`)
}

const isVersion = (word: string | undefined): boolean => word === '--version' || word === '-v' || word === 'version'
const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h' || word === 'help'

/** `mart help key create`. Throws `UsageError` for what there is no help on. */
function helpFor(commands: readonly Command[], words: readonly string[]): Chosen {
  const about = words.filter((word) => !word.startsWith('-'))
  const isKnown = commands.some(({ words: known }) => about.every((word, index) => known[index] === word))
  return isKnown ? { kind: 'help', about } : chooseCommand(commands, about)
}

const orRather = (word: string, allowed: readonly string[]): string => {
  const closest = closestName(word, allowed)
  return `${closest === null ? '' : `did you mean ${closest}? `}allowed: ${allowed.join(', ')}`
}

const wordCharsMax = 40
/** People paste secrets where ids belong, and what is complained of ends up in somebody's log. */
const secretLike = /(sk-bf-|mart_op_)[\w-]+/g
const shown = (word: string): string => {
  const safe = word.replaceAll(secretLike, '$1…')
  return safe.length > wordCharsMax ? `${safe.slice(0, wordCharsMax)}…` : safe
}
const quoted = (word: string): string => JSON.stringify(shown(word))

/** Reads what follows a command's words. Throws `UsageError` that names what is wrong and what is allowed. */
export function parseCommandLine(command: Command, rest: readonly string[], commands: readonly Command[]): CommandLine {
  const { tokens } = parseArgs({ args: [...rest], options: optionsOf(command), strict: false, tokens: true })
  const options = tokens.filter((token) => token.kind === 'option')
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  const line = { positionals, flags: {}, switches: new Set<string>(), json: false, help: false }
  if (options.some(({ name }) => name === 'help')) return { ...line, help: true }
  for (const option of options) readOption(line, command, option, commands)
  requireAll(command, line)
  return line
}

const optionsOf = ({ flags }: Command) => ({
  ...Object.fromEntries(
    Object.entries(flags).map(([name, { value }]) => [
      name,
      { type: value === null ? ('boolean' as const) : ('string' as const) },
    ]),
  ),
  json: { type: 'boolean' as const },
  help: { type: 'boolean' as const, short: 'h' },
})

type Line = { flags: Record<string, string>; readonly switches: Set<string>; json: boolean }
type Option = {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function readOption(line: Line, command: Command, option: Option, commands: readonly Command[]): void {
  const { name, value } = option
  const isCommon = name === 'json'
  if (!isCommon && !Object.hasOwn(command.flags, name)) throw unknownOption(command, option, commands)
  const flag = command.flags[name]
  if (isCommon || flag!.value === null) {
    if (value !== undefined) throw wrong(command, `--${name} takes no value`)
    if (isCommon) line.json = true
    else line.switches.add(name)
    return
  }
  // Without quotes of its own, what begins with a hyphen is the next option, and the value was forgotten.
  if (value === undefined || value === '' || (!option.inlineValue && value.startsWith('-')))
    throw wrong(command, `--${name} needs a value: --${name} ${flag!.value}`)
  if (Object.hasOwn(line.flags, name)) throw wrong(command, `--${name} is given twice`)
  line.flags[name] = value
}

function unknownOption(command: Command, { name, rawName }: Option, commands: readonly Command[]): UsageError {
  const allowed = [...Object.keys(command.flags), 'json', 'help'].map((each) => `--${each}`)
  const others = commands
    .filter(({ flags }) => Object.hasOwn(flags, name))
    .map(({ words }) => `mart ${words.join(' ')}`)
  const said =
    others.length > 0
      ? `${shown(rawName)} is an option of \`${others.join('`, `')}\`, not of this; allowed: ${allowed.join(', ')}`
      : `there is no option ${shown(rawName)}; ${orRather(rawName, allowed)}`
  return wrong(command, said)
}

function requireAll(command: Command, { positionals, flags }: Omit<CommandLine, 'json' | 'help'>): void {
  const needed = command.positionals.filter((name) => !name.startsWith('['))
  const missing = needed[positionals.length]
  if (missing !== undefined) throw wrong(command, `${missing} is missing: ${usageOf(command)}`)
  const extra = positionals[command.positionals.length]
  if (extra !== undefined)
    throw wrong(command, `${quoted(extra)} is a word too many: ${usageOf(command)}; quote what has a space in it`)
  if (positionals.includes('')) throw wrong(command, `a word is empty: ${usageOf(command)}`)
  for (const [name, flag] of Object.entries(command.flags))
    if (flags[name] === undefined && flag.required) throw wrong(command, `--${name} ${flag.value} is missing`)
}

/** A complaint about a command's arguments that says where its help is. */
export const wrong = (command: Pick<Command, 'words'>, complaint: string): UsageError =>
  new UsageError(`${complaint}; see \`mart ${command.words.join(' ')} --help\``)

/** What the server says of a field, with the words of the command line: `--by must be …`, and `none` for null. */
export function asTyped({ flags, positionals }: Command, { message, field }: UsageError): string {
  if (field === null || !message.startsWith(`${field} `)) return message
  const [outer] = field.split('.') as [string]
  const name = outer.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const flag = [name, name.replace(/s$/, '')].find((each) => Object.hasOwn(flags, each))
  const word = positionals.find((each) => each.replaceAll(/[[\]]/g, '') === name.toUpperCase())
  const typed = flag === undefined ? (word ?? field) : `--${flag}`
  return `${typed}${message.slice(field.length).replace(', or null for ', ', or none for ')}`
}

/** A command with what it needs, as one would write it. */
export function usageOf(command: Command): string {
  const required = Object.entries(command.flags).filter(([, flag]) => flag.required)
  const named = required.map(([name, flag]) => `--${name} ${flag.value}`)
  const hasOptional = required.length < Object.keys(command.flags).length
  return ['mart', ...command.words, ...command.positionals, ...named, ...(hasOptional ? ['[options]'] : [])].join(' ')
}
