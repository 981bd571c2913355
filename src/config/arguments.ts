/** What a server is told on its command line. */
import { ConfigError } from './refusal.ts'

export type StartArguments = {
  /** To go on although part of the journal cannot be read any more. */
  readonly acceptsLoss: boolean
}

const acceptLoss = '--accept-loss'

/** Throws `ConfigError` for what is unknown. */
export function parseArguments(given: readonly string[]): StartArguments {
  const unknown = given.find((argument) => argument !== acceptLoss)
  if (unknown !== undefined)
    throw new ConfigError(
      `command line: ${unknown.slice(0, 40)} is not an option of the server; allowed: ${acceptLoss}`,
    )
  return { acceptsLoss: given.length > 0 }
}
