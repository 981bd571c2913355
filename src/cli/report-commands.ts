/** `mart usage` and `mart receipt`. */
import type { Receipt, UsageReport } from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { receiptText } from './receipt-text.ts'
import { modeFlags, modeOf } from './mode.ts'
import { count, minute, table, usd } from './text.ts'

const usage: Command = {
  words: ['usage'],
  positionals: [],
  flags: {
    org: { value: 'ID', help: 'the organization; without it, all of them' },
    ...modeFlags,
    by: {
      value: 'WHAT',
      help: 'model (without it), key, region, upstream, endpoint, day (of UTC) or organization',
    },
    from: { value: 'ISO', help: 'the first moment; without it, the start of the month (UTC)' },
    to: { value: 'ISO', help: 'the moment after the last; without it, now' },
  },
  summary: 'Show what was used and what it cost',
  example: 'usage --by day --from 2026-11-01 --to 2026-12-01',
  async run(line, { server }) {
    const { org, ...parameters } = line.flags
    const query = new URLSearchParams({ ...parameters, ...modeOf(usage, line) }).toString()
    const path = org === undefined ? `/usage?${query}` : `/organizations/${encodeURIComponent(org)}/usage?${query}`
    const json = await server().ask<UsageReport>('GET', path)
    return { json, text: usageText(json), ok: true }
  },
}

function usageText({ mode, by, from, to, rows, total }: UsageReport): string {
  const span = `${minute(from)} to ${minute(to)}`
  if (rows.length === 0) return `No ${mode} usage from ${span}.`
  const hasImages = total.images > 0 || total.imageNano !== '0'
  const hasVideo = total.videoSeconds > 0
  const figures = [
    'REQUESTS',
    'FAILED',
    'INPUT',
    'CACHED',
    'OUTPUT',
    'REASONING',
    ...(hasImages ? ['IMAGES', 'FOR IMAGES'] : []),
    ...(hasVideo ? ['VIDEO S', 'FOR VIDEO'] : []),
    'CHARGE',
  ]
  const cells = [...rows, { ...total, group: 'total', name: null }].map((row) => [
    row.name === null ? row.group : `${row.group} (${row.name})`,
    count(row.requests),
    count(row.errors),
    count(row.inputTokens),
    count(row.cachedInputTokens),
    count(row.outputTokens),
    count(row.reasoningTokens),
    ...(hasImages ? [count(row.images), usd(row.imageUsd)] : []),
    ...(hasVideo ? [count(row.videoSeconds), usd(row.videoUsd)] : []),
    usd(row.chargeUsd),
  ])
  return `${mode} usage, ${span}\n\n${table([by.toUpperCase(), ...figures], cells, figures)}`
}

const receipt: Command = {
  words: ['receipt'],
  positionals: ['REQUEST_ID'],
  flags: {},
  summary: 'Show the itemised statement of one request',
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<Receipt>('GET', `/receipts/${encodeURIComponent(id!)}`)
    return { json, text: receiptText(json), ok: true }
  },
}

export const reportCommands: readonly Command[] = [usage, receipt]
