/**
 * Searches that are billed by the piece: each query for models that price queries, the prompt once for those
 * that price grounded prompts (the price book knows which). Google bills unique queries and ignores empty ones
 * (ai.google.dev, "Grounding with Google Search"; BerriAI/litellm#36397), over all of an answer.
 */
import { isQuantity, type Usage } from '../../../money/usage.ts'
import { isMembers } from '../merge-usage.ts'

export type Grounding = {
  /** Takes in the JSON of an answer, or of one record of it. */
  readonly add: (json: string) => void
  /** `vendorUsage` may have Google's own count of what it bills: then that counts. */
  readonly usage: (vendorUsage: unknown) => Usage
}

/** No answer has more; what is beyond is not remembered. */
const queriesMax = 1_000

export function createGrounding(): Grounding {
  const queries = new Set<string>()
  let hasMaps = false
  return {
    add(json) {
      for (const { webSearchQueries, imageSearchQueries, groundingChunks } of metadataIn(json)) {
        for (const query of [...listOf(webSearchQueries), ...listOf(imageSearchQueries)])
          if (typeof query === 'string' && query.trim() !== '' && queries.size < queriesMax) queries.add(query.trim())
        hasMaps ||= listOf(groundingChunks).some((chunk) => isMembers(chunk) && chunk['maps'] !== undefined)
      }
    },
    usage(vendorUsage) {
      const billed = billedIn(vendorUsage)
      const searches = billed ? billed.searches : queries.size
      const maps = billed ? billed.maps : Number(hasMaps)
      return {
        ...(searches > 0 && { searchQuery: searches, groundedPrompt: 1 }),
        ...(maps > 0 && { mapsQuery: maps }),
      }
    },
  }
}

type Metadata = {
  readonly webSearchQueries?: unknown
  readonly imageSearchQueries?: unknown
  readonly groundingChunks?: unknown
}

/** A record that is no JSON says nothing of searches. */
function metadataIn(json: string): readonly Metadata[] {
  try {
    const { candidates } = JSON.parse(json) as { readonly candidates?: unknown }
    return listOf(candidates).flatMap((candidate) => {
      const metadata = isMembers(candidate) ? candidate['groundingMetadata'] : null
      return isMembers(metadata) ? [metadata] : []
    })
  } catch {
    return []
  }
}

/** Google's count of the searches that it bills (`usageMetadata.billedToolCalls`, discuss.ai.google.dev/t/174074); null when it has none. */
function billedIn(vendorUsage: unknown): { readonly searches: number; readonly maps: number } | null {
  const calls = isMembers(vendorUsage) ? listOf(vendorUsage['billedToolCalls']).filter(isMembers) : []
  const count = (tool: RegExp): number | null => {
    const counts = calls
      .filter((call) => typeof call['tool'] === 'string' && tool.test(call['tool']))
      .map((call) => call['successfulToolCallCount'])
      .filter(isQuantity)
    return counts.length === 0 ? null : counts.reduce((sum, each) => sum + each, 0)
  }
  const [searches, maps] = [count(/google_?search/i), count(/maps/i)]
  return searches === null && maps === null ? null : { searches: searches ?? 0, maps: maps ?? 0 }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
