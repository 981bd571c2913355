/**
 * The shape of a dialect, the wire format of one SDK family, as the request path sees it: pure
 * functions that read what we route and bill on out of bytes that are otherwise left alone.
 */
import type { FieldChanges, Form } from '../lib/form/contract.ts'
import type { ResponseHeaders } from '../lib/http-client/contract.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import type { Strings } from '../lib/json-skeleton.ts'
import type { Source } from '../lib/source.ts'
import type { ServiceTier } from '../money/price-book.ts'
import type { Usage } from '../money/usage.ts'
import type { KeptResource, Resource, ResourceChanges, ResourceKind } from '../store/resources.ts'
import type { Adapter } from '../upstreams/deployment.ts'
import type { ErrorInAnswer } from '../upstreams/refusals/error-in-answer.ts'
import type { GatewayError } from './errors.ts'

export type Dialect = {
  readonly name: 'openai' | 'genai'
  /**
   * A failure in the dialect's own envelope, with the status and headers its SDKs understand, and a link to what helps.
   * `baseUrl`: where the client reached this server; left out where that is not known.
   */
  readonly errorAnswer: (error: GatewayError, baseUrl?: string) => HttpAnswer
  /** What may stand between two records of an event stream and is overlooked by the dialect's SDKs. */
  readonly heartbeat: string
  /** The text that ends a stream whose upstream broke after the status was sent, as a last record. */
  readonly streamError: (error: GatewayError) => string
}

