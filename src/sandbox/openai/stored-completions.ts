/** Chat completions that were made with `store: true`: listed, asked for again, their metadata changed, deleted. */
import { z } from 'zod'
import type { Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Reply } from '../reply.ts'
import { Metadata, refuseMetadata, type ChatCall } from './chat-fields.ts'
import { parseOpenai } from './errors.ts'
import { pageOf } from './page.ts'
import type { StoredCompletion } from './stored-completion.ts'

/** Keeps a completion; `body` is what it was answered with, or would have been. */
export function keepCompletion(exchange: Exchange, call: ChatCall, id: string, body: object): void {
  const { shelves, cacheOwner, id: requestId } = exchange
  const asked = {
    request_id: requestId,
    tool_choice: call.tool_choice ?? null,
    tools: call.tools ?? null,
    seed: call.seed ?? null,
    top_p: call.top_p ?? 1,
    temperature: call.temperature ?? 1,
    presence_penalty: call.presence_penalty ?? 0,
    frequency_penalty: call.frequency_penalty ?? 0,
    input_user: call.user ?? null,
    response_format: call.response_format ?? null,
  }
  const { model, messages, metadata } = call
  const kept = { id, model, body: { ...body, ...asked }, messages, metadata: metadata ?? {} }
  shelves.completions.put(cacheOwner, id, kept, JSON.stringify(kept).length)
}

/** GET /chat/completions: the oldest first unless told, of one model and with such metadata if asked. */
export function listCompletions(exchange: Exchange): Reply {
  const { shelves, cacheOwner, url } = exchange
  const model = url.searchParams.get('model')
  const wanted = [...url.searchParams].flatMap(([key, value]) => {
    const [, name] = /^metadata\[(.*)\]$/.exec(key) ?? []
    return name === undefined ? [] : [[name, value] as const]
  })
  const kept = shelves.completions
    .list(cacheOwner)
    .filter((each) => model === null || each.model === model)
    .filter(({ metadata }) => wanted.every(([name, value]) => metadata[name] === value))
  return freeJson(pageOf(kept.toReversed(), url, { limit: 20, limitMax: 100, order: 'asc' }, shown))
}

/** GET /chat/completions/{id} */
export const retrieveCompletion = (exchange: Exchange, id = ''): Reply => freeJson(shown(completionOf(exchange, id)))

const UpdateCall = z.strictObject({ metadata: Metadata.nullable() })

/** POST /chat/completions/{id}: other metadata. */
export function updateCompletion(exchange: Exchange, id = ''): Reply {
  const { shelves, cacheOwner, body } = exchange
  const completion = completionOf(exchange, id)
  const { metadata } = parseOpenai(UpdateCall, body)
  refuseMetadata(metadata)
  const updated = { ...completion, metadata: metadata ?? {} }
  shelves.completions.put(cacheOwner, id, updated, JSON.stringify(updated).length)
  return freeJson(shown(updated))
}

/** DELETE /chat/completions/{id} */
export function deleteCompletion(exchange: Exchange, id = ''): Reply {
  completionOf(exchange, id)
  exchange.shelves.completions.remove(exchange.cacheOwner, id)
  return freeJson({ object: 'chat.completion.deleted', id, deleted: true })
}

/** GET /chat/completions/{id}/messages: what was asked, the oldest first unless told. */
export function listMessages(exchange: Exchange, id = ''): Reply {
  const messages = completionOf(exchange, id).messages.map(({ content, ...message }, at) => ({
    ...message,
    id: `${id}-${at}`,
    content: typeof content === 'string' ? content : null,
    content_parts: typeof content === 'string' ? null : (content ?? null),
  }))
  return freeJson(
    pageOf(messages.toReversed(), exchange.url, { limit: 20, limitMax: 100, order: 'asc' }, (message) => message),
  )
}

const shown = ({ body, metadata, id }: StoredCompletion) => ({ ...body, id, metadata })

function completionOf({ shelves, cacheOwner }: Exchange, id: string): StoredCompletion {
  const completion = shelves.completions.get(cacheOwner, id)
  if (completion) return completion
  throw new Refusal(404, `Completion with id '${id}' not found.`, { param: 'completion_id' })
}
