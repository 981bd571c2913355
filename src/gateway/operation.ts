/**
 * An operation is one endpoint of a dialect, and a row of the route table: all that the path must know of a call before
 * it has read it. Nowhere else is there a list of endpoints, nor a switch on their names.
 */
import type { Model, ModelKind } from '../catalog/catalog.ts'
import type { FormLimits } from '../lib/form/contract.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import type { Resource } from '../store/resources.ts'
import type { JobState } from '../money/reservations.ts'
import type { Reservation } from '../store/reservations.ts'
import type { KeyRow } from '../store/store.ts'
import type { OperationName } from '../upstreams/deployment.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked, Dialect, Effects, FormBody, JsonBody, StreamBody } from './dialect.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Where an operation is found. */
type Row = {
  readonly dialect: Dialect
  readonly method: Method
  /**
   * With the root of its dialect, and parameters in braces: `/v1/files/{id}/content`. A parameter is one part of the
   * path, but for `{model}`: names of models may have slashes in them. The router overlooks slips of spelling.
   */
  readonly path: string
}

/** What an operation's body is, and the most bytes of it. Where it has none, what a client sends there is not read. */
export type BodyRule =
  | { readonly kind: 'none'; readonly bytesMax: 0 }
  | { readonly kind: 'json'; readonly bytesMax: number }
  | FormRule

/** A form, or JSON of at most `bytesMax`. */
export type FormRule = {
  readonly kind: 'form'
  readonly bytesMax: number
  readonly formBytesMax: number
  /** It passes as it comes, unless its call has an idempotency key, which stands for all that is asked under it. */
  readonly passesOn?: boolean
  readonly limits: FormLimits
}

export type AskJob = (reservation: Reservation, signal: AbortSignal, deps: GatewayDeps) => Promise<JobState>

/** When a call is charged: never, when its answer has ended, or when what it began has. */
export type Due = 'free' | 'at-end' | 'deferred'

/** What is asked of an upstream. */
export type Operation = Row & {
  /** As reports show it, and adapters say that they serve it. */
  readonly name: OperationName
  /** The kinds of model it can be asked of; none where no model is named. */
  readonly kinds: readonly ModelKind[]
  readonly body: BodyRule
  /** Names of headers of the client's that mean something to an upstream. Never a credential, and nothing that we do not know. */
  readonly passes: readonly string[]
  readonly due: Due
  /** Asks a provider what became of a job that a call of this operation began; see `reserve`. Rejects where it cannot be asked. */
  readonly askJob?: AskJob
  /** As a rule; a call may say otherwise of itself. */
  readonly effects: Effects
  /** What must be done before it is asked of an upstream; throws, or rejects with, what keeps it from being asked. */
  readonly before?: (call: Call, deps: GatewayDeps) => Promise<void>
  /** Reads what we route and bill on; throws `invalid_request` naming the field and what is allowed. */
  readonly read: (body: JsonBody, params: Params, query: URLSearchParams) => Asked
  /** The same of a form, where the operation takes one. */
  readonly readForm?: (body: FormBody, params: Params) => Asked
  readonly readStream?: (body: StreamBody) => Asked
}

/** What is answered from what we know ourselves, such as the list of models, to whoever has a key. */
export type KnownOperation = Row & {
  readonly name: 'models' | 'receipts' | 'chat.completions.list' | 'files.list' | 'videos.list' | 'credits' | 'usage'
  readonly answer: (
    asked: Omit<Inbound, 'operation'>,
    key: KeyRow,
    deps: GatewayDeps,
  ) => HttpAnswer | Promise<HttpAnswer>
}

/** A row of the route table. */
export type Route = Operation | KnownOperation

/** The values of a path's parameters, by name. */
export type Params = Readonly<Record<string, string>>

/** What the URL of a request comes to. */
export type Inbound = {
  readonly operation: Operation
  /** `deployment` is the model that Azure's clients name in the path; see `parse`. */
  readonly params: Params
  readonly query: URLSearchParams
  /** The region policy that the URL chooses for this request; null when it says nothing. */
  readonly region: string | null
}

/** A call: what was asked of which operation, resolved against the catalog. */
export type Call = {
  readonly operation: Operation
  readonly asked: Asked
  /** null where none is named. */
  readonly model: Model | null
  /** What it names by id. All of it is in one account, where the call must go. */
  readonly resources: readonly Resource[]
  /** The one that the upstream may ask as a tool, at a price of its own. */
  readonly toolModel: Model | null
  /**
   * What is asked, by its name at upstreams: of a model, where they have none of their own for it, as the client wrote it,
   * but never an alias; of something else the id that its account gave it; empty where nothing has a name.
   */
  readonly sentName: string
}
