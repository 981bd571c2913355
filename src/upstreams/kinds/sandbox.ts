/** The sandbox: simulated, in both dialects. */
import type { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import type { References } from '../../lib/references.ts'
import {
  genaiOperations,
  openaiOperations,
  type Adapter,
  type Address,
  type DialectName,
  type UpstreamCall,
} from '../deployment.ts'
import { googleRefusal } from '../refusals/google.ts'
import { openaiRefusal } from '../refusals/openai.ts'
import { scrubber } from '../scrub.ts'
import { provider, serverUrl } from './fields.ts'

export const sandboxSchema = (references: References) =>
  provider('sandbox', {
    url: serverUrl(references).optional().describe('A sandbox that runs already; unless said, the built-in one.'),
  })

/** The sandbox spends nothing, so its credential is no secret; it shows that a customer's key never travels. */
const credential = 'sandbox-credential'

/** It simulates what vendors have; whatever is an operator's own is answered for by one of those. */
const standIns: Readonly<Record<DialectName, Readonly<Record<string, string>>>> = {
  openai: { text: 'gpt-5.4-nano', embeddings: 'text-embedding-3-small', image: 'gpt-image-2', video: 'sora-2' },
  genai: { text: 'gemini-3.1-flash-lite', image: 'gemini-3.1-flash-image' },
}

/** Where a sandbox is; waits for one that is still to be started. */
export type SandboxAddress = () => string | Promise<string>

/** `builtIn`: where the sandbox is that has no URL of its own. */
export function sandbox(
  { url }: z.output<ReturnType<typeof sandboxSchema>>,
  { builtIn, clock }: { readonly builtIn: SandboxAddress; readonly clock: Clock },
): Adapter {
  const base = url === undefined ? builtIn : () => url
  const account = { scrub: scrubber([]), now: clock.now }
  return {
    dialects: ['openai', 'genai'],
    operations: [...openaiOperations, ...genaiOperations],
    standIn: (model) => (model.isOwn ? (standIns[model.dialect][model.kind] ?? null) : null),
    address(call) {
      const at = base()
      return at instanceof Promise ? addressLater(at, call) : addressAt(at, call)
    },
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => (refused.dialect === 'genai' ? googleRefusal : openaiRefusal)(refused, account),
    renewCredential: () => false,
    standing: () => null,
  }
}

const addressLater = (url: Promise<string>, call: UpstreamCall): Promise<Address> =>
  url.then((known) => addressAt(known, call))
const addressAt = (url: string, { dialect, path }: UpstreamCall): Address =>
  dialect === 'openai'
    ? { url: `${url}/v1${path}`, headers: { authorization: `Bearer ${credential}` } }
    : { url: `${url}/v1beta${path}`, headers: { 'x-goog-api-key': credential } }
