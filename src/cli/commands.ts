/** Every command of `mart`, in the order of its help. */
import type { VerificationJson } from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { configCommands } from './config-commands.ts'
import { creditCommands } from './credit-commands.ts'
import { deploymentCommands } from './deployment-commands.ts'
import { keyCommands } from './key-commands.ts'
import { organizationCommands } from './organization-commands.ts'
import { reportCommands } from './report-commands.ts'
import { tokenCommands } from './token-commands.ts'

const verifyLedger: Command = {
  words: ['ledger', 'verify'],
  positionals: [],
  flags: {},
  summary: 'Check that the ledger adds up; exit 1 when any check fails',
  async run(_line, { server }) {
    const json = await server().ask<VerificationJson>('GET', '/ledger/verify')
    const lines = json.checks.map(({ name, ok, detail }) => `${ok ? '✓' : '✗'} ${name}: ${detail}`)
    return {
      json,
      text: [...lines, json.ok ? 'The ledger adds up.' : 'The ledger does not add up.'].join('\n'),
      ok: json.ok,
    }
  },
}

export const commands: readonly Command[] = [
  ...organizationCommands,
  ...keyCommands,
  ...creditCommands,
  ...reportCommands,
  ...deploymentCommands,
  verifyLedger,
  ...tokenCommands,
  ...configCommands,
]
