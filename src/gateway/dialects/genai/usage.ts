/**
 * Gemini's usage figures, taken apart into disjoint classes. `promptTokenCount` includes the cached
 * tokens; `candidatesTokenCount` excludes the thoughts; details by modality may be missing or not add up,
 * and what they leave over is text.
 */
import { z } from 'zod'
import type { ResponseHeaders } from '../../../lib/http-client/contract.ts'
import type { ServiceTier } from '../../../money/price-book.ts'
import { isPlausible, type Usage } from '../../../money/usage.ts'

const count = z.number().nullish()
const byModality = z.array(z.looseObject({ modality: z.string().nullish(), tokenCount: count })).nullish()
const VendorUsage = z.looseObject({
  promptTokenCount: count,
  cachedContentTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
  toolUsePromptTokenCount: count,
  totalTokenCount: count,
  promptTokensDetails: byModality,
  cacheTokensDetails: byModality,
  candidatesTokensDetails: byModality,
})
type VendorUsage = z.infer<typeof VendorUsage>

/** Disjoint usage, or null when the figures are missing or cannot be true; `mismatch` when they do not add up or cannot be true. */
export function usageOf(vendorUsage: unknown): { usage: Usage | null; mismatch: boolean } {
  const parsed = VendorUsage.safeParse(vendorUsage)
  if (!parsed.success) return { usage: null, mismatch: vendorUsage !== undefined && vendorUsage !== null }
  const figures = parsed.data
  if (typeof figures.promptTokenCount !== 'number') return { usage: null, mismatch: false }
  const usage = nonZero({ ...inputOf(figures, figures.promptTokenCount), ...outputOf(figures) })
  if (!isPlausible(usage)) return { usage: null, mismatch: true }
  return { usage, mismatch: !addsUp(figures) }
}

function inputOf(figures: VendorUsage, prompt: number): Usage {
  const cached = figures.cachedContentTokenCount ?? 0
  const fresh = (modality: string) =>
    tokensOf(figures.promptTokensDetails, modality) - tokensOf(figures.cacheTokensDetails, modality)
  const kept = (modality: string) => tokensOf(figures.cacheTokensDetails, modality)
  const [audio, image, video] = [fresh('AUDIO'), fresh('IMAGE'), fresh('VIDEO')]
  const [cachedAudio, cachedImage, cachedVideo] = [kept('AUDIO'), kept('IMAGE'), kept('VIDEO')]
  return {
    input: prompt - cached - audio - image - video + (figures.toolUsePromptTokenCount ?? 0),
    audioInput: audio,
    imageInput: image,
    videoInput: video,
    cachedInput: cached - cachedAudio - cachedImage - cachedVideo,
    cachedAudioInput: cachedAudio,
    cachedImageInput: cachedImage,
    cachedVideoInput: cachedVideo,
  }
}

function outputOf(figures: VendorUsage): Usage {
  const image = tokensOf(figures.candidatesTokensDetails, 'IMAGE')
  const audio = tokensOf(figures.candidatesTokensDetails, 'AUDIO')
  return {
    output: (figures.candidatesTokenCount ?? 0) - image - audio,
    imageOutput: image,
    audioOutput: audio,
    reasoning: figures.thoughtsTokenCount ?? 0,
  }
}

const tokensOf = (details: VendorUsage['promptTokensDetails'], modality: string): number =>
  (details ?? []).reduce((total, entry) => total + (entry.modality === modality ? (entry.tokenCount ?? 0) : 0), 0)

const nonZero = (usage: Usage): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([, quantity]) => quantity !== 0))

function addsUp(figures: VendorUsage): boolean {
  const parts = [
    figures.promptTokenCount,
    figures.candidatesTokenCount,
    figures.thoughtsTokenCount,
    figures.toolUsePromptTokenCount,
  ]
  const total = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)
  return typeof figures.totalTokenCount !== 'number' || figures.totalTokenCount === total
}

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
