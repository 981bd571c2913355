/** Operations on what an account keeps, by its id: they are free, go to the account that made it, and pass as they are. */
import type { OperationName } from '../../../upstreams/deployment.ts'
import type { ResourceKind } from '../../../store/resources.ts'
import type { AnswerReader, Effects, JsonBody, Reference, WholeReader } from '../../dialect.ts'
import type { Method, Operation, Params } from '../../operation.ts'
import { isMembers } from '../merge-usage.ts'
import { nothingCounted, unmetered } from '../unmetered.ts'
import { openai, openaiHeaders } from './envelope.ts'

type Kept = {
  readonly name: OperationName
  readonly method: Method
  /** With `{id}`, which names what is kept. */
  readonly path: string
  readonly kind: ResourceKind
  readonly unknown: (id: string) => Reference['unknown']
  /** The path at an upstream, of parameters that are encoded. */
  readonly upstreamPath: (params: Params) => string
  readonly body?: Operation['body']
  /** Throws for a body that must not go upstream. */
  readonly check?: (body: JsonBody) => void
  readonly before?: Operation['before']
  readonly effects?: Effects
  readonly answer?: (query: URLSearchParams) => AnswerReader
}

const nothing = new Uint8Array(0)

export function keptOperation(kept: Kept): Operation {
  const { name, method, path, kind, unknown, upstreamPath, check, effects = 'none', answer = () => keptReader } = kept
  const body = kept.body ?? ({ kind: 'none', bytesMax: 0 } as const)
  return {
    name,
    dialect: openai,
    method,
    path,
    kinds: [],
    body,
    passes: openaiHeaders,
    due: 'free',
    effects,
    ...(kept.before && { before: kept.before }),
    read(sent, params, query) {
      check?.(sent)
      const { id = '' } = params
      return {
        target: { kind: 'resource', reference: { kind, id, field: 'id', unknown: unknown(id) } },
        demand: null,
        wire: {
          path: (upstreamId) => `${upstreamPath(encoded({ ...params, id: upstreamId }))}${queryText(query)}`,
          body: () => (body.kind === 'none' ? nothing : sent.bytes),
          answer: answer(query),
        },
        effects,
        affinity: () => null,
      }
    },
  }
}

const encoded = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, encodeURIComponent(value)]))
const queryText = (query: URLSearchParams): string => (query.size === 0 ? '' : `?${query.toString()}`)

/** What is kept, as it is now: an error that it has is its own, and none of this call. */
export const keptReader: WholeReader = {
  kind: 'whole',
  read(answer, headers) {
    const kept: unknown = JSON.parse(new TextDecoder().decode(answer))
    return isMembers(kept) && typeof kept['object'] === 'string' ? nothingCounted : unmetered.read(answer, headers)
  },
}

/** It is no more. */
export const deletedReader: AnswerReader = {
  kind: 'whole',
  read: (answer, headers) => ({ ...keptReader.read(answer, headers), become: 'deleted' }),
}
