/** What operators say of an organization: credit, and why it is suspended. */
import { z } from 'zod'
import { ModeInput } from './mode-input.ts'
import { Line } from './read-input.ts'

export const CreditInput = z.strictObject({
  usd: z.string('an amount of USD as text, such as "25.00"'),
  mode: ModeInput,
  note: Line.nullable().default(null),
  /** The same key again does nothing new, so that a caller who got no answer may simply repeat. */
  idempotencyKey: Line.min(1, 'at least one character').optional(),
})

export const SuspendInput = z.strictObject({ why: Line.min(1, 'at least one character').optional() })
