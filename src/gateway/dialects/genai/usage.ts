/**
 * Gemini's usage figures, taken apart into disjoint classes. `promptTokenCount` includes the cached tokens;
 * `candidatesTokenCount` excludes the thoughts, unless the total says otherwise; details by modality may be
 * missing or not add up, and what they leave over is text. What cannot be true is discarded alone.
 * Fields: `GenerateContentResponseUsageMetadata` of google-genai.
 */
import type { ResponseHeaders } from '../../../lib/http-client/contract.ts'
import type { ServiceTier } from '../../../money/price-book.ts'
import type { Apart, Usage, UsageClass } from '../../../money/usage.ts'
import type { Counted } from '../../dialect.ts'
import { isMembers, mergedUsage, type Sum } from '../merge-usage.ts'
import { figuresOf, type ByModality, type Figures } from './figures.ts'

/** Disjoint usage; null when there are no figures of use. */
export function usageOf(vendorUsage: unknown): Counted {
  if (vendorUsage === undefined || vendorUsage === null) return nothing
  if (!isMembers(vendorUsage)) return { ...nothing, mismatch: true }
  const figures = figuresOf(vendorUsage)
  if (figures.total !== 0) placeByTotal(figures)
  const isNothing = figures.prompt + figures.candidates + figures.thoughts === 0
  const usage = { ...inputOf(figures), ...outputOf(figures) }
  return {
    usage: isNothing && vendorUsage['promptTokenCount'] !== 0 ? null : usage,
    mismatch: figures.isOdd,
    hasUnknown: figures.hasUnknown,
  }
}

const nothing: Counted = { usage: null, mismatch: false, hasUnknown: false }

/**
 * The total is the sum of prompt, candidates, thoughts and tool results (google-genai). Where it is less, some
 * backends have counted thoughts within the candidates (BerriAI/litellm#10141), or tool results within the prompt;
 * where it is more and thoughts are not told, they stand in the total alone (langchain-ai/langchain-google#920).
 */
function placeByTotal(figures: Figures): void {
  const { prompt, candidates, thoughts, toolUse, total } = figures
  const rest = total - prompt - candidates - thoughts - toolUse
  if (rest === 0 || (prompt === 0 && candidates + thoughts === 0)) return
  if (rest === -thoughts && thoughts <= candidates) figures.candidates -= thoughts
  else if (rest === -toolUse && toolUse <= prompt) figures.prompt -= toolUse
  else if (rest > 0 && prompt === 0) figures.prompt = rest
  else if (rest > 0 && candidates === 0 && thoughts === 0) figures.candidates = rest
  else if (rest > 0 && thoughts === 0) figures.thoughts = rest
  else figures.isOdd = true
}

const media = ['audio', 'image', 'video'] as const
type Media = (typeof media)[number]
const freshClass = { audio: 'audioInput', image: 'imageInput', video: 'videoInput' } as const
const cachedClass = { audio: 'cachedAudioInput', image: 'cachedImageInput', video: 'cachedVideoInput' } as const

/**
 * What of each modality was cached is told or, where the details are missing or short, found: text as far as
 * there is any, then the cheaper media. So what is not cached is taken for media first, as for OpenAI.
 */
function inputOf(figures: Figures): Usage {
  const prompt = split(figures, figures.prompt, figures.promptDetails)
  const cached = cachedOf(figures, prompt)
  const toolUse = split(figures, figures.toolUse, figures.toolUseDetails)
  const usage: Partial<Record<UsageClass, number>> = {}
  set(usage, 'input', prompt.text - cached.text + toolUse.text)
  set(usage, 'cachedInput', cached.text)
  for (const each of media) {
    set(usage, freshClass[each], prompt[each] - cached[each] + toolUse[each])
    set(usage, cachedClass[each], cached[each])
  }
  return usage
}

