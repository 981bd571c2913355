/** `--test` and `--live`. Without either the server decides: live once a real provider is configured, else test. */
import type { Mode } from '../store/store.ts'
import { wrong, type Command, type CommandLine, type Flag } from './command-line.ts'

export const modeFlags: Readonly<Record<Mode, Flag>> = {
  test: { value: null, help: 'of the sandbox: simulated, and no real money' },
  live: { value: null, help: 'of real providers; what is meant once one is configured' },
}

/** What is asked for, as a field; none when it is left to the server. Throws `UsageError` for both. */
export function modeOf(command: Command, { switches }: CommandLine): { readonly mode?: Mode } {
  if (switches.has('test') && switches.has('live')) throw wrong(command, '--test and --live exclude each other')
  if (switches.has('test')) return { mode: 'test' }
  return switches.has('live') ? { mode: 'live' } : {}
}
