/** What `mart.yaml` says of models: an operator's own, their names and their lives. */
import { z } from 'zod'
import { inputModalities, modelKinds, outputModalities } from '../catalog/catalog.ts'
import { flag, mapping, section, whole } from './fields.ts'

/** The format of one model's dated prices, which the price book knows; a row of a period is the format of a single price. */
export type PricesSchema = z.ZodArray<PeriodSchema>
type PeriodSchema = z.ZodObject<{
  from: z.ZodType<string>
  tiers: z.ZodObject<{ standard: z.ZodArray<RowSchema> }>
}>
type RowSchema = z.ZodObject<{ usdPerMillion: AmountsSchema; usdPerPiece: AmountsSchema }>
type AmountsSchema = z.ZodType<Amounts>
/** USD by class of usage. */
type Amounts = Readonly<Record<string, string | undefined>>

/** One row of prices. */
export type PriceRow = { readonly usdPerMillion: Amounts; readonly usdPerPiece: Amounts }
export type OwnModel = z.infer<ReturnType<typeof ownModel>>

const nameAllowed = 'letters, digits and . _ - / : @ +, at most 200, beginning with a letter, a digit or @'
/**
 * A name that clients ask for a model by. What providers call theirs is taken as it is: `llama3.1:8b`,
 * `deepseek/deepseek-chat`, `@cf/meta/llama-3.1-8b-instruct`. Google's SDK puts `models/` before each name
 * itself and refuses `..`, and an empty part of a path may be lost on its way.
 */
export const modelName = z
  .string()
  .regex(/^[A-Za-z0-9@][\w.:/@+-]{0,199}$/, nameAllowed)
  .refine((name) => !/\/\/|\/$|\.\./.test(name), 'a name without //, .. and a / at its end')
  .refine((name) => !name.startsWith('models/'), 'a name that does not begin with models/')

export const lifecycle = section({
  shutdown: z.iso
    .date('a day, YYYY-MM-DD, or null')
    .nullable()
    .optional()
    .describe(
      'The day from which it is not served any more, `YYYY-MM-DD`; null: none. Lists of models leave it out then.',
    ),
  replacement: z.string('a model').nullable().optional().describe('The model to use instead; null: none.'),
  listed: z
    .boolean('true or false')
    .optional()
    .describe('Whether it is offered: without it, lists do not show it and requests for it are refused.'),
})

/** Models of an operator's own, by id. */
export const ownModels = (prices: PricesSchema) => mapping(modelName, ownModel(prices))

/** The longest context and the largest request that anybody offers, and what a count of tokens is believed up to. */
export const tokensMax = 10_000_000
const tokens = (what: string) => whole(1, tokensMax).optional().describe(what)

const textAllowed = (charsMax: number) => `text of at most ${charsMax} characters on one line`
const line = (charsMax: number) =>
  z
    .string(textAllowed(charsMax))
    .max(charsMax, textAllowed(charsMax))
    .regex(/^\P{Cc}*$/u, textAllowed(charsMax))

const modalities = <const Each extends string>(known: readonly Each[]) =>
  z.array(z.enum(known, known.join(', ')), 'a list').min(1, 'at least one')

const ownModel = (prices: PricesSchema) =>
  section({
    dialect: z
      .enum(['openai', 'genai'], 'openai or genai')
      .default('openai')
      .describe('The SDK that it is served to: `openai` under `/v1`, `genai` under `/genai`.'),
    kind: z
      .enum(modelKinds, modelKinds.join(', '))
      .default('text')
      .describe('What it makes, which decides the endpoints that it is served at.'),
    description: line(500).default('').describe('Shown in lists of models.'),
    ownedBy: line(100)
      .optional()
      .describe(
        'Whose model it is, as the OpenAI list says; unless said, what stands before the first `/` of its id, or else `organization-owner`.',
      ),
    released: z.iso.date('a day, YYYY-MM-DD').optional().describe('Day of its release, `YYYY-MM-DD`.'),
    contextTokens: tokens(
      'Input and output of one exchange together, or of one embedded text. What must be known of a text model, unless both other limits are.',
    ),
    inputTokensMax: tokens('The most input of one request; unless said, `contextTokens`. Holds count with no more.'),
    outputTokensMax: tokens('The most output of one answer; unless said, `contextTokens`. Holds count with it.'),
    inputModalities: modalities(inputModalities).default(['text']).describe('What it takes.'),
    outputModalities: modalities(outputModalities)
      .optional()
      .describe('What it gives; unless said, what its kind makes.'),
    price: singlePrice(prices).optional().describe('What it costs, always and in every tier.'),
    prices: prices.optional().describe('Dated prices by tier and length of input, instead of `price`.'),
    free: flag(false).describe(
      'Instead of a price: it costs nothing, and needs no credit. Limits of keys still apply.',
    ),
    lifecycle: lifecycle.optional().describe('Its life; the section `lifecycle` stands before it.'),
  })

function singlePrice(prices: PricesSchema) {
  const { usdPerMillion, usdPerPiece } = prices.element.shape.tiers.shape.standard.element.shape
  return section({ usdPerMillion, usdPerPiece })
}
