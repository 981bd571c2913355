/** The help of `mart`, made from the table of commands. */
import { usageOf, type Command } from './command-line.ts'

/** The help of everything, of a group (`['key']`), or of one command. */
export function helpText(commands: readonly Command[], about: readonly string[]): string {
  const inside = commands.filter((command) => about.every((word, index) => command.words[index] === word))
  const only = inside.length === 1 && about.length === inside[0]!.words.length ? inside[0] : undefined
  return only ? commandHelp(only) : overview(inside, about)
}

function commandHelp(command: Command): string {
  const options: [string, string][] = [
    ...Object.entries(command.flags).map(([name, { value, help, required }]): [string, string] => [
      value === null ? `--${name}` : `--${name} ${value}`,
      `${help}${required ? ' (required)' : ''}`,
    ]),
    ['--json', 'print one JSON value and nothing else'],
    ['--help', 'this text'],
  ]
  const example = command.example === undefined ? [] : ['', 'For example:', '', `  mart ${command.example}`]
  return [`${command.summary}.`, '', `  ${usageOf(command)}`, '', ...columns(options), ...example].join('\n')
}

function overview(inside: readonly Command[], about: readonly string[]): string {
  const isAll = about.length === 0
  return [
    ...(isAll ? ['Operate an AICreditMart server.', ''] : []),
    `  ${['mart', ...about, isAll ? 'COMMAND' : 'VERB'].join(' ')} [options] [--json]`,
    '',
    ...columns(
      inside.map((command) => [['mart', ...command.words, ...command.positionals].join(' '), command.summary]),
    ),
    '',
    `Options and an example of one: ${['mart', ...about, isAll ? 'COMMAND' : 'VERB'].join(' ')} --help`,
    ...(isAll ? ['The version: mart --version'] : []),
    '',
    'The server is found through DATA_DIR (./data), or MART_URL and MART_OPERATOR_TOKEN.',
    'Exit status: 0 done, 1 refused or failed, 2 bad usage.',
  ].join('\n')
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
