/** Filling a page's template: each `{{directive}}` on a line of its own becomes Markdown, made of the running server's facts. */
import { GatewayError, type FailureCode } from '../gateway/errors.ts'
import { genai } from '../gateway/dialects/genai/envelope.ts'
import { openai } from '../gateway/dialects/openai/envelope.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import { formatUsd } from '../lib/amounts.ts'
import { rate } from '../money/rating.ts'
import type { Usage } from '../money/usage.ts'
import { errorHelp } from './error-help.ts'
import { exampleMarkdown } from './examples.ts'
import type { DescribedModel, Facts } from './facts.ts'

/** The page as Markdown. `{{base}}` still stands for the address that its reader reached this server at. */
export const fillPage = (template: string, facts: Facts): string =>
  template.replaceAll(/^\{\{(\w+)(?: (\S+))?\}\}$/gm, (directive, name: string, about = '') => {
    const fill = directives[name]
    if (!fill) throw new Error(`the reference has no ${directive}`)
    return fill(facts, about)
  })

const directives: Readonly<Record<string, (facts: Facts, about: string) => string>> = {
  example: (_facts, name) => exampleMarkdown(name),
  models: ({ models }, dialect) => modelTables(models.filter((model) => model.dialect === dialect)),
  prices: ({ models, priceOf }, dialect) =>
    priceTable(
      models.filter((model) => model.dialect === dialect),
      priceOf,
    ),
  worked: workedExamples,
  regions: ({ regions }) =>
    table(
      ['Policy', 'Served in'],
      regions.map(({ name, serves }) => [code(name), serves.map(code).join(', ')]),
    ),
  errors: () => errorTable(Object.keys(errorHelp) as FailureCode[]),
  error: (_facts, name) => shapesTable(name as FailureCode),
}

// ---- Models ------------------------------------------------------------------------------------

const kindTitles = { text: 'Text & reasoning', image: 'Image', video: 'Video', embeddings: 'Embeddings' } as const

function modelTables(models: readonly DescribedModel[]): string {
  if (models.length === 0) return 'None of these is served here at the moment.'
  const kinds = [...new Set(models.map(({ kind }) => kind))]
  return kinds
    .map((kind) => `**${kindTitles[kind]}**\n\n${modelTable(models.filter((model) => model.kind === kind))}`)
    .join('\n\n')
}

const modelTable = (models: readonly DescribedModel[]): string =>
  table(
    ['Model ID', 'Notes'],
    models.map((model) => [code(model.id), model.description + afterShutdown(model)]),
  )

const afterShutdown = ({ isShutDown, lifecycle }: DescribedModel): string =>
  isShutDown ? ` (shut down by its vendor on ${lifecycle.shutdown}; simulated here)` : ''

const vendorNames = { openai: 'OpenAI', genai: 'Google Gemini' } as const

function priceTable(models: readonly DescribedModel[], priceOf: Facts['priceOf']): string {
  if (models.length === 0) return ''
  const rows = models.map(
    ({ id, input, cachedInput, output, videoSecond, contextTokens, outputTokensMax, lifecycle }) => [
      code(id),
      usd(input),
      usd(cachedInput),
      videoSecond === null ? usd(output) : secondPrices(id, videoSecond, priceOf),
      count(contextTokens),
      count(outputTokensMax),
      lifecycle.shutdown ?? '',
    ],
  )
  const heads = ['Model ID', 'Input', 'Cached input', 'Output', 'Context', 'Longest answer', 'Served until']
  return `## ${vendorNames[models[0]!.dialect]}\n\n${table(heads, rows, [1, 2, 3, 4, 5, 6])}`
}

/** Of a video, the sizes that cost more among them. */
function secondPrices(id: string, videoSecond: string, priceOf: Facts['priceOf']): string {
  const prices = priceOf(id)!.tiers.standard[0]!.picoPerUnit
  const larger = (['1024p', '1080p'] as const)
    .map((size) => ({ size, usdPerSecond: formatUsd((prices[`videoSecond${size}`] ?? 0n) / 1_000n) }))
    .filter(({ usdPerSecond }) => usdPerSecond !== videoSecond && usdPerSecond !== '0.00')
    .map(({ size, usdPerSecond }) => `; ${size} $${usdPerSecond}`)
  return `$${videoSecond} per second${larger.join('')}`
}

