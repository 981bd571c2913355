/**
 * A deployment is a model at a provider, in a region, with a credential: what one upstream call needs
 * to know. The sandbox is the first kind; real providers dock here.
 */
export type Deployment = {
  readonly id: string
  readonly provider: 'sandbox'
  readonly region: string
  /** Whether what it serves is simulated. */
  readonly simulated: boolean
  /** Base URL of each dialect it speaks; paths such as `/chat/completions` are appended. */
  readonly baseUrls: Readonly<Record<'openai' | 'genai', string>>
  /** The headers that carry our credential, by dialect. */
  readonly credentialHeaders: Readonly<Record<'openai' | 'genai', Readonly<Record<string, string>>>>
}

/** The regions a fresh install offers. Both are the same sandbox, so that region policies can be tried. */
const sandboxRegions = ['us', 'eu'] as const
/** The sandbox spends nothing, so its credential is no secret; it shows that a customer's key never travels. */
const sandboxCredential = 'sandbox-credential'

/** The deployments of a sandbox that listens at `url`. */
export const sandboxDeployments = (url: string): readonly Deployment[] =>
  sandboxRegions.map((region) => ({
    id: `sandbox-${region}`,
    provider: 'sandbox',
    region,
    simulated: true,
    baseUrls: { openai: `${url}/v1`, genai: `${url}/v1beta` },
    credentialHeaders: {
      openai: { authorization: `Bearer ${sandboxCredential}` },
      genai: { 'x-goog-api-key': sandboxCredential },
    },
  }))
