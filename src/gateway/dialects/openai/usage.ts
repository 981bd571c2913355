/**
 * OpenAI's usage figures, taken apart into disjoint classes. `prompt_tokens` includes the cached, audio
 * and image ones; `completion_tokens` includes reasoning and audio.
 */
import type { ServiceTier } from '../../../money/price-book.ts'
import { isPlausible, type Usage, type UsageClass } from '../../../money/usage.ts'

/** Disjoint usage, or null when the figures cannot be true; `mismatch` when they do not add up or cannot be true. */
export function usageOf(vendorUsage: unknown): { usage: Usage | null; mismatch: boolean } {
  if (vendorUsage === undefined || vendorUsage === null) return { usage: null, mismatch: false }
  const into = memberOf(vendorUsage, 'prompt_tokens_details') ?? none
  const out = memberOf(vendorUsage, 'completion_tokens_details') ?? none
  const prompt = figureOf(vendorUsage, 'prompt_tokens', Number.NaN)
  const completion = figureOf(vendorUsage, 'completion_tokens')
  const total = figureOf(vendorUsage, 'total_tokens', prompt + completion)
  const reasoning = figureOf(out, 'reasoning_tokens')
  const audioOutput = figureOf(out, 'audio_tokens')
  const usage = withoutZeros({
    ...inputOf(
      prompt,
      figureOf(into, 'cached_tokens'),
      figureOf(into, 'cache_write_tokens'),
      figureOf(into, 'audio_tokens'),
    ),
    output: completion - reasoning - audioOutput,
    reasoning,
    audioOutput,
  })
  if (!isPlausible(usage) || Number.isNaN(total)) return { usage: null, mismatch: true }
  return { usage, mismatch: total !== prompt + completion }
}

const none = {}
const memberOf = (given: unknown, name: string): unknown =>
  typeof given === 'object' ? (given as Readonly<Record<string, unknown>>)[name] : undefined
/** By hand, because every answer passes here. What is no number is NaN, which makes whatever it is added to implausible. */
function figureOf(given: unknown, name: string, absent = 0): number {
  if (typeof given !== 'object' || Array.isArray(given)) return Number.NaN
  const figure = memberOf(given, name) ?? absent
  return typeof figure === 'number' ? figure : Number.NaN
}

/** How cached and audio tokens overlap is not told; what is not cached is taken for audio first. */
function inputOf(prompt: number, cached: number, written: number, audio: number): Usage {
  const fresh = prompt - cached - written
  const audioInput = Math.min(audio, fresh)
  return { input: fresh - audioInput, cachedInput: cached, cacheWrite: written, audioInput }
}

/** Drops absent classes, keeps negative and broken ones for `isPlausible` to see. */
function withoutZeros(usage: Usage): Usage {
  const used: Partial<Record<UsageClass, number>> = {}
  for (const usageClass of Object.keys(usage) as UsageClass[])
    if (usage[usageClass] !== 0) used[usageClass] = usage[usageClass]!
  return used
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

/** The tiers a request may be charged at. What is not known here may be the dearest. */
export function askedTiers(tier: string | null | undefined): readonly ServiceTier[] {
  switch (tier) {
    case undefined:
    case null:
    case 'auto':
    case 'default':
    case 'scale':
      return ['standard']
    case 'flex':
      return ['standard', 'flex']
    default:
      return ['standard', 'priority']
  }
}
