/** The part of the admin API that shows the audit log: every change, by whom, and what it was before and after. */
import type { Hono } from 'hono'
import { z } from 'zod'
import { Moment } from '../../reporting/usage-report.ts'
import type { AuditEntry } from '../../store/store.ts'
import { organizationOf, type AdminDeps } from './deps.ts'
import type { AuditEntryJson, AuditListJson } from '../contract.ts'
import type { Operators } from './operators.ts'
import { readFields } from './read-input.ts'

const entriesMax = 1_000
const maxAllowed = `a whole number from 1 to ${entriesMax}`
const beforeAllowed = 'the `next` of an earlier answer'
const whole = (allowed: string) =>
  z
    .string(allowed)
    .regex(/^[1-9]\d{0,14}$/, allowed)
    .transform(Number)

const AuditParameters = z.strictObject({
  organization: z.string('the id of an organization').optional(),
  from: Moment.optional(),
  to: Moment.optional(),
  before: whole(beforeAllowed).optional(),
  max: whole(maxAllowed)
    .refine((max) => max <= entriesMax, maxAllowed)
    .default(100),
})

/** Tokens are listed here too, so it takes the scope that lists tokens. */
export function addAuditRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  api.get('/audit', operators.needs('admin'), async (c) => {
    const { organization, from = null, to = null, before = null, max } = readFields(c.req.query(), AuditParameters)
    const organizationId = organization === undefined ? null : (await organizationOf(deps, organization)).id
    // One more than is shown tells whether there are more.
    const entries = await deps.store.audit({ organizationId, from, to, beforeId: before, max: max + 1 })
    const data = entries.slice(0, max).map(auditEntryJson)
    return c.json<AuditListJson>({ data, next: entries.length > max ? data.at(-1)!.id : null })
  })
}

const auditEntryJson = ({ at, ...entry }: AuditEntry): AuditEntryJson => ({ ...entry, at: new Date(at).toISOString() })
