import { expect, test } from 'bun:test'
import { asTyped, chooseCommand, parseCommandLine, type Command, type Flag } from './command-line.ts'
import { commands } from './commands.ts'
import { UsageError } from './errors.ts'
import { helpText } from './help.ts'

const run = () => Promise.reject(new Error('nothing is run here'))
const command = (words: string, flags: Readonly<Record<string, Flag>> = {}, positionals: string[] = []): Command => ({
  words: words.split(' '),
  positionals,
  flags,
  summary: 'A command',
  run,
})
const org: Flag = { value: 'ID', help: 'the organization', required: true }
const known: readonly Command[] = [
  command('thing create', { org, name: { value: 'S', help: 'its name' }, test: { value: null, help: 'a switch' } }),
  command('thing show', {}, ['ID']),
  command('money give', { usd: { value: 'USD', help: 'how much' } }),
]

function read(text: string) {
  const chosen = chooseCommand(known, text === '' ? [] : text.split(' '))
  return chosen.kind === 'command' ? parseCommandLine(chosen.command, chosen.rest, known) : chosen
}

function complaint(text: string): string {
  try {
    read(text)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message).not.toContain('\n')
    return (error as Error).message
  }
  throw new Error(`nothing was said of: mart ${text}`)
}

test('what is right is read: values behind a space or an equals sign, switches, words in any order', () => {
  expect(read('thing create --org x --name=-5 --test --json')).toEqual({
    positionals: [],
    flags: { org: 'x', name: '-5' },
    switches: new Set(['test']),
    json: true,
    help: false,
  })
  expect(read('--json thing show a')).toMatchObject({ positionals: ['a'], json: true })
  expect(read('thing show -- --odd')).toMatchObject({ positionals: ['--odd'] })
})

test('an unknown command or word is named, with the one that was probably meant and all that there are', () => {
  expect(complaint('')).toBe('no command is given; allowed: thing, money')
  expect(complaint('thigns show')).toBe('"thigns" is not a command; did you mean thing? allowed: thing, money')
  expect(complaint('frobnicate')).toBe('"frobnicate" is not a command; allowed: thing, money')
  expect(complaint('thing')).toBe('mart thing needs one more word; allowed: create, show')
  expect(complaint('thing creat')).toBe(
    '"creat" is not a command of mart thing; did you mean create? allowed: create, show',
  )
})

test('what the server says of a field is said in the words of the command line', () => {
  const limits = command('thing limit', { 'per-minute': { value: 'N', help: 'how many' } }, ['NAME'])
  const said = (message: string, field: string): string => asTyped(limits, new UsageError(message, field))
  expect(said('perMinute must be a whole number from 1 to 9, or null for no limit.', 'perMinute')).toBe(
    '--per-minute must be a whole number from 1 to 9, or none for no limit.',
  )
  expect(said('name must be short.', 'name')).toBe('NAME must be short.')
  expect(said('Nothing was revoked.', 'usd')).toBe('Nothing was revoked.')
})

test('an unknown option is named with what is allowed, and one of another command with that command', () => {
  const allowed = 'allowed: --org, --name, --test, --json, --help; see `mart thing create --help`'
  expect(complaint('thing create --org x --nam y')).toBe(`there is no option --nam; did you mean --name? ${allowed}`)
  expect(complaint('thing create --org x --zzz')).toBe(`there is no option --zzz; ${allowed}`)
  expect(complaint('thing create --usd 5')).toBe(`--usd is an option of \`mart money give\`, not of this; ${allowed}`)
  for (const odd of ['--constructor', '--__proto__', '-x']) expect(complaint(`thing show a ${odd}`)).toContain(odd)
  expect(complaint('--org x thing show')).toContain('options follow their command')
})

test('an option without its value, with one too many, or given twice is named', () => {
  for (const wrong of ['--org', '--org=', '--org --test', '--org --json'])
    expect(complaint(`thing create ${wrong}`)).toStartWith('--org needs a value: --org ID')
  expect(complaint('thing create --org x --test=yes')).toStartWith('--test takes no value')
  expect(complaint('thing create --org x --org y')).toStartWith('--org is given twice')
  expect(complaint('thing create')).toStartWith('--org ID is missing')
})

test('a word that is missing, empty or too many is named with how it should be', () => {
  expect(complaint('thing show')).toStartWith('ID is missing: mart thing show ID')
  expect(complaint('thing show a b')).toStartWith('"b" is a word too many: mart thing show ID')
  expect(() => parseCommandLine(known[1]!, [''], known)).toThrow('a word is empty')
})

test('a secret that stands in the wrong place is not repeated', () => {
  const secret = 'sk-bf-12345678-1234-4234-8234-123456789012'
  for (const text of [secret, `thing ${secret}`, `thing show a ${secret}`, `thing show a --${secret}`])
    expect(complaint(text)).not.toContain('12345678')
})

test('help and version are asked for in every usual way, whatever else is wrong on the line', () => {
  for (const text of ['--help', '-h', 'help']) expect(read(text)).toEqual({ kind: 'help', about: [] })
  for (const text of ['help thing', 'thing --help', 'thing help'])
    expect(read(text)).toMatchObject({ about: ['thing'] })
  expect(read('help thing show')).toEqual({ kind: 'help', about: ['thing', 'show'] })
  expect(read('thing create --zzz --help')).toMatchObject({ help: true })
  expect(complaint('help thin')).toContain('did you mean thing?')
  for (const text of ['--version', '-v', 'version']) expect(read(text)).toEqual({ kind: 'version', json: false })
})

test('every command has help that says what it does, how it is written, and each of its options', () => {
  for (const each of commands) {
    const text = helpText(commands, each.words)
    expect(text).toStartWith(`${each.summary}.`)
    for (const [name, flag] of Object.entries(each.flags))
      expect(text).toContain(`--${name}${flag.value === null ? '' : ` ${flag.value}`}  `)
  }
})
