/** `mart org …`. */
import type { ListJson, OrganizationDetails, OrganizationJson } from '../control/contract.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { Command } from './command-line.ts'
import { facts, minute, table, usd } from './text.ts'

const create: Command = {
  words: ['org', 'create'],
  positionals: ['NAME'],
  flags: {},
  summary: 'Make an organization',
  async run({ positionals: [name] }, { server }) {
    const json = await server().ask<OrganizationJson>('POST', '/organizations', { name })
    return { json, text: facts(organizationFacts(json)), ok: true }
  },
}

const list: Command = {
  words: ['org', 'list'],
  positionals: [],
  flags: {},
  summary: 'List all organizations',
  async run(_line, { server }) {
    const { data } = await server().ask<ListJson<OrganizationJson>>('GET', '/organizations')
    const rows = data.map(({ id, name, state, createdAt }) => [id, name, state, minute(createdAt)])
    return {
      json: data,
      text: data.length === 0 ? 'No organizations yet.' : table(['ID', 'NAME', 'STATE', 'CREATED'], rows),
      ok: true,
    }
  },
}

const show: Command = {
  words: ['org', 'show'],
  positionals: ['ID'],
  flags: {},
  summary: 'Show an organization, its balance and its keys',
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<OrganizationDetails>('GET', `/organizations/${encodeURIComponent(id!)}`)
    const text = facts([
      ...organizationFacts(json),
      ['keys', `${json.keys} (${json.activeKeys} active)`],
      ...json.balances.flatMap(({ mode, availableUsd, heldNano, reservedNano }): [string, string][] => [
        [`${mode} available`, usd(availableUsd)],
        [`${mode} held`, usd(formatUsd(heldNano))],
        [`${mode} reserved`, usd(formatUsd(reservedNano))],
      ]),
    ])
    return { json, text, ok: true }
  },
}

const path = (id: string): string => `/organizations/${encodeURIComponent(id)}`

const rename: Command = {
  words: ['org', 'rename'],
  positionals: ['ID', 'NAME'],
  flags: {},
  summary: 'Give an organization another name',
  example: 'org rename org_… "Acme & Sons"',
  async run({ positionals: [id, name] }, { server }) {
    const json = await server().ask<OrganizationJson>('PATCH', path(id!), { name })
    return { json, text: facts(organizationFacts(json)), ok: true }
  },
}

const suspend: Command = {
  words: ['org', 'suspend'],
  positionals: ['ID'],
  flags: { why: { value: 'S', help: 'for operators to read; holders of its keys are not told' } },
  summary: 'Turn an organization’s keys away, at once; requests under way end as they will',
  example: 'org suspend org_… --why "unpaid since May"',
  async run({ positionals: [id], flags: { why } }, { server }) {
    const json = await server().ask<OrganizationJson>('POST', `${path(id!)}/suspend`, { why })
    return { json, text: facts(organizationFacts(json)), ok: true }
  },
}

const resume: Command = {
  words: ['org', 'resume'],
  positionals: ['ID'],
  flags: {},
  summary: 'Let a suspended organization’s keys work again, at once',
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<OrganizationJson>('POST', `${path(id!)}/resume`, {})
    return { json, text: facts(organizationFacts(json)), ok: true }
  },
}

export const organizationCommands: readonly Command[] = [create, list, show, rename, suspend, resume]

const organizationFacts = (json: OrganizationJson): (readonly [string, string | null])[] => [
  ['id', json.id],
  ['name', json.name],
  ['created', minute(json.createdAt)],
  ['state', json.suspendedAt === null ? json.state : `${json.state} since ${minute(json.suspendedAt)}`],
  ['why', json.suspendedWhy],
]
