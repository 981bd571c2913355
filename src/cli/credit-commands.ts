/** `mart credit …` and `mart balance`. */
import type { BalanceJson, GrantJson, RevocationJson } from '../control/contract.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { Command, Flag } from './command-line.ts'
import { modeFlags, modeOf } from './mode.ts'
import { facts, table, usd } from './text.ts'

const org: Flag = { value: 'ID', help: 'the organization', required: true }
const organizationPath = (id: string): string => `/organizations/${encodeURIComponent(id)}`

type Change = {
  readonly verb: 'grant' | 'revoke'
  /** Behind the organization's own, in the API. */
  readonly path: 'grants' | 'revocations'
  readonly done: string
  readonly summary: string
  readonly example: string
}

const change = ({ verb, path, done, summary, example }: Change): Command => {
  const command: Command = {
    words: ['credit', verb],
    positionals: [],
    flags: {
      org,
      ...modeFlags,
      usd: { value: '25.00', help: 'how much, up to nine decimals', required: true },
      note: { value: 'S', help: 'why; kept in the ledger' },
      'idempotency-key': { value: 'S', help: 'the same key again does nothing new' },
    },
    summary,
    example: `credit ${verb} --org org_… ${example}`,
    async run(line, { server }) {
      const { org: id, usd: amount, note, 'idempotency-key': idempotencyKey } = line.flags
      const body = { usd: amount, ...modeOf(command, line), note, idempotencyKey }
      const json = await server().ask<GrantJson | RevocationJson>('POST', `${organizationPath(id!)}/${path}`, body)
      const reversals = 'reversals' in json ? json.reversals : []
      const text = facts([
        [done, `${usd(json.amountUsd)} of ${json.mode} credit`],
        ['organization', json.organizationId],
        ['reverses', reversals.map(({ reverses }) => `transfer ${reverses}`).join(', ') || null],
        ['note', json.note],
        ['idempotency key', json.idempotencyKey],
      ])
      return { json, text, ok: true }
    },
  }
  return command
}

const grant = change({
  verb: 'grant',
  path: 'grants',
  done: 'granted',
  summary: 'Give an organization credit',
  example: '--usd 25.00 --note "order 4711" --idempotency-key order-4711',
})

const revoke = change({
  verb: 'revoke',
  path: 'revocations',
  done: 'revoked',
  summary:
    'Take back credit that is unspent, all of the amount or nothing: reversals of grants and top-ups, the newest first',
  example: '--usd 5.00 --note "typed one zero too many"',
})

const balance: Command = {
  words: ['balance'],
  positionals: [],
  flags: { org, ...modeFlags },
  summary:
    'Show what an organization has, what requests under way hold of it, and what is reserved for jobs that they left behind',
  async run(line, { server }) {
    const query = new URLSearchParams(modeOf(balance, line)).toString()
    const json = await server().ask<BalanceJson>('GET', `${organizationPath(line.flags['org']!)}/balance?${query}`)
    const rows = [
      ['available', json.availableNano],
      ['held', json.heldNano],
      ['reserved', json.reservedNano],
      ['balance', json.balanceNano],
    ].map(([name, nano]) => [name!, usd(formatUsd(nano!))])
    return { json, text: table([json.mode.toUpperCase(), 'USD'], rows, ['USD']), ok: true }
  },
}

export const creditCommands: readonly Command[] = [grant, revoke, balance]
