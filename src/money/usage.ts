/**
 * Usage as disjoint classes: no unit is counted in two of them, so quantity × price can be summed.
 * Vendors nest their figures (OpenAI's prompt tokens include the cached ones, Gemini's candidates
 * exclude the thoughts); the dialects take them apart before anything here sees them.
 */
export const tokenClasses = [
  'input',
  'cachedInput',
  'cacheWrite',
  'audioInput',
  'cachedAudioInput',
  'imageInput',
  'cachedImageInput',
  'videoInput',
  'cachedVideoInput',
  'output',
  'reasoning',
  'audioOutput',
  'imageOutput',
] as const
/** Priced by the piece: seconds of video, those of more pixels apart, tool calls. */
export const pieceClasses = [
  'videoSecond',
  'videoSecond1024p',
  'videoSecond1080p',
  'searchQuery',
  'groundedPrompt',
  'mapsQuery',
  'webSearchCall',
] as const

/** Tokens of another model, which the upstream itself asks as a tool and bills at that model's price: pictures within a response. */
export const toolClasses = [
  'toolInput',
  'toolCachedInput',
  'toolImageInput',
  'toolCachedImageInput',
  'toolOutput',
  'toolImageOutput',
] as const

export type TokenClass = (typeof tokenClasses)[number]
export type PieceClass = (typeof pieceClasses)[number]
export type ToolClass = (typeof toolClasses)[number]
export type UsageClass = TokenClass | PieceClass | ToolClass
export const usageClasses: readonly UsageClass[] = [...tokenClasses, ...pieceClasses, ...toolClasses]
/** What has a price of its own, whatever the input and output of the model that was asked count. */
export const apartClasses: readonly (PieceClass | ToolClass)[] = [...pieceClasses, ...toolClasses]

/** Quantities per class, whole and never negative; an absent class is zero. */
export type Usage = Readonly<Partial<Record<UsageClass, number>>>
export type Apart = Readonly<Partial<Record<PieceClass | ToolClass, number>>>

/** Of all classes, an exchange uses few: what is used is gone through, at half the cost of asking for each. */
function sum(usage: Usage, isAmong: Among): number {
  let total = 0
  for (const usageClass in usage)
    if (isAmong[usageClass as UsageClass] === true) total += usage[usageClass as UsageClass] ?? 0
  return total
}

type Among = Readonly<Partial<Record<UsageClass, true>>>
const among = (classes: readonly TokenClass[]): Among => Object.fromEntries(classes.map((each) => [each, true]))

const cachedClasses = ['cachedInput', 'cachedAudioInput', 'cachedImageInput', 'cachedVideoInput'] as const
const freshClasses = ['input', 'cacheWrite', 'audioInput', 'imageInput', 'videoInput'] as const
const visibleClasses = ['output', 'audioOutput', 'imageOutput'] as const
/** The two sides of an exchange; every token class is on one of them. */
export const inputClasses: readonly TokenClass[] = [...freshClasses, ...cachedClasses]
export const outputClasses: readonly TokenClass[] = [...visibleClasses, 'reasoning']

const [isFresh, isCached, isVisible] = [among(freshClasses), among(cachedClasses), among(visibleClasses)]
const [isInput, isOutput] = [among(inputClasses), among(outputClasses)]

/** Every token that went in, cached or not: what long-context prices are decided by. */
export const inputTokensOf = (usage: Usage): number => sum(usage, isInput)
/** Every token that came out, visible or not. */
export const outputTokensOf = (usage: Usage): number => sum(usage, isOutput)

/** The four figures that reports show. */
export const tokenTotals = (usage: Usage) => ({
  input: sum(usage, isFresh),
  cachedInput: sum(usage, isCached),
  output: sum(usage, isVisible),
  reasoning: usage.reasoning ?? 0,
})

/** The two, class by class. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum: Partial<Record<UsageClass, number>> = { ...one }
  for (const usageClass of Object.keys(other) as UsageClass[])
    sum[usageClass] = (sum[usageClass] ?? 0) + other[usageClass]!
  return sum
}

/** Whether a real exchange could have used so many of something. */
export const isQuantity = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= quantityMax

const quantityMax = 10_000_000
