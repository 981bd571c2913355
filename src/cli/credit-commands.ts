/** `mart credit …` and `mart balance`. */
import type { BalanceJson, GrantJson } from '../control/contract.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { Command, Flag } from './command-line.ts'
import { facts, table, usd } from './text.ts'

const org: Flag = { value: 'ID', help: 'the organization', required: true }
const organizationPath = (id: string): string => `/organizations/${encodeURIComponent(id)}`

const grant: Command = {
  words: ['credit', 'grant'],
  positionals: [],
  flags: {
    org,
    usd: { value: '25.00', help: 'how much, up to nine decimals', required: true },
    note: { value: 'S', help: 'why; kept in the ledger' },
    'idempotency-key': { value: 'S', help: 'the same key again grants nothing new' },
  },
  summary: 'Give an organization credit',
  async run({ flags }, { server }) {
    const { org: id, usd: amount, note, 'idempotency-key': idempotencyKey } = flags
    const json = await server().ask<GrantJson>('POST', `${organizationPath(id!)}/grants`, {
      usd: amount,
      note,
      idempotencyKey,
    })
    const text = facts([
      ['granted', usd(json.amountUsd)],
      ['organization', json.organizationId],
      ['note', json.note],
      ['idempotency key', json.idempotencyKey],
    ])
    return { json, text, ok: true }
  },
}

const balance: Command = {
  words: ['balance'],
  positionals: [],
  flags: { org },
  summary: 'Show what an organization has, and what requests under way hold of it',
  async run({ flags }, { server }) {
    const json = await server().ask<BalanceJson>('GET', `${organizationPath(flags['org']!)}/balance`)
    const rows = [
      ['available', json.availableNano],
      ['held', json.heldNano],
      ['balance', json.balanceNano],
    ].map(([name, nano]) => [name!, usd(formatUsd(BigInt(nano!)))])
    return { json, text: table(['', 'USD'], rows, ['USD']), ok: true }
  },
}

export const creditCommands: readonly Command[] = [grant, balance]
