/** The sandbox: simulated, in both dialects. */
import type { z } from 'zod'
import { assert } from '../../lib/assert.ts'
import type { Clock } from '../../lib/clock.ts'
import type { References } from '../../lib/references.ts'
import type { Adapter, DialectName } from '../deployment.ts'
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
  openai: { text: 'gpt-5.4-nano', embeddings: 'text-embedding-3-small' },
  genai: { text: 'gemini-3.1-flash-lite', image: 'gemini-3.1-flash-image' },
}

/** `url` must be there by now: the built-in one has an address only once it runs. */
export function sandbox({ url }: z.output<ReturnType<typeof sandboxSchema>>, clock: Clock): Adapter {
  assert(url !== undefined, 'a sandbox has no url yet; whoever starts the built-in one must say it')
  const account = { scrub: scrubber([]), now: clock.now }
  return {
    dialects: ['openai', 'genai'],
    standIn: (model) => (model.isOwn ? (standIns[model.dialect][model.kind] ?? null) : null),
    address: ({ dialect, path }) =>
      dialect === 'openai'
        ? { url: `${url}/v1${path}`, headers: { authorization: `Bearer ${credential}` } }
        : { url: `${url}/v1beta${path}`, headers: { 'x-goog-api-key': credential } },
    rewriteBody: null,
    reportsStreamUsage: true,
    hasAnnotationChunks: false,
    refusal: (refused) => (refused.dialect === 'genai' ? googleRefusal : openaiRefusal)(refused, account),
    renewCredential: () => false,
    standing: () => null,
  }
}