const usd = (amount: string | null): string => (amount === null ? '' : `$${amount}`)
const count = (tokens: number | null): string => (tokens === null ? '' : tokens.toLocaleString('en-US'))

// ---- Billing -----------------------------------------------------------------------------------

type Worked = { readonly title: string; readonly model: string; readonly usage: Usage }

const worked: readonly Worked[] = [
  {
    title: 'A question to `gpt-5.4`, most of its prompt cached',
    model: 'gpt-5.4',
    usage: { input: 180, cachedInput: 1_024, output: 240, reasoning: 512 },
  },
  {
    title: 'A picture by `gpt-image-2`, 1024 × 1024 at medium quality',
    model: 'gpt-image-2',
    usage: { input: 12, imageOutput: 1_056 },
  },
  {
    title: 'A thousand short texts embedded by `text-embedding-3-small`',
    model: 'text-embedding-3-small',
    usage: { input: 24_000 },
  },
  { title: 'A video of 4 seconds by `sora-2`', model: 'sora-2', usage: { videoSecond: 4 } },
]

function workedExamples({ models, priceOf }: Facts): string {
  const served = worked.filter(({ model }) => models.some(({ id }) => id === model))
  return (
    served.map((each) => workedExample(each, priceOf)).join('\n\n') ||
    'None of the models of our examples is served here at the moment.'
  )
}

function workedExample({ title, model, usage }: Worked, priceOf: Facts['priceOf']): string {
  const { lines, ratedNano } = rate(usage, priceOf(model)!, 'standard')
  const rows = lines.map(({ class: usageClass, quantity, unit, picoPerUnit, amountPico }) => [
    code(usageClass),
    quantity.toLocaleString('en-US'),
    unit === 'token' ? `$${millionth(picoPerUnit)} per million` : `$${formatUsd(BigInt(picoPerUnit) / 1_000n)}`,
    `$${formatUsd(BigInt(amountPico) / 1_000n)}`,
  ])
  const sum = ['**Charge**', '', '', `**$${formatUsd(ratedNano)}**`]
  return `### ${title}\n\n${table(['Line', 'Quantity', 'Price', 'Amount'], [...rows, sum], [1, 2, 3])}`
}

/** A price in pico-USD per token as USD per million tokens. */
const millionth = (picoPerToken: string): string => formatUsd(BigInt(picoPerToken) * 1_000n)

// ---- Errors ------------------------------------------------------------------------------------

const errorTable = (failures: readonly FailureCode[]): string =>
  table(
    ['Error', 'OpenAI SDK', 'Google SDK', 'What it means'],
    failures.map((failure) => [`[${failure}](errors/${failure}.md)`, ...shapesOf(failure), errorHelp[failure].means]),
  )

function shapesTable(failure: FailureCode): string {
  const [openaiShape, googleShape] = shapesOf(failure)
  return table(
    ['SDK', 'Status and code'],
    [
      ['OpenAI SDK', openaiShape],
      ['Google SDK', googleShape],
    ],
  )
}

/** An error as the dialects' own envelopes say it. */
function shapesOf(failure: FailureCode): readonly [openai: string, google: string] {
  const error = new GatewayError(failure, '')
  const ours = openai.errorAnswer(error)
  const googles = genai.errorAnswer(error)
  const { status = '', details } = errorOf(googles)
  const reason = details?.find((detail) => detail.reason !== undefined)?.reason
  return [
    `${ours.status} ${code(errorOf(ours).code ?? '')}`,
    `${googles.status} ${code(status)}${reason === undefined ? '' : ` ${code(reason)}`}`,
  ]
}

type OpenaiError = { readonly code: string }
type GoogleError = { readonly status: string; readonly details?: readonly { readonly reason?: string }[] }
const errorOf = ({ body }: HttpAnswer): Partial<GoogleError & OpenaiError> =>
  (JSON.parse(body as string) as { readonly error: object }).error

// ---- Markdown ----------------------------------------------------------------------------------

const code = (text: string): string => `\`${text}\``

/** `right`: columns of figures. */
const table = (heads: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string =>
  [heads, heads.map((_head, column) => (right.includes(column) ? '---:' : '---')), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
