/**
 * A deployment is a model at a provider, in a region, with a credential: what one upstream call needs
 * to know. Kinds of provider differ in their adapter alone; the request path knows nothing else of them.
 */
import type { ResponseHeaders } from '../lib/http-client/contract.ts'

export const providerKinds = [
  'openai',
  'azure-openai',
  'google-ai-studio',
  'vertex-ai',
  'openai-compatible',
  'gemini-compatible',
  'sandbox',
] as const
export type ProviderKind = (typeof providerKinds)[number]

/** Whether it is the vendor of its models, which bills by what its answers say of themselves. The sandbox stands for the vendors that it simulates. */
export const isVendor = (kind: ProviderKind): boolean => vendors[kind]

const vendors: Readonly<Record<ProviderKind, boolean>> = {
  openai: true,
  'azure-openai': true,
  'google-ai-studio': true,
  'vertex-ai': true,
  'openai-compatible': false,
  'gemini-compatible': false,
  sandbox: true,
}

export type DialectName = 'openai' | 'genai'

/** What can be asked of a model, by the names that reports show. */
export type OperationName =
  | 'chat.completions'
  | 'embeddings'
  | 'images.generations'
  | 'images.edits'
  | 'responses'
  | 'responses.compact'
  | 'responses.input_tokens'
  | 'responses.retrieve'
  | 'responses.delete'
  | 'responses.cancel'
  | 'responses.input_items'
  | 'conversations'
  | 'conversations.retrieve'
  | 'conversations.update'
  | 'conversations.delete'
  | 'conversations.items'
  | 'conversations.items.create'
  | 'conversations.items.retrieve'
  | 'conversations.items.delete'
  | 'chat.completions.retrieve'
  | 'chat.completions.update'
  | 'chat.completions.delete'
  | 'chat.completions.messages'
  | 'files'
  | 'files.retrieve'
  | 'files.delete'
  | 'files.content'
  | 'videos'
  | 'videos.remix'
  | 'videos.edits'
  | 'videos.extensions'
  | 'videos.retrieve'
  | 'videos.delete'
  | 'videos.content'
  | 'videos.characters'
  | 'videos.characters.retrieve'
  | 'generateContent'
  | 'streamGenerateContent'
  | 'countTokens'
/** Those of the two vendors, at their own APIs. */
export const openaiOperations: readonly OperationName[] = [
  'chat.completions',
  'embeddings',
  'images.generations',
  'images.edits',
  'responses',
  'responses.compact',
  'responses.input_tokens',
  'responses.retrieve',
  'responses.delete',
  'responses.cancel',
  'responses.input_items',
  'conversations',
  'conversations.retrieve',
  'conversations.update',
  'conversations.delete',
  'conversations.items',
  'conversations.items.create',
  'conversations.items.retrieve',
  'conversations.items.delete',
  'chat.completions.retrieve',
  'chat.completions.update',
  'chat.completions.delete',
  'chat.completions.messages',
  'files',
  'files.retrieve',
  'files.delete',
  'files.content',
  'videos',
  'videos.remix',
  'videos.edits',
  'videos.extensions',
  'videos.retrieve',
  'videos.delete',
  'videos.content',
  'videos.characters',
  'videos.characters.retrieve',
]
export const genaiOperations: readonly OperationName[] = ['generateContent', 'streamGenerateContent', 'countTokens']

export type Deployment = {
  /** Unique and stable: shown on receipts, in reports and logs. Names nothing of our account at the vendor. */
  readonly id: string
  /** The provider's name in `mart.yaml`. */
  readonly provider: string
  readonly kind: ProviderKind
  /** Catalog id of the model it serves; null: every model of its dialects. */
  readonly model: string | null
  /** The upstream's own name for the model; null when it is the name that the client wrote. */
  readonly upstreamModel: string | null
  readonly region: string
  /** Whether what it serves is simulated. */
  readonly simulated: boolean
  /** Lower ones are used first; higher ones only when no lower one can serve. */
  readonly priority: number
  /** Its share among deployments of the same priority. */
  readonly weight: number
  /** Ceilings of our account there, per minute; null when none is known. */
  readonly rpm: number | null
  readonly tpm: number | null
  /** The most output tokens of one answer there; null when it is the model's. */
  readonly outputTokensMax: number | null
  /** What is charged, and what is paid to the vendor, in millionths of the list price. */
  readonly pricePpm: bigint
  readonly costPpm: bigint
  /** What becomes of an answer whose client has left: read to its end for its real usage, or cut off and counted. */
  readonly onAbort: 'drain' | 'cut'
  /** Whether its failures keep calls away from it for a while. A sandbox fails when it is asked to. */
  readonly isTracked: boolean
  readonly adapter: Adapter
}

