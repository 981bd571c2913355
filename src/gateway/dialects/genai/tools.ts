/** What the tools of a Gemini request can add, which Google runs itself: input tokens, and what is priced by the piece. */
import type { Usage } from '../../../money/usage.ts'
import { snakeCase } from './spelling.ts'

/** The most search and map queries that one call is expected to make; Google states no limit. */
const queriesMax = 10

/**
 * The most input tokens that a tool is expected to add; Google states no limit but the model's own. What
 * a search finds is not billed as input, but for what the model notes of it.
 */
const tokensMax = {
  functionDeclarations: 0,
  googleSearch: 16_384,
  googleSearchRetrieval: 16_384,
  enterpriseWebSearch: 16_384,
  googleMaps: 16_384,
  computerUse: 16_384,
  codeExecution: 65_536,
  urlContext: 131_072,
} as const
/** Of a tool that is not known here. */
const otherTokensMax = 131_072

const bySpelling = new Map<string, number>(
  Object.entries(tokensMax).flatMap(([name, tokens]) => [
    [name, tokens],
    [snakeCase(name), tokens],
  ]),
)

const searchNames = new Set(['googleSearch', 'google_search', 'googleSearchRetrieval', 'google_search_retrieval'])
const mapNames = new Set(['googleMaps', 'google_maps'])

export type Tools = { readonly pieces: Usage; readonly tokensMax: number }

export function toolsOf(tools: readonly unknown[]): Tools {
  if (tools.length === 0) return none
  let tokens = 0
  let searches = false
  let maps = false
  for (const tool of tools) {
    if (typeof tool !== 'object' || tool === null) continue
    for (const name in tool) {
      tokens += bySpelling.get(name) ?? otherTokensMax
      searches ||= searchNames.has(name)
      maps ||= mapNames.has(name)
    }
  }
  return {
    pieces: {
      ...(searches && { searchQuery: queriesMax, groundedPrompt: 1 }),
      ...(maps && { mapsQuery: queriesMax }),
    },
    tokensMax: tokens,
  }
}

const none: Tools = { pieces: {}, tokensMax: 0 }
