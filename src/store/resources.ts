/**
 * What customers make at a provider and name by its id afterwards: files, videos, responses. Each is pinned to the
 * account that made it, and belongs to one organization and mode. Whoever asks for it says whose it must be, and the
 * look-up itself is by that: an id of somebody else is as unknown as one that never was.
 */
import type { Mode } from './mode.ts'

/** A new kind is a word in this list. */
export const resourceKinds = [
  'file',
  'video',
  'character',
  'response',
  'response.item',
  'conversation',
  'chat.completion',
] as const
export type ResourceKind = (typeof resourceKinds)[number]

/** What a list can be narrowed by, as names and values: a file's `purpose`, the metadata of a stored completion. */
export type Labels = Readonly<Record<string, string>>

/** Whose it must be, what it must be, and its id as the client has it. */
export type ResourceKey = {
  readonly organizationId: string
  readonly mode: Mode
  readonly kind: ResourceKind
  readonly id: string
}

/** Times are epoch ms. */
export type Resource = ResourceKey & {
  /** The key that made it. Every key of its organization and mode may use it. */
  readonly keyId: string
  /** The account that has it: a provider, in a region. */
  readonly provider: string
  readonly region: string
  /** The deployment that made it; `none` where no model was named. */
  readonly deployment: string
  /** What the provider calls it; normally `id`. */
  readonly upstreamId: string
  /** null where no model was named. */
  readonly model: string | null
  /** Whose receipt tells of it; null where its making was free. */
  readonly requestId: string | null
  /** The id of what it was made from or belongs to: the conversation, the response before, the video that was remixed. */
  readonly parent: string | null
  readonly labels: Labels
  readonly createdAt: number
  /** From then on it is unknown; null: never. */
  readonly expiresAt: number | null
}

/** With the object that its provider last gave, as JSON text, for lists; null where it is not kept: see `objectCharsMax`. */
export type KeptResource = Resource & { readonly object: string | null }

/** What a request made, in its settlement, which tells the rest: whose, where, with which model. No object is kept of it. */
export type MadeResource = Pick<
  Resource,
  'kind' | 'id' | 'provider' | 'upstreamId' | 'parent' | 'labels' | 'createdAt' | 'expiresAt'
>

/** What a settlement says of whatever its request made; `upstream` is the deployment. */
export type Maker = Omit<Resource, keyof MadeResource | 'deployment'> & { readonly upstream: string }

/** The resource that a request made. */
export const madeBy = (made: MadeResource, maker: Maker): Resource => ({
  kind: made.kind,
  id: made.id,
  organizationId: maker.organizationId,
  mode: maker.mode,
  keyId: maker.keyId,
  provider: made.provider,
  region: maker.region,
  deployment: maker.upstream,
  upstreamId: made.upstreamId,
  model: maker.model,
  requestId: maker.requestId,
  parent: made.parent,
  labels: made.labels,
  createdAt: made.createdAt,
  expiresAt: made.expiresAt,
})

export type ResourceChanges = Partial<Pick<KeptResource, 'object' | 'labels' | 'expiresAt'>>

export type ResourceOrder = 'asc' | 'desc'

/** A page of an organization's resources of a kind, by when they were made. */
export type ResourceQuery = Omit<ResourceKey, 'id'> & {
  /** Epoch ms: what is expired by then is left out. */
  readonly at: number
  readonly order: ResourceOrder
  /** The page begins behind this id, in its order; a deleted one will do. */
  readonly after: string | null
  /** The page ends before this id, in its order. */
  readonly before: string | null
  readonly limit: number
  /** null: of every model, and of none. */
  readonly model: string | null
  /** All of these, and whatever else. */
  readonly labels: Labels
}

/** `hasMore`: there are others of the query behind it, or before it where it was asked for by `before` alone. */
export type ResourcePage = { readonly resources: readonly KeptResource[]; readonly hasMore: boolean }

/** A longer object, and one that is no JSON, is not kept: whoever lists it asks its provider. */
export const objectCharsMax = 64 * 1024
/** The objects of one page have no more, but for one; the rest is on the next, so that nobody's names for their things can fill the memory. */
export const pageCharsMax = 8 * 1024 * 1024
/** A list that is narrowed looks at this many behind its cursor, so that none can hold up the store. */
export const narrowedMax = 10_000

/** Resources in the store; `resources-contract.ts` is the promise. */
export interface ResourceStore {
  /** On the disk when it resolves, and not before may its id be given out. An id that its provider gives out again stands for the newest. */
  createResource(resource: KeptResource): Promise<void>
  /** Each as it is at a time (epoch ms), or null where there is none: never was, deleted, expired, of another kind, mode or organization. */
  findResources(keys: readonly ResourceKey[], at: number): Promise<(Resource | null)[]>
  /** null where `after` or `before` is no id of this organization, mode and kind. */
  listResources(query: ResourceQuery): Promise<ResourcePage | null>
  /** What it now is, or null, and without effect, where `findResources` would not find it. */
  updateResource(key: ResourceKey, changes: ResourceChanges, at: number): Promise<KeptResource | null>
  /** false, and without effect, where `findResources` would not find it. */
  deleteResource(key: ResourceKey, at: number): Promise<boolean>
  /** Forgets at most `max` that were deleted or expired before a time; tells how many. */
  forgetResources(before: number, max: number): Promise<number>
}
