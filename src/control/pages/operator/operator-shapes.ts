/** What operators look at: organizations, deployments, and whether the ledger adds up. */
import { z } from 'zod'
import { modes } from '../../../store/store.ts'
import { Balance, ListOf, Mode, Nano, Time, Usd } from '../shapes.ts'

const organization = {
  id: z.string(),
  name: z.string(),
  createdAt: Time,
  state: z.enum(['active', 'suspended']).meta({ description: 'suspended: its keys are turned away' }),
  suspendedAt: Time.nullable(),
  suspendedWhy: z.string().nullable().meta({ description: 'For operators alone' }),
}

export const OperatorOrganizationShape = z.strictObject(organization)

export const OrganizationDetailsShape = z.strictObject({
  ...organization,
  keys: z.int(),
  activeKeys: z.int(),
  balances: ListOf(Balance).meta({ description: `Of ${modes.join(' and of ')} credit, which nothing adds up` }),
})

const credit = {
  organizationId: z.string(),
  mode: Mode,
  amountNano: Nano,
  amountUsd: Usd,
  note: z.string().nullable(),
  idempotencyKey: z.string(),
  createdAt: Time,
}
export const GrantShape = z.strictObject({ id: z.int(), ...credit })
export const RevocationShape = z.strictObject({
  ...credit,
  reversals: ListOf(z.strictObject({ id: z.int(), reverses: z.int(), amountNano: Nano })),
})

const FirstByte = z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number() })

export const DeploymentShape = z.strictObject({
  id: z.string(),
  provider: z.string(),
  kind: z.string(),
  model: z.string().nullable().meta({ description: 'null: every model of its dialects' }),
  upstreamModel: z.string().nullable(),
  region: z.string(),
  priority: z.int(),
  weight: z.int(),
  state: z.enum(['healthy', 'resting', 'open', 'half-open', 'drained']),
  lastFault: z
    .strictObject({ fault: z.string(), status: z.int().nullable(), at: Time, words: z.string() })
    .nullable()
    .meta({ description: 'Why calls are kept away; null when nothing keeps them' }),
  restMs: z.number().meta({ description: 'Until calls go there again; 0 when they do' }),
  inFlight: z.int(),
  firstByteMs: z.number().nullable().meta({ description: 'A moving average; null before the first answer' }),
  lastHour: z.strictObject({
    calls: z.int(),
    failures: z.int(),
    faults: z.record(z.string(), z.int()).readonly().meta({ description: 'By what went wrong' }),
    firstByteMs: FirstByte.nullable().meta({ description: 'ms, off by 5 % at the most' }),
  }),
})

export const DeploymentTestShape = z.strictObject({
  ok: z.boolean(),
  endpoint: z.string(),
  model: z.string(),
  status: z.int().nullable(),
  ms: z.number(),
  fault: z.string().nullable(),
  words: z.string(),
})

const VerificationShape = z.strictObject({
  ok: z.boolean(),
  at: Time,
  ms: z.number(),
  checks: ListOf(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
})
export const LedgerVerificationShape = z.strictObject({
  last: VerificationShape.nullable().meta({ description: 'null: never yet' }),
  isRunning: z.boolean(),
})
