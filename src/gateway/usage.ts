import { z } from 'zod'
import { jsonAnswer } from '../lib/http-server/contract.ts'
import { reportDaysMax, usageQuery, usageReport, UsageParameters } from '../reporting/usage-report.ts'
import type { UsageDimension, UsageQuery } from '../store/store.ts'
import { openai } from './dialects/openai/envelope.ts'
import { invalid } from './errors.ts'
import type { KnownOperation } from './operation.ts'
import { readBooks, reportsMax } from './read-books.ts'

const dimensions = ['model', 'key', 'region', 'endpoint', 'day'] as const satisfies readonly UsageDimension[]

/** What of an organization's own usage it may ask for: whose accounts served it is the operator's. */
const Parameters = UsageParameters.omit({ mode: true }).extend({
  by: z.enum(dimensions, `one of ${dimensions.join(', ')}`).default('model'),
})

/** `GET /v1/usage?by=model&from=…&to=…`: what the organization of the key that asks has used, of that key's mode, and what it cost. */
export const getUsage: KnownOperation = {
  name: 'usage',
  dialect: openai,
  method: 'GET',
  path: '/v1/usage',
  async answer({ query }, key, deps) {
    const now = deps.clock.now()
    const asked = queryOf(query, key, now)
    const [rows, keys] = await readBooks(key, reportsMax, deps, (store) =>
      Promise.all([store.usage(asked), asked.by === 'key' ? store.keys(key.organizationId) : []]),
    )
    const names = new Map(keys.map(({ id, name }) => [id, name]))
    return jsonAnswer(usageReport(asked, rows, { now, names }))
  },
}

const dayMs = 86_400_000

function queryOf(query: URLSearchParams, of: Pick<UsageQuery, 'organizationId' | 'mode'>, now: number): UsageQuery {
  const parsed = Parameters.safeParse(Object.fromEntries(query))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    if (issue?.code === 'unrecognized_keys')
      throw invalid(issue.keys[0]!, `There is no '${issue.keys[0]}' here. Allowed: by, from, to.`)
    const field = issue?.path.join('.') ?? ''
    throw invalid(field, `'${field}' must be ${issue?.message}.`)
  }
  const { organizationId, mode } = of
  const asked = usageQuery({ organizationId, mode }, parsed.data, now)
  if (asked.from >= asked.to) throw invalid('from', "'from' must be before 'to'.")
  if (asked.to - asked.from > reportDaysMax * dayMs)
    throw invalid('from', `'from' must be at most ${reportDaysMax} days before 'to'.`)
  return asked
}
