/** `mart operator …`, `mart person …` and `mart member …`: people, for whoever has a terminal and no page. Links are shown, never mailed. */
import type { LinkJson, ListJson, MemberJson, PersonJson } from '../control/contract.ts'
import { memberRoles } from '../store/people/members.ts'
import type { Command } from './command-line.ts'
import { minute, table } from './text.ts'

const shown = ({ url, expiresAt }: LinkJson): string =>
  `${url}\n\nIt is shown only here, works once, and ends at ${minute(expiresAt)}.`

const operatorLink: Command = {
  words: ['operator', 'link'],
  positionals: [],
  flags: {},
  summary: 'Make a link that makes whoever opens it an operator, once, within a day',
  async run(_line, { server }) {
    const json = await server().ask<LinkJson>('POST', '/people/operator-link', {})
    return { json, text: shown(json), ok: true }
  },
}

const persons: Command = {
  words: ['person', 'list'],
  positionals: [],
  flags: {},
  summary: 'List everybody who has an account',
  async run(_line, { server }) {
    const { data } = await server().ask<ListJson<PersonJson>>('GET', '/people')
    const rows = data.map(({ id, name, email, isOperator, hasSecondFactor, createdAt }) => [
      id,
      name,
      email,
      isOperator ? 'operator' : '',
      hasSecondFactor ? 'on' : 'off',
      minute(createdAt),
    ])
    const headings = ['ID', 'NAME', 'E-MAIL', '', 'SECOND FACTOR', 'CREATED']
    return { json: data, text: data.length === 0 ? 'Nobody has an account yet.' : table(headings, rows), ok: true }
  },
}

const passwordLink: Command = {
  words: ['person', 'password-link'],
  positionals: ['EMAIL'],
  flags: {},
  summary: 'Make a link by which somebody chooses a new password, once, within an hour',
  example: 'person password-link ann@example.com',
  async run({ positionals: [email] }, { server }) {
    const json = await server().ask<LinkJson>('POST', '/people/password-link', { email })
    return { json, text: shown(json), ok: true }
  },
}

const members: Command = {
  words: ['member', 'list'],
  positionals: [],
  flags: { org: { value: 'ID', help: 'the organization', required: true } },
  summary: 'List the members of an organization',
  async run({ flags: { org } }, { server }) {
    const path = `/organizations/${encodeURIComponent(org!)}/members`
    const { data } = await server().ask<ListJson<MemberJson>>('GET', path)
    const rows = data.map(({ personId, name, email, role, since }) => [personId, name, email, role, minute(since)])
    const headings = ['ID', 'NAME', 'E-MAIL', 'ROLE', 'SINCE']
    return { json: data, text: data.length === 0 ? 'No members yet.' : table(headings, rows), ok: true }
  },
}

const invite: Command = {
  words: ['member', 'invite'],
  positionals: ['EMAIL'],
  flags: {
    org: { value: 'ID', help: 'the organization', required: true },
    role: { value: 'ROLE', help: `${memberRoles.join(', ')}; owner unless said` },
  },
  summary: 'Make a link by which somebody becomes a member, once, within seven days',
  example: 'member invite ann@example.com --org org_… --role owner',
  async run({ positionals: [email], flags: { org, role = 'owner' } }, { server }) {
    const path = `/organizations/${encodeURIComponent(org!)}/invitations`
    const json = await server().ask<LinkJson>('POST', path, { email, role })
    return { json, text: shown(json), ok: true }
  },
}

export const peopleCommands: readonly Command[] = [operatorLink, persons, passwordLink, members, invite]
