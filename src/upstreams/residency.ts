/**
 * Whether a provider can keep the promise that a deployment's region makes. Regions are the operator's
 * names, but `eu` means the European Union to whoever asks for it, so a provider that is known to process
 * elsewhere is refused there. What a base URL or an Azure resource stands for only its operator knows.
 */
import type { ProviderData } from './providers.ts'

/** Where the European Union is among Google's regions: London and Zurich are not. */
const notInEu = new Set(['europe-west2', 'europe-west6'])
const isEuLocation = (location: string): boolean =>
  location === 'eu' || (location.startsWith('europe-') && !notInEu.has(location))

/** What must be so for this provider to serve in this region; null when nothing is wrong. */
export function residencyProblem(provider: ProviderData, region: string): string | null {
  if (region !== 'eu') return null
  switch (provider.kind) {
    case 'openai':
      return provider.residency === 'eu' || provider.baseUrl !== undefined
        ? null
        : 'a provider with residency eu, because this one processes data anywhere'
    case 'google-ai-studio':
      return 'another kind of provider, because Google AI Studio keeps nothing within a region; Vertex AI does, at location eu'
    case 'vertex-ai':
      return isEuLocation(provider.location)
        ? null
        : `a provider whose location is eu or a region within it, not ${provider.location}`
    case 'azure-openai':
    case 'openai-compatible':
    case 'gemini-compatible':
    case 'sandbox':
      return null
  }
}
