/** `mart service-request …`: what organizations ask for, and the answers. */
import type { ListJson } from '../control/contract.ts'
import type { ApprovedServiceRequestJson, ServiceRequestJson } from '../control/contract-service.ts'
import type { Command } from './command-line.ts'
import { facts, minute, table } from './text.ts'

const list: Command = {
  words: ['service-request', 'list'],
  positionals: [],
  flags: {
    org: { value: 'ID', help: 'of this organization; without it, of all' },
    state: { value: 'S', help: 'open, approved, declined or withdrawn; without it, all' },
    before: { value: 'ID', help: 'those that were made before this one' },
  },
  summary: 'List what organizations asked for, the newest first; a hundred at a time',
  example: 'service-request list --state open',
  async run({ flags: { org, ...asked } }, { server }) {
    const of = org === undefined ? '' : `/organizations/${encodeURIComponent(org)}`
    const path = `${of}/service-requests?${new URLSearchParams(asked).toString()}`
    const { data } = await server().ask<ListJson<ServiceRequestJson>>('GET', path)
    const rows = data.map((each) => [
      each.id,
      each.state,
      each.kind,
      each.organizationId,
      each.keyName ?? '–',
      askedText(each),
      each.madeBy,
      minute(each.madeAt),
    ])
    const headings = ['ID', 'STATE', 'KIND', 'ORGANIZATION', 'KEY', 'ASKED', 'BY', 'MADE']
    return { json: data, text: data.length === 0 ? 'Nothing was asked for.' : table(headings, rows), ok: true }
  },
}

const approve: Command = {
  words: ['service-request', 'approve'],
  positionals: ['ID'],
  flags: {
    note: { value: 'S', help: 'a word to whoever asked' },
    grace: { value: 'TIME', help: 'of a rotation: how long the secret that is replaced still works, such as 24h' },
  },
  summary: 'Give what is asked for, in one go; the new secret of a key is shown only here',
  async run({ positionals: [id], flags }, { server }) {
    const json = await server().ask<ApprovedServiceRequestJson>('POST', `${pathOf(id!)}/approve`, flags)
    const secret =
      json.key === null ? '' : `${json.key}\n\nThis secret is shown only here. Hand it over in private.\n\n`
    return { json, text: secret + requestFacts(json), ok: true }
  },
}

const decline: Command = {
  words: ['service-request', 'decline'],
  positionals: ['ID'],
  flags: { note: { value: 'S', help: 'a word to whoever asked', required: true } },
  summary: 'Decline what is asked for',
  async run({ positionals: [id], flags }, { server }) {
    const json = await server().ask<ServiceRequestJson>('POST', `${pathOf(id!)}/decline`, flags)
    return { json, text: requestFacts(json), ok: true }
  },
}

export const serviceRequestCommands: readonly Command[] = [list, approve, decline]

const pathOf = (id: string): string => `/service-requests/${encodeURIComponent(id)}`

const askedText = ({ asked, message }: ServiceRequestJson): string => {
  const limits = Object.entries(asked).map(
    ([name, value]) => `${name} ${value === null ? 'none' : String(value as string | number)}`,
  )
  return limits.join(', ') || (message.length > 40 ? `${message.slice(0, 40)}…` : message).replaceAll('\n', ' ') || '–'
}

const requestFacts = (request: ServiceRequestJson): string =>
  facts([
    ['id', request.id],
    ['state', request.state],
    ['kind', request.kind],
    ['organization', request.organizationId],
    ['key', request.keyId],
    ['asked', askedText(request)],
    ['by', request.madeBy],
    ['note', request.note],
  ])
