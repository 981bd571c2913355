/** One request as the endpoints see it, and what they share. Endpoints are functions from this to a `Reply`. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Accounts } from './accounts.ts'
import type { Count } from './count.ts'
import type { Directives } from './directives.ts'
import type { Dress } from './dress.ts'
import type { Form } from './form.ts'
import type { StoredFiles } from './openai/files/stored-files.ts'
import type { Videos } from './openai/videos/jobs.ts'
import type { Origin } from './origin.ts'
import type { Jobs } from './jobs.ts'
import type { Shelves } from './openai/shelves.ts'
import type { PromptCache } from './prompt-cache.ts'
import { Refusal } from './refusal.ts'

export type Exchange = {
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  /** The body as sent; JSON is read by the endpoint, so that each refuses bad JSON in its own words. */
  readonly body: string
  /** What a form carried; null where the body is none. `body` is then the text of its fields. */
  readonly form: Form | null
  readonly directives: Directives
  readonly promptCache: PromptCache
  readonly count: Count
  readonly accounts: Accounts
  readonly files: StoredFiles
  readonly videos: Videos
  /** What OpenAI keeps for its accounts, and what it still works at. */
  readonly shelves: Shelves
  readonly jobs: Jobs
  /** Whose prompt cache and whose stored objects they are: at the vendors no credential sees what another one has. */
  readonly cacheOwner: string
  /** True where the sandbox poses as a provider, and is as strict as that one. */
  readonly isPosing: boolean
  /** The account it arrived at; null where the sandbox is nobody but itself. */
  readonly origin: Origin | null
  /** What a pose adds to every answer; null where the sandbox is nobody but itself. */
  readonly dress: Dress | null
  readonly id: string
  /** Epoch milliseconds at which the request had been read. */
  readonly at: number
}

/** What a client must send to be served, as OpenAI bearer token or as Google API key. */
export const sandboxCredential = 'sandbox-credential'

/** A customer's virtual key must never travel upstream: wherever one is found, the request is refused with 400. */
export function refuseVirtualKeys({ url, headers }: Exchange): void {
  const leak =
    Object.entries(headers).find(([, value]) => String(value).includes('sk-bf-'))?.[0] ??
    (url.href.includes('sk-bf-') ? 'the URL' : null)
  if (leak)
    throw new Refusal(
      400,
      `A virtual key (sk-bf-…) was sent upstream in ${leak}. A gateway must replace it by its provider credential.`,
      { code: 'virtual_key_leaked' },
    )
}

/** The refusal that `status=` asks for, if it does; `whose` says of whom the vendor's words would speak. */
export function refuseOnDemand({ status, code, retry_after }: Directives, whose = ''): void {
  if (status === undefined) return
  throw new Refusal(status, `Simulated ${status}: the request asked the sandbox for it${whose}.`, {
    ...(code === undefined ? {} : { code }),
    ...(retry_after === undefined ? {} : { retryAfterSeconds: retry_after }),
  })
}

/** Ids whose name starts with a family the vendor has, and that are not said not to exist. */
export const isKnownModel = (model: string, families: readonly string[]): boolean =>
  families.some((family) => model.startsWith(family)) && !model.includes('does-not-exist')

/** A part of a path as it was meant; as it stands when it is no valid encoding. */
export function decoded(captured: string): string {
  try {
    return decodeURIComponent(captured)
  } catch {
    return captured
  }
}
