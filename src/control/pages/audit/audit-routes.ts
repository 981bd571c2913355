/** Who changed what: of an organization for its members, of everything for operators. */
import { z } from 'zod'
import { MomentText } from '../../../reporting/usage-report.ts'
import { pageRoute } from '../page-route.ts'
import { ListOf, Time } from '../shapes.ts'
import { mergedAudit, type MergedEntry } from './merged-audit.ts'

const pageMax = 200
const maxAllowed = `a whole number from 1 to ${pageMax}`
const AuditFilters = {
  from: MomentText.optional(),
  to: MomentText.optional(),
  cursor: z
    .string()
    .regex(/^\d{0,15}\.\d{0,15}$/, 'the `next` of an earlier answer')
    .optional()
    .describe('`next` of the page before.'),
  max: z
    .string(maxAllowed)
    .regex(/^[1-9]\d{0,2}$/, maxAllowed)
    .transform(Number)
    .refine((max) => max <= pageMax, maxAllowed)
    .default(50),
}

const FactsShape = z.record(z.string(), z.unknown()).readonly().nullable()
const AuditShape = z.strictObject({
  /** The newest first. */
  data: ListOf(
    z.strictObject({
      id: z.string(),
      at: Time,
      actor: z.strictObject({
        kind: z.enum(['person', 'token', 'server']),
        id: z.string().nullable(),
        name: z.string(),
      }),
      /** What happened, such as `key.rotated`. */
      action: z.string(),
      organizationId: z.string().nullable(),
      /** The id of what was changed. */
      subject: z.string(),
      /** What it was and is; where both are given, what differs. */
      before: FactsShape,
      after: FactsShape,
    }),
  ),
  /** `cursor` of the entries behind these; null where there are none. */
  next: z.string().nullable(),
})
export type PageAuditJson = z.infer<typeof AuditShape>

const listOwn = pageRoute({
  method: 'GET',
  path: '/api/organizations/{organization}/audit',
  summary: 'Every change to an organization, with who made it and what it was before and after, newest first',
  needs: 'audit.read',
  query: z.strictObject(AuditFilters),
  body: null,
  answer: AuditShape,
  async handle({ params, query, admin, deps }) {
    const { data, next } = await mergedAudit(
      { ...query, organizationId: params.organization },
      { admin, people: deps.people },
    )
    return { data: data.map(forMembers), next }
  },
})

const listAll = pageRoute({
  method: 'GET',
  path: '/api/operator/audit',
  summary: 'Every change, of one organization or of all and of what concerns none, newest first',
  needs: 'operator',
  query: z.strictObject({ ...AuditFilters, organization: z.string().max(200).optional() }),
  body: null,
  answer: AuditShape,
  handle: ({ query: { organization = null, ...query }, admin, deps }) =>
    mergedAudit({ ...query, organizationId: organization }, { admin, people: deps.people }),
})

export const auditRoutes = [listOwn, listAll]

/** Why somebody was suspended, and which token an operator used, are for operators. */
const forMembers = ({ actor, before, after, ...entry }: MergedEntry): MergedEntry => ({
  ...entry,
  actor: actor.kind === 'token' ? { kind: 'token', id: null, name: 'operator' } : actor,
  before: withoutReason(before),
  after: withoutReason(after),
})

function withoutReason(facts: MergedEntry['before']): MergedEntry['before'] {
  if (facts === null) return null
  const { suspendedWhy: _, ...told } = facts
  return told
}
