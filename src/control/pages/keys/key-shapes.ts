/** Keys, as the pages see them. */
import { z } from 'zod'
import { keyStates } from '../../admin/json-shapes.ts'
import { ListOf, Mode, Nano, Time, Usd } from '../shapes.ts'

const Limit = z.int().positive().nullable().meta({ description: 'null: no limit' })

export const KeyState = z.enum(keyStates)

const key = {
  id: z.string(),
  organizationId: z.string(),
  mode: Mode,
  name: z.string(),
  prefix: z.string().meta({ description: 'The first characters of the secret, to recognise it by' }),
  state: KeyState,
  region: z.string().meta({ description: 'The region policy: where its requests may go' }),
  rpm: Limit,
  tpm: Limit,
  concurrency: Limit,
  budgetNano: Nano.nullable(),
  budgetUsd: Usd.nullable(),
  budgetPeriod: z.enum(['day', 'week', 'month', 'total']).nullable(),
  models: ListOf(z.string()).nullable().meta({ description: 'null: every model' }),
  endpoints: ListOf(z.string()).nullable().meta({ description: 'null: every endpoint' }),
  addresses: ListOf(z.string()).nullable().meta({ description: 'IP addresses and networks; null: everywhere' }),
  expiresAt: Time.nullable(),
  revokedAt: Time.nullable(),
  previousUntil: Time.nullable().meta({ description: 'Until when an earlier secret works as well' }),
  earlierSecrets: ListOf(z.strictObject({ prefix: z.string().nullable(), until: Time })),
  createdAt: Time,
}

const Gauge = z.strictObject({
  used: z.number().nonnegative(),
  allowed: z.int().positive(),
  resetMs: z.number().nonnegative().meta({ description: 'Until all of it is there again' }),
})

/** A key without what is used of it: what a change answers. */
export const KeyShape = z.strictObject(key)

/** A key with what of its budget and limits is used at this moment. */
export const ListedKeyShape = KeyShape.extend({
  budgetSpentNano: Nano.nullable(),
  budgetSpentUsd: Usd.nullable(),
  budgetHeldNano: Nano.nullable().meta({ description: 'What requests under way may cost at most' }),
  budgetHeldUsd: Usd.nullable(),
  budgetResetsAt: Time.nullable(),
  lastUsedAt: Time.nullable().meta({ description: 'To the minute; null: never' }),
  gauges: z.strictObject({ requests: Gauge.nullable(), tokens: Gauge.nullable(), inFlight: z.int().nonnegative() }),
})

/** `key` is the secret: it is in this one answer and nowhere else. */
export const KeyWithSecretShape = KeyShape.extend({ key: z.string() })

export const KeyOptionsShape = z.strictObject({
  regions: ListOf(z.string()),
  endpoints: ListOf(z.string()),
  models: ListOf(z.strictObject({ id: z.string(), kind: z.string(), dialect: z.string() })),
  defaults: z.strictObject({ region: z.string(), rpm: Limit, tpm: Limit, concurrency: Limit }),
})
