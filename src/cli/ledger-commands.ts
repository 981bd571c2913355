/** `mart ledger`. */
import type { AcceptedLossesJson, VerificationJson } from '../control/contract.ts'
import type { Command } from './command-line.ts'

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

const acceptLoss: Command = {
  words: ['ledger', 'accept-loss'],
  positionals: [],
  flags: {},
  summary: 'Say that the losses which `mart ledger verify` names are known; it passes again, and they stay on record',
  async run(_line, { server }) {
    const json = await server().ask<AcceptedLossesJson>('POST', '/ledger/accepted-losses')
    const { accepted } = json
    return { json, text: accepted === 1 ? '1 loss is accepted.' : `${accepted} losses are accepted.`, ok: true }
  },
}

export const ledgerCommands: readonly Command[] = [verifyLedger, acceptLoss]
