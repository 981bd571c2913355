/** Every command of `mart`, in the order of its help. */
import { checkConfigFile } from '../config.ts'
import type { VerificationJson } from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { creditCommands } from './credit-commands.ts'
import { keyCommands } from './key-commands.ts'
import { organizationCommands } from './organization-commands.ts'
import { reportCommands } from './report-commands.ts'

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

const checkConfig: Command = {
  words: ['config', 'check'],
  positionals: ['[FILE]'],
  flags: {},
  summary: 'Check a configuration file, or the one a start would use; needs no server',
  async run({ positionals }, { env }) {
    const file = checkConfigFile(positionals[0] ?? null, env)
    const text = file === null ? 'There is no mart.yaml here: a start would use the defaults.' : `${file} is valid.`
    return { json: { ok: true, file }, text, ok: true }
  },
}

export const commands: readonly Command[] = [
  ...organizationCommands,
  ...keyCommands,
  ...creditCommands,
  ...reportCommands,
  verifyLedger,
  checkConfig,
]
