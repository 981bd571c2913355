/** What a response is made from: the responses or the conversation before it, and the items of its own call. */
import type { Exchange } from '../../exchange.ts'
import { Refusal } from '../../refusal.ts'
import { conversationOf } from '../conversations/kept-conversation.ts'
import { doneItem } from './output-item.ts'
import type { Item } from './item-fields.ts'
import { keptItems, refuseForeignSeals } from './kept-item.ts'
import type { ResponseCall } from './response-fields.ts'
import type { KeptItem, StoredResponse } from './stored-response.ts'

/** `items` are all, the oldest first; `input` those of the call alone, as they are kept. */
export type Context = {
  readonly items: readonly Item[]
  readonly input: readonly KeptItem[]
  readonly conversationId: string | null
}

export type Continued = Pick<ResponseCall, 'input' | 'previous_response_id' | 'conversation'>

/** Gathers the context of a call; refuses with 400 or 404 what it refers to and is not there. `id` is of what is made. */
export function contextOf(call: Continued, exchange: Exchange, id: string): Context {
  const { previous_response_id: previousId, conversation } = call
  if (previousId && conversation)
    throw new Refusal(
      400,
      "Mutually exclusive parameters: ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
      { param: 'conversation', code: 'mutually_exclusive_parameters' },
    )
  const conversationId = typeof conversation === 'string' ? conversation : (conversation?.id ?? null)
  const earlier = previousId
    ? chainOf(exchange, previousId)
    : conversationId
      ? conversationOf(exchange, conversationId).items
      : []
  const input = givenItems(call.input ?? [], exchange, { id, from: 0, earlier })
  return { items: [...earlier, ...input], input, conversationId }
}

/** Whose items they become, how many it had before, and which ones may be referred to. */
type Place = { readonly id: string; readonly from: number; readonly earlier: readonly Item[] }

/** Items as they are kept, references resolved; refuses with 400 or 404 what is of another account, or nowhere. */
export function givenItems(
  input: string | readonly Item[],
  exchange: Exchange,
  { id, from, earlier }: Place,
): readonly KeptItem[] {
  const items = keptItems(input, id, from).map((item) => resolved(exchange, item, earlier))
  refuseForeignSeals(items, exchange.cacheOwner)
  return items
}

/** What was said up to a stored response and in it, the oldest first. */
function chainOf({ shelves, cacheOwner }: Exchange, lastId: string): readonly Item[] {
  const chain: (readonly Item[])[] = []
  for (let id: string | null = lastId; id !== null;) {
    const stored: StoredResponse | undefined = shelves.responses.get(cacheOwner, id)
    // One of the background is there to be asked for, stored or not.
    if (stored?.run.asked['store'] !== true)
      throw new Refusal(400, `Previous response with id '${id}' not found.`, {
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      })
    const phase = stored.job?.phase()
    if (phase === 'queued' || phase === 'in_progress')
      throw new Refusal(400, `Previous response with id '${id}' is still in progress.`, {
        param: 'previous_response_id',
      })
    chain.push([...stored.input, ...outputOf(stored)])
    id = stored.previousId
  }
  return chain.toReversed().flat()
}

/** The output of a stored response, as items that may be said again; none of one that failed, or is not made. */
export const outputOf = ({ run, job }: Pick<StoredResponse, 'run' | 'job'>): readonly KeptItem[] =>
  run.ending.status === 'failed' || (job !== null && job.phase() !== 'over')
    ? []
    : run.items.map((item) => doneItem(item) as KeptItem)

/** The item that is referred to; another item as it is. */
function resolved(exchange: Exchange, item: KeptItem, earlier: readonly Item[]): KeptItem {
  if (item.type !== 'item_reference') return item
  const { id } = item
  const found = earlier.find((each) => each.id === id) ?? itemOfResponse(exchange, id)
  if (found) return found as KeptItem
  throw new Refusal(
    404,
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    { param: 'input' },
  )
}

/** An item's id has that of its response in it. */
function itemOfResponse({ shelves, cacheOwner }: Exchange, id: string): KeptItem | undefined {
  const stored = shelves.responses.get(cacheOwner, `resp_${id.slice(id.indexOf('_') + 1).slice(0, 32)}`)
  return stored && [...stored.input, ...outputOf(stored)].find((item) => item.id === id)
}