/** What a deployment must know of a model. */
export type ServedModel = {
  readonly id: string
  readonly dialect: DialectName
  readonly kind: string
  /** Whether it is an operator's own, which no vendor knows. */
  readonly isOwn: boolean
}

/** The upstream's name for a model: the deployment's own, the provider's stand-in, or the name that it was asked by. */
export const upstreamModelOf = (
  { upstreamModel, adapter }: Pick<Deployment, 'upstreamModel' | 'adapter'>,
  model: ServedModel,
  asked: string,
): string => upstreamModel ?? adapter.standIn?.(model) ?? asked

/** A call in the dialect's own terms, before a provider's ways are applied to it. */
export type UpstreamCall = {
  readonly dialect: DialectName
  /** Path and query behind the dialect's base: `/chat/completions`, `/models/gemini-3.5-flash:generateContent?alt=sse`. */
  readonly path: string
  /** The upstream's own name for the model. */
  readonly model: string
  /** The service tier that the client asked for, where the provider wants it in a header; null for none. */
  readonly tier: string | null
}

/** Where a call goes, with every header that our credential needs. */
export type Address = { readonly url: string; readonly headers: Readonly<Record<string, string>> }

/** What a body is for: the operations of a dialect differ in what they take. */
export type Purpose = { readonly dialect: DialectName; readonly operation: OperationName }

/** Operations that a provider is asked as something else, and what that calls a limit of output. */
export type Translates = { readonly operations: readonly OperationName[]; readonly limitName: string }

/** What one kind of provider does differently. Stateless but for an access token. */
export type Adapter = {
  readonly dialects: readonly DialectName[]
  /** What it can be asked at all: a call of another kind never goes there. */
  readonly operations: readonly OperationName[]
  /** Those of them that it does not have itself, and is asked as something else. Left out where it has them all. */
  readonly translates?: Translates
  /** The provider's model that answers for one that it does not know; null when it is asked by its name. Left out where there is never one. */
  readonly standIn?: (model: ServedModel) => string | null
  /** Waits only for an access token. Rejects when none can be had, with an error that holds no secret. */
  readonly address: (call: UpstreamCall) => Address | Promise<Address>
  /** Changes the JSON text of a body where this provider needs it changed, in place; null when it never does. */
  readonly rewriteBody: ((text: string, purpose: Purpose) => string) | null
  /** Whether it knows `stream_options.include_usage`. */
  readonly reportsStreamUsage: boolean
  /** Whether its streams carry chunks that say nothing to the client (content filter results with an empty id). */
  readonly hasAnnotationChunks: boolean
  /** Reads an answer whose status is not 200. */
  readonly refusal: (refused: Refused) => Refusal
  /** Forgets an access token that was refused; true when a fresh one may be accepted. */
  readonly renewCredential: () => boolean
  /** What the headers of an answer say is left of our account's limits; null when they say nothing. */
  readonly standing: (headers: ResponseHeaders, dialect: DialectName) => RateStanding | null
}

export type Refused = {
  readonly dialect: DialectName
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Uint8Array
  /** The model's name at the upstream and as the client wrote it: one must not be shown, the other may. */
  readonly upstreamModel: string
  readonly askedModel: string
}

/**
 * Whose fault a refusal is, which decides what becomes of it.
 * `client`, `policy`: told to the client in the vendor's own words, never tried elsewhere.
 * `rate`: too much at the moment. `quota`: our account is out of money or of its daily share.
 * `credential`: our key or token is not accepted. `missing`: the model is not there for our account.
 * `conflict`, `timeout`, `upstream`: the vendor's own trouble.
 */
export type Fault =
  | 'client'
  | 'policy'
  | 'rate'
  | 'quota'
  | 'credential'
  | 'missing'
  | 'conflict'
  | 'timeout'
  | 'upstream'

export type Refusal = {
  readonly fault: Fault
  /** When the upstream says that trying again can help, ms from now; null when it does not say. */
  readonly retryAfterMs: number | null
  /** The vendor's body in the dialect's complete envelope, without anything of our account; for `client` and `policy`. */
  readonly body: Uint8Array
}

/** Rate limits of our account as the vendor last told them; null where it did not. */
export type RateStanding = {
  readonly requestsLeft: number | null
  readonly tokensLeft: number | null
  /** ms from now until each is whole again. */
  readonly requestsResetMs: number | null
  readonly tokensResetMs: number | null
}
