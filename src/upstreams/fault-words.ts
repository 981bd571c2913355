/** What is wrong with a deployment, in words for operators. Never a secret, and never the vendor's words: they may quote one. */
import type { Deployment, Fault, ProviderKind } from './deployment.ts'
import type { LastFault, Trouble } from './health.ts'

/** Troubles that only an operator can end. */
export type Lasting = Extract<Fault, 'quota' | 'credential' | 'missing'>

export const isLasting = (trouble: string): trouble is Lasting =>
  trouble === 'quota' || trouble === 'credential' || trouble === 'missing'

/** `its credential was refused (401)`. `status`: null where there was none. */
export const faultWords = (trouble: Trouble, status: number | null): string =>
  `${wordsOf(trouble, status)}${status === null ? '' : ` (${status})`}`

function wordsOf(trouble: Trouble, status: number | null): string {
  switch (trouble) {
    case 'credential':
      return 'its credential was refused'
    case 'quota':
      return 'its account is out of money or quota'
    case 'missing':
      return 'its account does not have the model'
    case 'rate':
      return status === null ? 'its rate limit is used up' : 'it was asked too often'
    case 'connect':
      return 'it could not be reached'
    case 'timeout':
      return 'it did not answer in time'
    case 'upstream':
      if (status === null) return 'the connection broke off'
      return status < 300 ? 'its answer could not be read' : 'it failed'
    case 'client':
    case 'policy':
    case 'conflict':
      return 'it refused a request'
  }
}

/** The same with how long ago: `its credential was refused (401) 12 s ago`. */
export const lastFaultWords = ({ trouble, status, at }: LastFault, now: number): string =>
  `${faultWords(trouble, status)} ${agoText(now - at)} ago`

function agoText(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`
}

/** The line for whoever can mend it: `providers.mine: its credential was refused (401); check apiKey`. */
export const mendText = (
  fault: Lasting,
  status: number | null,
  { id, provider, kind }: Pick<Deployment, 'id' | 'provider' | 'kind'>,
): string => `providers.${provider}: ${faultWords(fault, status)}; ${mendOf(fault, id, kind)}`

function mendOf(fault: Lasting, id: string, kind: ProviderKind): string {
  switch (fault) {
    case 'credential':
      return `check ${credentialFields[kind]}`
    case 'quota':
      return 'top it up, or ask for a larger quota'
    case 'missing':
      return `check upstreamModel of deployment ${id}, or ask for access`
  }
}

/** What `mart.yaml` calls the credential. */
const credentialFields: Readonly<Record<ProviderKind, string>> = {
  openai: 'apiKey',
  'azure-openai': 'apiKey',
  'google-ai-studio': 'apiKey',
  'vertex-ai': 'serviceAccount or accessToken',
  'openai-compatible': 'apiKey and headers',
  'gemini-compatible': 'apiKey and headers',
  sandbox: 'SANDBOX_URL',
}

const faults: ReadonlySet<string> = new Set<Trouble>([
  ...(['client', 'policy', 'rate', 'quota', 'credential', 'missing', 'conflict', 'timeout', 'upstream'] as const),
  'connect',
])
export const isFault = (text: string): text is Trouble => faults.has(text)