/** The body as sent, its text, and the same text parsed: `json` is only ever read. Of a large body's long strings both have the beginning; `strings` knows the rest. */
export type JsonBody = {
  readonly bytes: Uint8Array
  readonly strings: Strings
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** A form, kept as it came, and what of it is to be said otherwise. */
export type FormBody = { readonly form: Form; readonly changes: FieldChanges }
/** A form that passes as it comes, and is known to nobody here. It can be sent once. */
export type StreamBody = { readonly stream: Source; readonly contentType: string; readonly isSpent: () => boolean }
export type Body = JsonBody | FormBody | StreamBody
export const isForm = (body: Body | Uint8Array): body is FormBody => 'form' in body
export const isStream = (body: Body | Uint8Array): body is StreamBody => 'stream' in body

/** What a client asks for: of what, for what money, how that is said to an upstream, and what may be left of it there. */
export type Asked = {
  readonly target: Target
  /** null: it costs nothing, and is served without a hold. */
  readonly demand: Demand | null
  readonly wire: Wire
  /** Both, where they depend on what is known of the things that it names by their ids. */
  readonly askedOf?: (known: readonly Resource[]) => Pick<Asked, 'demand' | 'wire'>
  /** How it is asked of an upstream that does not have its operation. Left out where nothing else is like it. */
  readonly translation?: Translation
  readonly effects: Effects
  /** What of it an upstream's prompt cache may know already; null when it is too short to be cached. */
  readonly affinity: () => string | null
}

/**
 * What is asked: a model, by the name that the client wrote, less what the dialect adds to it; something that was made
 * before, by its id; or whichever account of a provider serves the operation.
 */
export type Target =
  | { readonly kind: 'model'; readonly name: string; readonly references?: readonly Reference[] }
  | { readonly kind: 'resource'; readonly reference: Reference }
  | { readonly kind: 'provider' }

/** Something that was made before, and that only the account which made it knows. */
export type Reference = {
  readonly kind: ResourceKind
  readonly id: string
  /** The field that names it, in the dialect's own spelling. */
  readonly field: string
  /** What the vendor says where there is no such thing. */
  readonly unknown: () => GatewayError
  /**
   * What becomes of one that is not known, which is refused otherwise. `of-one-account`: it may all the same be there,
   * where only one account can have made it. `cut-out`: it is sent without its id, for it brings what it stands for.
   */
  readonly ifUnknown?: 'of-one-account' | 'cut-out'
}

/** What a call may leave behind at its upstream: nothing; a record that another upstream may make as well, while nothing was answered; or something that must never be done twice. */
export type Effects = 'none' | 'leaves-record' | 'acts'

/** What a call may use, in the terms of billing, and nothing else. */
export type Demand = {
  /** What it begins goes on behind its answer, and is charged when that has ended: `reserve`, not `settle`. */
  readonly isDeferred?: boolean
  readonly input: {
    /** No reading of this call can count more tokens than this, whatever the tokenizer; infinite for whatever the model takes. */
    readonly max: number
    /** Whether that rests on what so many bytes of media hold, or on what the upstream's own tools read, at most as a rule. */
    readonly isAssumed: boolean
    /** A fair guess, for rate limits and for a stream whose end this process does not live to see. */
    readonly guess: number
  }
  /** null where none can come out that is counted (embeddings). */
  readonly output: {
    /** The most tokens that the client allows, over all answers; null when it leaves that to the model. */
    readonly max: number | null
    /** How many answers are asked for (`n`, `candidateCount`): the model's own limit holds for each. */
    readonly answers: number
    /** Fewer tokens than this are of no use: a request that cannot afford them is refused, not clamped. */
    readonly floor: number
    /** What of it so many tokens would do for, to be said where credit is short; null for nothing of it. Left out where output is cut short instead. */
    readonly fitting?: (tokens: number) => Fit | null
  } | null
  /**
   * What the vendor says of a number that is the upstream's to judge, such as `max_tokens: 0`. It is sent as it came, never
   * replaced by a limit of ours, and held as if no limit were stated; where credit does not cover that, this is said by
   * us. null where there is no such number.
   */
  readonly judged: GatewayError | null
  /** Things with a price of their own that the call may use: at most, or as a rule at most where that is assumed. */
  readonly pieces: Usage
  /** The same at worst, where it is only assumed. */
  readonly piecesMax?: Usage
  /** The model that the upstream may ask as a tool, and the field that says so. */
  readonly tool?: { readonly modelName: string; readonly field: string } | null
  /** Service tiers the answer may be charged at. */
  readonly tiers: readonly ServiceTier[]
  /** The prompt, to be counted by us when the vendor's figures are of no use. */
  readonly prompt: () => Written
}

/** How a call is said to an upstream, and how its answer is read. */
export type Wire = {
  /** Path and query at the upstream, with the upstream's own name for what is asked. */
  readonly path: (upstreamName: string) => string
  /** The bytes to send, changed only where they must be: an output limit for each answer, a model name. A source for each attempt. */
  readonly body: (change: UpstreamChange) => Uint8Array | Source
  /** JSON where it is left out. */
  readonly contentType?: string
  /** Whether the bytes are gone, so that they cannot be sent again; never where it is left out. */
  readonly isSpent?: () => boolean
  readonly answer: AnswerReader
}

/** A call said as another operation. */
export type Translation = {
  /** `limitName`: what the upstream calls a limit of output. Made for each attempt. */
  readonly wire: (limitName: string) => Wire
  /** What of it cannot be said so, by the name of its field; null for nothing. */
  readonly refused: GatewayError | null
}

/** How an answer is read: whole, record by record as it comes, or not at all: then its bytes pass, whatever they are. */
export type AnswerReader = WholeReader | RecordsReader | { readonly kind: 'bytes' }

export type WholeReader = {
  readonly kind: 'whole'
  /** Reads what a complete answer says of itself; throws when it is not what the dialect promises. */
  readonly read: (answer: Uint8Array, headers: ResponseHeaders) => Reading
  /** One that could be read, as the client is given it. Left out where that is the same. */
  readonly retold?: (answer: Uint8Array) => Uint8Array
}

export type RecordsReader = {
  readonly kind: 'records'
  /** The framing that was asked for; that of a stream is told by its first bytes. */
  readonly framing: Framing
  /** Events were asked for, and a stream that comes as an array is given as such. */
  readonly retellsArrays?: true
  /** Follows a streamed answer. */
  readonly follow: (headers: ResponseHeaders, ways: StreamWays) => StreamReader
  /** One that came in one piece, as the stream that was asked for: read as a whole one is, and told as a stream. */
  readonly read: WholeReader['read']
  readonly asStream: (answer: Uint8Array) => Uint8Array
}

/** What would fit, in words that go on a sentence, and as facts for programs. */
export type Fit = { readonly words: string; readonly facts: Readonly<Record<string, string>> }

/** How a stream comes, and how its provider streams, where providers differ. */
export type StreamWays = Pick<Adapter, 'reportsStreamUsage' | 'hasAnnotationChunks'> & {
  readonly framing: Framing
  /** A longer record is an error. */
  readonly recordBytesMax: number
}
/** What holds the records of a stream: server-sent events, or the elements of one JSON array. */
export type Framing = 'sse' | 'array'

export type UpstreamChange = {
  /** Output tokens for each answer; null leaves the client's own limit, or none. */
  readonly outputTokensPerAnswer: number | null
  /** null when the upstream knows the model by the name that the client sent. */
  readonly upstreamModel: string | null
  /** Whether the upstream can be asked for the usage of a stream. */
  readonly reportsStreamUsage: boolean
  /** The provider's own change to the text of a body; null for none. */
  readonly rewrite: Adapter['rewriteBody']
}

/** What a vendor's figures come to. */
export type Counted = {
  /** Disjoint classes, of what was told in figures of use: a side without any is counted by ourselves. null when there is none at all. */
  readonly usage: Usage | null
  /** Some of the figures cannot be true or contradict each other. */
  readonly mismatch: boolean
  /** Some figures stand under names that we do not know, and are in no class. */
  readonly hasUnknown: boolean
}

/** What was written, to be counted without the vendor: text by tokenizer; what else counts, such as media, by rules. */
export type Written = { readonly text: string; readonly other: Usage }

/** What an answer said of itself. */
export type Reading = Counted & {
  /** The model and the tier that really served, where the answer names them. */
  readonly servedModel: string | null
  readonly tier: ServiceTier | null
  /** The vendor's usage as it was sent, for the receipt. */
  readonly vendorUsage: unknown
  /** What the client was given, to be counted by us when the vendor's figures are of no use. */
  readonly output: () => Written
  /** What was made that has an id of its own, where anything was. */
  readonly made?: readonly Made[]
  /** How many pictures were made; none where it is left out. */
  readonly images?: number
  /** What has become of what was asked for by its id, where anything has: it is no more, or is told anew. */
  readonly become?: 'deleted' | ResourceChanges
}

/** What an answer says of something that it made. `object`: the vendor's JSON, where lists tell of it. */
export type Made = Pick<KeptResource, 'kind' | 'id' | 'parent' | 'labels' | 'createdAt' | 'expiresAt' | 'object'>

/**
 * How far a stream has come. A connection's end alone proves nothing, nor do running totals of usage:
 * `silent`: nothing of an answer, comments at most. `open`: a part of it. `finished`: every choice has said why it
 * ends, and usage may follow. `whole`: that has come too, with the end or behind it, and nothing more is needed. `over`: its own end has come,
 * behind which nothing belongs to it. `failed`: it reported an error, or its own end before anything else.
 */
export type StreamState = 'silent' | 'open' | 'finished' | 'whole' | 'over' | 'failed'

/** Follows the bytes of one stream. Nothing in it waits. */
export type StreamReader = {
  /**
   * Takes bytes from the upstream and gives those for the client, in whole records: the same ones, unless something
   * must be taken out. Nothing behind the answer's own end, and no error in the upstream's words, is for the client.
   * Throws a `TooLongError`.
   */
  readonly take: (bytes: Uint8Array) => Uint8Array
  /** The upstream has closed, so that what has come of another record is all of it; gives what of it is for the client. */
  readonly close: () => Uint8Array
  readonly state: () => StreamState
  /** Whether a part of the answer has come, whatever has become of it. */
  readonly hasBegun: () => boolean
  /** How often a choice has said that it ends: some servers say so with every record, and go on. */
  readonly ends: () => number
  /** The error that it reported. */
  readonly error: () => ErrorInAnswer | null
  /** The dialect's last record, which ends a stream that broke off, as this one says it. Left out where it says it so. */
  readonly lastWords?: (record: string) => string
  readonly reading: () => Reading
}
