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
    return {
      json,
      text: facts([
        ['id', json.id],
        ['name', json.name],
      ]),
      ok: true,
    }
  },
}

const list: Command = {
  words: ['org', 'list'],
  positionals: [],
  flags: {},
  summary: 'List all organizations',
  async run(_line, { server }) {
    const { data } = await server().ask<ListJson<OrganizationJson>>('GET', '/organizations')
    const rows = data.map(({ id, name, createdAt }) => [id, name, minute(createdAt)])
    return {
      json: data,
      text: data.length === 0 ? 'No organizations yet.' : table(['ID', 'NAME', 'CREATED'], rows),
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
      ['id', json.id],
      ['name', json.name],
      ['created', minute(json.createdAt)],
      ['keys', `${json.keys} (${json.activeKeys} active)`],
      ...json.balances.flatMap(({ mode, availableUsd, heldNano }): [string, string][] => [
        [`${mode} available`, usd(availableUsd)],
        [`${mode} held`, usd(formatUsd(BigInt(heldNano)))],
      ]),
    ])
    return { json, text, ok: true }
  },
}

export const organizationCommands: readonly Command[] = [create, list, show]
