/** `mart key …`. What a flag may say is checked by the server, which knows the models and the time. */
import type { KeyJson, KeyWithSecret, ListedKeyJson, ListJson } from '../control/contract.ts'
import { wrong, type Command, type CommandLine, type Flag } from './command-line.ts'
import { modeFlags, modeOf } from './mode.ts'
import { facts, minute, table, usd } from './text.ts'

const org: Flag = { value: 'ID', help: 'the organization', required: true }
const terms: Readonly<Record<string, Flag>> = {
  name: { value: 'S', help: 'what people call it' },
  region: { value: 'us|eu', help: 'where requests may go' },
  rpm: { value: 'N', help: 'requests per minute' },
  tpm: { value: 'N', help: 'tokens per minute' },
  concurrency: { value: 'N', help: 'requests at once' },
  budget: { value: 'USD/PERIOD', help: 'spending limit per day, week, month or total, such as 25.00/month' },
  models: { value: 'a,b', help: 'the only models it may use' },
  endpoints: {
    value: 'a,b',
    help: 'the only endpoints it may ask, such as chat.completions; videos.* is all of videos',
  },
  addresses: { value: 'a,b', help: 'the only IP addresses and networks it may be used from, such as 203.0.113.0/24' },
  expires: { value: 'ISO', help: 'when it stops working, such as 2027-01-31 or 2027-01-31T12:00:00Z' },
}

const create: Command = {
  words: ['key', 'create'],
  positionals: [],
  flags: { org, ...modeFlags, ...terms },
  summary: 'Make a key; its secret is shown only here',
  async run(line, { server }) {
    const path = `/organizations/${encodeURIComponent(line.flags['org']!)}/keys`
    const json = await server().ask<KeyWithSecret>('POST', path, { ...termsOf(create, line), ...modeOf(create, line) })
    return { json, text: withSecret(json), ok: true }
  },
}

const list: Command = {
  words: ['key', 'list'],
  positionals: [],
  flags: { org },
  summary: 'List an organization’s keys, what of their budgets is spent, and when each was last used',
  async run({ flags }, { server }) {
    const { data } = await server().ask<ListJson<ListedKeyJson>>(
      'GET',
      `/organizations/${encodeURIComponent(flags['org']!)}/keys`,
    )
    const rows = data.map((key) => [
      key.id,
      key.name,
      `${key.prefix}…`,
      key.mode,
      key.state,
      key.region,
      limitsOf(key),
      budgetOf(key),
      spentOf(key),
      key.budgetResetsAt === null ? '–' : minute(key.budgetResetsAt),
      key.lastUsedAt === null ? 'never' : minute(key.lastUsedAt),
    ])
    const headings = [
      'ID',
      'NAME',
      'PREFIX',
      'MODE',
      'STATE',
      'REGION',
      'LIMITS',
      'BUDGET',
      'SPENT',
      'RESETS',
      'LAST USED',
    ]
    return { json: data, text: data.length === 0 ? 'No keys yet.' : table(headings, rows), ok: true }
  },
}

const update: Command = {
  words: ['key', 'update'],
  positionals: ['ID'],
  flags: terms,
  summary: 'Change a key; `none` takes a limit, budget, list or expiry away',
  async run(line, { server }) {
    const changes = termsOf(update, line)
    if (Object.keys(changes).length === 0) throw wrong(update, 'there is nothing to change')
    const json = await server().ask<KeyJson>('PATCH', keyPath(line), changes)
    return { json, text: keyFacts(json), ok: true }
  },
}

const rotate: Command = {
  words: ['key', 'rotate'],
  positionals: ['ID'],
  flags: {
    grace: {
      value: 'TIME',
      help: 'how long the secret that is replaced still works, such as 30m or 24h; without it, it and every earlier one stop at once',
    },
  },
  summary: 'Give a key a new secret, shown only here',
  example: 'key rotate key_… --grace 24h',
  async run(line, { server }) {
    const json = await server().ask<KeyWithSecret>('POST', `${keyPath(line)}/rotate`, line.flags)
    return { json, text: withSecret(json), ok: true }
  },
}

const revoke: Command = {
  words: ['key', 'revoke'],
  positionals: ['ID'],
  flags: {},
  summary: 'Stop a key for good, at once',
  async run(line, { server }) {
    const json = await server().ask<KeyJson>('POST', `${keyPath(line)}/revoke`)
    return { json, text: keyFacts(json), ok: true }
  },
}

export const keyCommands: readonly Command[] = [create, list, update, rotate, revoke]

const keyPath = ({ positionals: [id] }: CommandLine): string => `/keys/${encodeURIComponent(id!)}`

const numbers: readonly string[] = ['rpm', 'tpm', 'concurrency']
const lists: readonly string[] = ['models', 'endpoints', 'addresses']
const clearable: readonly string[] = [...numbers, ...lists, 'budget', 'expires']

/** The flags as the API's fields. Throws `UsageError` for what is not a number. */
function termsOf(command: Command, { flags }: CommandLine): Readonly<Record<string, unknown>> {
  const named = Object.entries(flags).filter(([name]) => name in terms)
  return Object.fromEntries(named.map(([name, value]) => [name, termOf(command, name, value)]))
}

function termOf(command: Command, name: string, value: string): unknown {
  if (value === 'none' && clearable.includes(name)) return null
  if (lists.includes(name)) return value.split(',').map((item) => item.trim())
  if (!numbers.includes(name)) return value
  if (!/^\d{1,10}$/.test(value)) throw wrong(command, `--${name} must be a whole number or none`)
  return Number(value)
}

const withSecret = (key: KeyWithSecret): string =>
  `${key.key}\n\nThis secret is shown only here. Keep it private.\n\n${keyFacts(key)}`

const keyFacts = (key: KeyJson): string =>
  facts([
    ['id', key.id],
    ['name', key.name],
    ['organization', key.organizationId],
    ['prefix', `${key.prefix}…`],
    ['mode', key.mode],
    ['state', key.state],
    ['region', key.region],
    ['limits', limitsOf(key)],
    ['budget', budgetOf(key)],
    ['models', key.models === null ? 'all' : key.models.join(', ')],
    ['endpoints', key.endpoints && key.endpoints.join(', ')],
    ['addresses', key.addresses && key.addresses.join(', ')],
    ['expires', key.expiresAt && minute(key.expiresAt)],
    ['revoked', key.revokedAt && minute(key.revokedAt)],
    ...key.earlierSecrets.map(({ prefix, until }): [string, string] => [
      'also works',
      `${prefix ?? 'an earlier secret'}… until ${minute(until)}`,
    ]),
  ])

function limitsOf({ rpm, tpm, concurrency }: KeyJson): string {
  const limits = [rpm && `${rpm} requests/min`, tpm && `${tpm} tokens/min`, concurrency && `${concurrency} at once`]
  return limits.filter(Boolean).join(', ') || 'none'
}

const budgetOf = ({ budgetUsd, budgetPeriod }: KeyJson): string =>
  budgetUsd === null ? 'none' : `${usd(budgetUsd)}/${budgetPeriod}`

function spentOf({ budgetSpentUsd, budgetHeldUsd, budgetHeldNano }: ListedKeyJson): string {
  if (budgetSpentUsd === null) return '–'
  return budgetHeldNano === '0' ? usd(budgetSpentUsd) : `${usd(budgetSpentUsd)} + ${usd(budgetHeldUsd!)} held`
}
