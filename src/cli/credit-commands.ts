/** `mart credit …` and `mart balance`. */
import type { BalanceJson, GrantJson, RevocationJson } from '../control/contract.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { Command, Flag } from './command-line.ts'
import { modeFlags, modeOf } from './mode.ts'
import { facts, table, usd } from './text.ts'

const org: Flag = { value: 'ID', help: 'the organization', required: true }
const organizationPath = (id: string): string => `/organizations/${encodeURIComponent(id)}`

const grant: Command = {
  words: ['credit', 'grant'],
  positionals: [],
  flags: {
    org,
    ...modeFlags,
    usd: { value: '25.00', help: 'how much, up to nine decimals', required: true },
    note: { value: 'S', help: 'why; kept in the ledger' },
    'idempotency-key': { value: 'S', help: 'the same key again grants nothing new' },
  },
  summary: 'Give an organization credit',
  example: 'credit grant --org org_… --usd 25.00 --note "order 4711" --idempotency-key order-4711',
  async run(line, { server }) {
    const { org: id, usd: amount, note, 'idempotency-key': idempotencyKey } = line.flags
    const json = await server().ask<GrantJson>('POST', `${organizationPath(id!)}/grants`, {
      usd: amount,
      ...modeOf(grant, line),
      note,
      idempotencyKey,
    })
    const text = facts([
      ['granted', `${usd(json.amountUsd)} of ${json.mode} credit`],
      ['organization', json.organizationId],
      ['note', json.note],
      ['idempotency key', json.idempotencyKey],
    ])
    return { json, text, ok: true }
  },
}

const revoke: Command = {
  words: ['credit', 'revoke'],
  positionals: [],
  flags: {
    org,
    ...modeFlags,
    usd: { value: '5.00', help: 'how much, up to nine decimals; all of it or nothing', required: true },
    note: { value: 'S', help: 'why; kept in the ledger' },
    'idempotency-key': { value: 'S', help: 'the same key again takes nothing more' },
  },
  summary: 'Take back credit that is unspent, by reversals of grants and top-ups, the newest first',
  example: 'credit revoke --org org_… --usd 5.00 --note "typed one zero too many"',
  async run(line, { server }) {
    const { org: id, usd: amount, note, 'idempotency-key': idempotencyKey } = line.flags
    const json = await server().ask<RevocationJson>('POST', `${organizationPath(id!)}/revocations`, {
      usd: amount,
      ...modeOf(revoke, line),
      note,
      idempotencyKey,
    })
    const text = facts([
      ['revoked', `${usd(json.amountUsd)} of ${json.mode} credit`],
      ['organization', json.organizationId],
      ['reverses', json.reversals.map(({ reverses }) => `transfer ${reverses}`).join(', ')],
      ['note', json.note],
      ['idempotency key', json.idempotencyKey],
    ])
    return { json, text, ok: true }
  },
}

const balance: Command = {
  words: ['balance'],
  positionals: [],
  flags: { org, ...modeFlags },
  summary: 'Show what an organization has, and what requests under way hold of it',
  async run(line, { server }) {
    const query = new URLSearchParams(modeOf(balance, line)).toString()
    const json = await server().ask<BalanceJson>('GET', `${organizationPath(line.flags['org']!)}/balance?${query}`)
    const rows = [
      ['available', json.availableNano],
      ['held', json.heldNano],
      ['balance', json.balanceNano],
    ].map(([name, nano]) => [name!, usd(formatUsd(BigInt(nano!)))])
    return { json, text: table([json.mode.toUpperCase(), 'USD'], rows, ['USD']), ok: true }
  },
}

export const creditCommands: readonly Command[] = [grant, revoke, balance]
