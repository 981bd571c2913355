/** `mart audit`: who changed what. */
import type { ActorJson, AuditEntryJson, AuditListJson } from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { minute, table } from './text.ts'

const audit: Command = {
  words: ['audit'],
  positionals: [],
  flags: {
    org: { value: 'ID', help: 'the organization; without it, all of them, and what concerns none' },
    from: { value: 'ISO', help: 'the first moment; without it, the first change' },
    to: { value: 'ISO', help: 'the moment after the last; without it, now' },
    max: { value: 'N', help: 'how many changes, at most 1000; 100 without it' },
    before: { value: 'ID', help: 'only changes before the one with this number, to go on behind an earlier list' },
  },
  summary: 'Show who changed what, the newest first',
  example: 'audit --from 2026-11-01',
  async run({ flags: { org, ...flags } }, { server }) {
    const query = new URLSearchParams({ ...flags, ...(org !== undefined && { organization: org }) }).toString()
    const json = await server().ask<AuditListJson>('GET', `/audit?${query}`)
    return { json, text: auditText(json), ok: true }
  },
}

export const auditCommands: readonly Command[] = [audit]

function auditText({ data, next }: AuditListJson): string {
  if (data.length === 0) return 'Nothing was changed.'
  const rows = data.map((entry) => [
    minute(entry.at),
    who(entry.actor),
    entry.action,
    entry.organizationId === entry.subject ? '' : entry.subject,
    entry.organizationId ?? '',
    whatChanged(entry),
  ])
  const more = next === null ? '' : `\n\nThere are more: \`mart audit --before ${next}\` shows those before.`
  return table(['WHEN', 'WHO', 'WHAT', 'OF', 'ORGANIZATION', 'CHANGE'], rows) + more
}

const who = ({ kind, id, name }: ActorJson): string => (kind === 'server' || id === null ? name : `${name} (${id})`)

/** `rpm: 60 → null, name: "a" → "b"`; of what was made, what it was made as. */
function whatChanged({ before, after }: AuditEntryJson): string {
  const told = Object.entries(after ?? {}).filter(([, value]) => before !== null || value !== null)
  return told
    .map(
      ([name, value]) =>
        `${name}: ${before === null ? '' : `${JSON.stringify(before[name])} → `}${JSON.stringify(value)}`,
    )
    .join(', ')
}
