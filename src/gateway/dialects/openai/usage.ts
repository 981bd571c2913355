/**
 * OpenAI's usage figures, as its own and compatible upstreams send them, taken apart into disjoint classes.
 * `prompt_tokens` includes the cached, written, audio and image ones; `completion_tokens` includes reasoning,
 * audio and images, unless the total says that they stand beside it. What cannot be true is discarded alone.
 */
import type { ServiceTier } from '../../../money/price-book.ts'
import type { Usage, UsageClass } from '../../../money/usage.ts'
import type { Counted } from '../../dialect.ts'
import { isMembers } from '../merge-usage.ts'
import { figuresOf, type Figures } from './figures.ts'

/** Disjoint usage; null when there are no figures of use. */
export function usageOf(vendorUsage: unknown): Counted {
  if (vendorUsage === undefined || vendorUsage === null) return nothing
  if (!isMembers(vendorUsage)) return { ...nothing, mismatch: true }
  const figures = figuresOf(vendorUsage)
  if (figures.total !== 0) placeByTotal(figures)
  else if (isAnthropics(vendorUsage)) figures.prompt += figures.cached + figures.written
  const usage = disjoint(figures)
  const isNothing = figures.prompt === 0 && figures.completion === 0
  return {
    usage: isNothing && vendorUsage['prompt_tokens'] !== 0 ? null : usage,
    // A prompt of nothing, beside a total of something.
    mismatch: figures.isOdd || (isNothing && figures.total > 0 && vendorUsage['prompt_tokens'] === 0),
    hasUnknown: figures.hasUnknown,
  }
}

const nothing: Counted = { usage: null, mismatch: false, hasUnknown: false }

/**
 * Anthropic's own object, handed on: nothing in it is a total, and `input_tokens` are those "after the last cache
 * breakpoint", beside what was read from the cache and written to it (its guide "Prompt caching").
 */
const isAnthropics = (usage: Readonly<Record<string, unknown>>): boolean =>
  'input_tokens' in usage &&
  !('prompt_tokens' in usage) &&
  ('cache_read_input_tokens' in usage || 'cache_creation_input_tokens' in usage)

/**
 * Where prompt and completion fall short of the total, it tells what is not within them but beside them.
 * Reasoning: xAI (UKGovernmentBEIS/inspect_ai#5528, vercel/ai#12425; Vertex' Grok guide says so), Gemini through
 * translators (router-for-me/CLIProxyAPI#5733). Cache hits and writes: Anthropic's `input_tokens` handed on as
 * `prompt_tokens`. What nothing explains is reasoning that stands in the total alone (Google's OpenAI endpoint),
 * unless a figure that we do not know may be it.
 */
function placeByTotal(figures: Figures): void {
  const { prompt, completion, total, reasoning } = figures
  const cache = figures.cached + figures.written
  const rest = total - prompt - completion
  if (rest === 0 || (prompt === 0 && completion === 0)) return
  if (rest === cache && (cache > prompt || cache !== reasoning)) figures.prompt += cache
  else if (rest === reasoning) figures.completion += reasoning
  else if (rest === cache + reasoning) {
    figures.prompt += cache
    figures.completion += reasoning
  } else if (rest > 0 && prompt === 0) figures.prompt = rest
  else if (rest > 0 && completion === 0) figures.completion = rest
  else if (rest > 0 && reasoning === 0 && !figures.hasUnknown) {
    figures.completion += rest
    figures.reasoning = rest
  } else figures.isOdd = true
}

/** How cached input and media overlap is not told; what is not cached is taken for media first. */
function disjoint(figures: Figures): Usage {
  const { prompt, completion } = figures
  const cachedInput = within(figures, 'cached', prompt)
  const cacheWrite = within(figures, 'written', prompt - cachedInput)
  const fresh = prompt - cachedInput - cacheWrite
  const audioInput = Math.min(within(figures, 'audioInput', prompt), fresh)
  const imageInput = Math.min(within(figures, 'imageInput', prompt), fresh - audioInput)
  const videoInput = Math.min(within(figures, 'videoInput', prompt), fresh - audioInput - imageInput)
  const reasoning = within(figures, 'reasoning', completion)
  const audioOutput = within(figures, 'audioOutput', completion - reasoning)
  const imageOutput = within(figures, 'imageOutput', completion - reasoning - audioOutput)
  return withoutZeros({
    input: fresh - audioInput - imageInput - videoInput,
    cachedInput,
    cacheWrite,
    audioInput,
    imageInput,
    videoInput,
    output: completion - reasoning - audioOutput - imageOutput,
    reasoning,
    audioOutput,
    imageOutput,
  })
}

/** A part of `whole`; one that is larger cannot be true, and counts as none. */
function within(figures: Figures, name: 'cached' | 'written' | (UsageClass & keyof Figures), whole: number): number {
  if (figures[name] <= whole) return figures[name]
  figures.isOdd = true
  return 0
}

function withoutZeros(quantities: Usage): Usage {
  const usage: Partial<Record<UsageClass, number>> = {}
  for (const usageClass in quantities) {
    const quantity = quantities[usageClass as UsageClass]!
    if (quantity > 0) usage[usageClass as UsageClass] = quantity
  }
  return usage
}

/** The tier an answer names as served, in our words; `fast` is priority under its newer name. */
export function servedTier(tier: unknown): ServiceTier | null {
  switch (tier) {
    case 'default':
    case 'scale':
      return 'standard'
    case 'flex':
      return 'flex'
    case 'priority':
    case 'fast':
      return 'priority'
    default:
      return null
  }
}

const standardTiers: readonly ServiceTier[] = ['standard']
const flexTiers: readonly ServiceTier[] = ['standard', 'flex']
const priorityTiers: readonly ServiceTier[] = ['standard', 'priority']

/** The tiers a request may be charged at. What is not known here may be the dearest. */
export function askedTiers(tier: string | null | undefined): readonly ServiceTier[] {
  switch (tier) {
    case undefined:
    case null:
    case 'auto':
    case 'default':
    case 'scale':
      return standardTiers
    case 'flex':
      return flexTiers
    default:
      return priorityTiers
  }
}