function cachedOf(figures: Figures, prompt: ByModality): ByModality {
  if (figures.cached > figures.prompt) {
    figures.isOdd = true
    return noModality
  }
  const cached = split(figures, figures.cached, figures.cacheDetails)
  for (const each of media) {
    if (cached[each] <= prompt[each]) continue
    figures.isOdd = true
    cached.text += cached[each] - prompt[each]
    cached[each] = prompt[each]
  }
  let over = Math.max(0, cached.text - prompt.text)
  cached.text -= over
  for (const each of cheapestFirst) {
    const taken = Math.min(over, prompt[each] - cached[each])
    cached[each] += taken
    over -= taken
  }
  return cached
}

const cheapestFirst: readonly Media[] = ['video', 'image', 'audio']
const noModality: ByModality = { text: 0, audio: 0, image: 0, video: 0 }

/** A count by modality. A share above the whole cannot be true; what the shares leave over is text. */
function split(figures: Figures, count: number, details: ByModality): ByModality {
  const shares: ByModality = { ...noModality }
  let left = count
  for (const each of media) {
    if (details[each] > left) figures.isOdd = true
    shares[each] = details[each] > count ? 0 : Math.min(details[each], left)
    left -= shares[each]
  }
  shares.text = left
  return shares
}

function outputOf(figures: Figures): Usage {
  const candidates = split(figures, figures.candidates, figures.candidatesDetails)
  const usage: Partial<Record<UsageClass, number>> = {}
  set(usage, 'output', candidates.text + candidates.video)
  set(usage, 'imageOutput', candidates.image)
  set(usage, 'audioOutput', candidates.audio)
  set(usage, 'reasoning', figures.thoughts)
  return usage
}

function set(usage: Partial<Record<UsageClass, number>>, usageClass: UsageClass, quantity: number): void {
  if (quantity > 0) usage[usageClass] = quantity
}

const sum: Sum = {
  total: 'totalTokenCount',
  parts: ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'toolUsePromptTokenCount'],
}

/**
 * The usage of a stream's records so far, with one more of them. Each has running totals, but Vertex' intermediate
 * ones have no more than a traffic type, and nothing that was said is erased by one that says less.
 */
export const usageWith = (before: unknown, later: unknown): unknown => mergedUsage(before, later, sum)

/** Whether usage metadata counts something: Vertex' intermediate records do not. */
export const isComplete = (usage: unknown): boolean => isMembers(usage) && Number(usage['promptTokenCount']) > 0

/** Usage with what is priced by the piece; null when there is neither. */
export const withPieces = (usage: Usage | null, pieces: Apart): Usage | null =>
  Object.keys(pieces).length === 0 ? usage : { ...usage, ...pieces }

/** The tier a call was served at: the header says it on AI Studio, `trafficType` on Vertex. */
export function servedTier(headers: ResponseHeaders, vendorUsage: unknown): ServiceTier | null {
  const traffic = (vendorUsage as { trafficType?: unknown; serviceTier?: unknown } | null) ?? {}
  return (
    tierNamed(headers.get('x-gemini-service-tier')) ?? tierNamed(traffic.serviceTier) ?? tierNamed(traffic.trafficType)
  )
}

function tierNamed(name: unknown): ServiceTier | null {
  switch (typeof name === 'string' ? name.toLowerCase() : name) {
    case 'standard':
    case 'on_demand':
    case 'provisioned_throughput':
      return 'standard'
    case 'flex':
    case 'on_demand_flex':
      return 'flex'
    case 'priority':
    case 'on_demand_priority':
      return 'priority'
    default:
      return null
  }
}

/** The tiers a request may be charged at. What is not known here may be the dearest. */
export function askedTiers(tier: string | null | undefined): readonly ServiceTier[] {
  const asked = tier?.toLowerCase()
  if (asked === undefined || asked === 'standard' || asked === 'service_tier_unspecified') return ['standard']
  return asked === 'flex' ? ['standard', 'flex'] : ['standard', 'priority']
}
