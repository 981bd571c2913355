/** The format of prices, as `catalog/models.json` and `mart.yaml` have them. */
import { z } from 'zod'
import { pieceClasses, tokenClasses } from './usage.ts'

/** For a mapping: which keys it knows. */
const knows = (keys: readonly string[]) => ({
  error: (issue: z.core.$ZodRawIssue): string =>
    issue.code === 'unrecognized_keys' ? `${keys.join(', ')}; not ${issue.keys.join(', ')}` : 'a mapping',
})
const mapping = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, knows(Object.keys(shape)))

const usdAllowed = 'a decimal USD amount in quotes, with at most six decimals'
const usd = z.string(usdAllowed).regex(/^\d{1,6}(\.\d{1,6})?$/, usdAllowed)
const tokensAllowed = 'a whole number from 0'
const rowSchema = mapping({
  aboveInputTokens: z
    .int(tokensAllowed)
    .min(0, tokensAllowed)
    .default(0)
    .describe('The row applies to requests with strictly more input tokens than this.'),
  usdPerMillion: z
    .partialRecord(z.enum(tokenClasses), usd, knows(tokenClasses))
    .default({})
    .describe(`USD per million tokens, as text in quotes such as "2.50", by class: ${tokenClasses.join(', ')}.`),
  usdPerPiece: z
    .partialRecord(z.enum(pieceClasses), usd, knows(pieceClasses))
    .default({})
    .describe(`USD per piece, as text in quotes such as "0.01", by class: ${pieceClasses.join(', ')}.`),
})
export type PriceRowData = z.infer<typeof rowSchema>

const distinct = (values: readonly (number | string)[]): boolean => new Set(values).size === values.length
const tierSchema = z
  .array(rowSchema, 'a list of rows')
  .min(1, 'at least one row')
  .refine((rows) => distinct(rows.map((row) => row.aboveInputTokens)), 'no two rows for the same length of input')
const standardSchema = tierSchema.refine(
  (rows) => rows.some((row) => row.aboveInputTokens === 0),
  'a row from 0 input tokens; there is no base row',
)
const tierLike = (tier: string) =>
  tierSchema.optional().describe(`Prices of the ${tier} tier; where it has none, those of standard.`)
const periodSchema = mapping({
  from: z.iso.date('a day, YYYY-MM-DD').describe('The day from which it applies, `YYYY-MM-DD` UTC.'),
  tiers: mapping({
    standard: standardSchema.describe('Prices of the standard tier, by length of input.'),
    flex: tierLike('flex'),
    priority: tierLike('priority'),
    batch: tierLike('batch'),
  }).describe('Prices by service tier.'),
})
export type PricePeriodData = z.infer<typeof periodSchema>

/** The dated prices of one model. */
export const pricesSchema = z
  .array(periodSchema, 'a list of dated prices')
  .min(1, 'at least one; there is no price')
  .refine((periods) => distinct(periods.map((period) => period.from)), 'no two prices from the same day')
