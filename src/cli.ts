/**
 * The `mart` command. Thin: it reads its arguments, asks a running server's admin API and prints.
 * Exit 0 done, 1 refused or failed with one line on stderr, 2 bad usage.
 */
import { version } from '../package.json'
import { commands } from './cli/commands.ts'
import { asTyped, chooseCommand, parseCommandLine } from './cli/command-line.ts'
import { ServerError, UsageError } from './cli/errors.ts'
import { helpText } from './cli/help.ts'
import { openServer, type Server } from './cli/server.ts'
import { ConfigError, loadClientConfig, type Environment } from './config.ts'
import { describeError } from './lib/describe-error.ts'

async function mart(words: readonly string[], env: Environment): Promise<number> {
  const chosen = chooseCommand(commands, words)
  if (chosen.kind === 'version') return print(chosen.json ? JSON.stringify({ version }) : version, 0)
  if (chosen.kind === 'help') return print(helpText(commands, chosen.about), 0)
  const line = parseCommandLine(chosen.command, chosen.rest, commands)
  if (line.help) return print(helpText(commands, chosen.command.words), 0)
  const server = (): Server => openServer(loadClientConfig(env))
  const answer = await chosen.command.run(line, { env, server }).catch((error: unknown) => {
    throw error instanceof UsageError ? new UsageError(asTyped(chosen.command, error)) : error
  })
  return print(line.json ? JSON.stringify(answer.json, null, 2) : answer.text, answer.ok ? 0 : 1)
}

function print(text: string, exitCode: number): number {
  process.stdout.write(`${text}\n`)
  return exitCode
}

function complain(error: unknown): number {
  const isUsage = error instanceof UsageError
  const isForPeople = isUsage || error instanceof ConfigError || error instanceof ServerError
  const words = isForPeople ? error.message : `this is a fault of mart itself: ${describeError(error)}`
  process.stderr.write(`mart: ${words.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  return isUsage ? 2 : 1
}

// The exit code is set rather than exited with, so that a pipe gets all of the output.
process.exitCode = await mart(process.argv.slice(2), process.env).catch(complain)
