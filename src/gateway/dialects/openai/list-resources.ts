/** Lists of what an organization has made, from our own table: the accounts behind it are everybody's. */
import { jsonAnswer, type HttpAnswer } from '../../../lib/http-server/contract.ts'
import type { KeptResource, Labels, ResourceKind, ResourceOrder } from '../../../store/resources.ts'
import type { KeyRow } from '../../../store/store.ts'
import type { GatewayDeps } from '../../deps.ts'
import { GatewayError, invalid } from '../../errors.ts'

type Listed = {
  readonly kind: ResourceKind
  readonly limit: number
  readonly limitMax: number
  readonly labels: Labels
  /** Of every model, unless one is named. */
  readonly model?: string | null
  readonly order?: ResourceOrder
  /** One without its object, as a list has it. */
  readonly shown?: (kept: KeptResource) => object
}

/** A page as OpenAI gives it: `after` an id, `limit` and `order` by time. Throws `invalid_request`, and `billing_unavailable` where the store is away. */
export async function listResources(
  { kind, limit, limitMax, labels, model = null, order = 'desc', shown = bare }: Listed,
  query: URLSearchParams,
  { organizationId, mode }: KeyRow,
  { resources }: Pick<GatewayDeps, 'resources'>,
): Promise<HttpAnswer> {
  const page = await resources
    .list({
      organizationId,
      mode,
      kind,
      labels,
      model,
      order: orderIn(query, order),
      after: query.get('after'),
      before: query.get('before'),
      limit: limitIn(query, limit, limitMax),
    })
    .catch(storeAway)
  if (!page) throw invalid('after', `Invalid 'after': there is no '${(query.get('after') ?? '').slice(0, 80)}'.`)
  const data = page.resources.map((kept) => (kept.object === null ? shown(kept) : (JSON.parse(kept.object) as unknown)))
  const ids = page.resources.map(({ id }) => id)
  return jsonAnswer({
    object: 'list',
    data,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null,
    has_more: page.hasMore,
  })
}

/** What we know ourselves of what its account gave in too many words. */
const bare = ({ id, kind, createdAt }: KeptResource): object => ({
  id,
  object: kind,
  created_at: Math.floor(createdAt / 1_000),
})

function limitIn(query: URLSearchParams, usual: number, max: number): number {
  const text = query.get('limit') ?? String(usual)
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > max)
    throw invalid('limit', `Invalid 'limit': expected an integer from 1 to ${max}, but got '${text.slice(0, 20)}'.`)
  return limit
}

function orderIn(query: URLSearchParams, usual: ResourceOrder): ResourceOrder {
  const order = query.get('order') ?? usual
  if (order === 'asc' || order === 'desc') return order
  throw invalid(
    'order',
    `Invalid value: '${order.slice(0, 20)}'. Supported values are: 'asc' and 'desc'.`,
    'invalid_value',
  )
}

const awayMs = 2_000

function storeAway(cause: unknown): never {
  throw new GatewayError('billing_unavailable', 'Lists are not available for a moment. Try again shortly.', {
    retryAfterMs: awayMs,
    cause,
  })
}
