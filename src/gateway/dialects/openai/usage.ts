/**
 * OpenAI's usage figures, taken apart into disjoint classes. `prompt_tokens` includes the cached, audio
 * and image ones; `completion_tokens` includes reasoning and audio.
 */
import { z } from 'zod'
import type { ServiceTier } from '../../../money/price-book.ts'
import { isPlausible, type Usage } from '../../../money/usage.ts'

const count = z.number().nullish()
const VendorUsage = z.object({
  prompt_tokens: z.number(),
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z
    .object({ cached_tokens: count, audio_tokens: count, image_tokens: count, cache_write_tokens: count })
    .nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count, audio_tokens: count }).nullish(),
})

/** Disjoint usage, or null when the figures cannot be true; `mismatch` when they do not add up or cannot be true. */
export function usageOf(vendorUsage: unknown): { usage: Usage | null; mismatch: boolean } {
  if (vendorUsage === undefined || vendorUsage === null) return { usage: null, mismatch: false }
  const parsed = VendorUsage.safeParse(vendorUsage)
  if (!parsed.success) return { usage: null, mismatch: true }
  const { prompt_tokens: prompt, prompt_tokens_details: into, completion_tokens_details: out } = parsed.data
  const completion = parsed.data.completion_tokens ?? 0
  const usage = withoutZeros({
    ...inputOf(prompt, into?.cached_tokens ?? 0, into?.cache_write_tokens ?? 0, into?.audio_tokens ?? 0),
    output: completion - (out?.reasoning_tokens ?? 0) - (out?.audio_tokens ?? 0),
    reasoning: out?.reasoning_tokens ?? 0,
    audioOutput: out?.audio_tokens ?? 0,
  })
  if (!isPlausible(usage)) return { usage: null, mismatch: true }
  const total = parsed.data.total_tokens
  return { usage, mismatch: total !== undefined && total !== null && total !== prompt + completion }
}

/** How cached and audio tokens overlap is not told; what is not cached is taken for audio first. */
function inputOf(prompt: number, cached: number, written: number, audio: number): Usage {
  const fresh = prompt - cached - written
  const audioInput = Math.min(audio, fresh)
  return { input: fresh - audioInput, cachedInput: cached, cacheWrite: written, audioInput }
}

/** Drops absent classes, keeps negative and broken ones for `isPlausible` to see. */
const withoutZeros = (usage: Usage): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([, quantity]) => quantity !== 0))

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
