/** `mart token …`: credentials of the admin API that last, for what cannot read the data folder. */
import type { ListJson, TokenJson, TokenWithSecret } from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { facts, minute, table } from './text.ts'

const create: Command = {
  words: ['token', 'create'],
  positionals: [],
  flags: {
    name: { value: 'S', help: 'who or what is to use it', required: true },
    scope: {
      value: 'a,b',
      help: 'admin (everything; without it), read (every look), keys, credit (changes to these)',
    },
  },
  summary: 'Make an operator token that lasts; it is shown only here',
  example: 'token create --name portal --scope read,keys',
  async run({ flags: { name, scope } }, { server }) {
    const scopes = scope?.split(',').map((each) => each.trim())
    const json = await server().ask<TokenWithSecret>('POST', '/tokens', { name, scopes })
    const shown = 'This token is shown only here. It is used as MART_OPERATOR_TOKEN, beside MART_URL.'
    return { json, text: `${json.token}\n\n${shown}\n\n${tokenFacts(json)}`, ok: true }
  },
}

const list: Command = {
  words: ['token', 'list'],
  positionals: [],
  flags: {},
  summary: 'List operator tokens, and when each was last used',
  async run(_line, { server }) {
    const { data } = await server().ask<ListJson<TokenJson>>('GET', '/tokens')
    const rows = data.map((token) => [
      token.id,
      token.name,
      `${token.prefix}…`,
      token.state,
      token.scopes.join(', '),
      minute(token.createdAt),
      token.lastUsedAt === null ? 'never' : minute(token.lastUsedAt),
    ])
    const headings = ['ID', 'NAME', 'PREFIX', 'STATE', 'SCOPES', 'CREATED', 'LAST USED']
    return { json: data, text: data.length === 0 ? 'No operator tokens yet.' : table(headings, rows), ok: true }
  },
}

const revoke: Command = {
  words: ['token', 'revoke'],
  positionals: ['ID'],
  flags: {},
  summary: 'Stop an operator token for good, at once',
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<TokenJson>('POST', `/tokens/${encodeURIComponent(id!)}/revoke`, {})
    return { json, text: tokenFacts(json), ok: true }
  },
}

export const tokenCommands: readonly Command[] = [create, list, revoke]

const tokenFacts = (token: TokenJson): string =>
  facts([
    ['id', token.id],
    ['name', token.name],
    ['prefix', `${token.prefix}…`],
    ['state', token.state],
    ['scopes', token.scopes.join(', ')],
    ['created', minute(token.createdAt)],
    ['last used', token.lastUsedAt && minute(token.lastUsedAt)],
    ['revoked', token.revokedAt && minute(token.revokedAt)],
  ])
