/** Lists in pages, as OpenAI cuts them: `after` an id, `limit` and `order` by time. */
import { Refusal } from '../refusal.ts'

type Bounds = { readonly limit: number; readonly limitMax: number; readonly order?: 'asc' | 'desc' }

/** A page of `items`, which begin with the newest; refuses a limit or an order that there is not. */
export function pageOf<Item extends { readonly id: string }>(
  items: readonly Item[],
  { searchParams }: URL,
  { limit: limitUsual, limitMax, order: orderUsual = 'desc' }: Bounds,
  describe: (item: Item) => { readonly id: string },
): object {
  const limit = Number(searchParams.get('limit') ?? limitUsual)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw invalid(`Invalid 'limit': Expected an integer between 1 and ${limitMax}.`, 'limit')
  const order = searchParams.get('order') ?? orderUsual
  if (order !== 'asc' && order !== 'desc')
    throw invalid(`Invalid value: '${order}'. Supported values are: 'asc' and 'desc'.`, 'order')
  const ordered = order === 'desc' ? items : items.toReversed()
  const after = searchParams.get('after')
  const from = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1
  if (after !== null && from === 0) throw invalid(`Invalid 'after': there is no '${after}'.`, 'after')
  const data = ordered.slice(from, from + limit).map(describe)
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < ordered.length,
  }
}

const invalid = (message: string, param: string): Refusal => new Refusal(400, message, { code: 'invalid_value', param })
