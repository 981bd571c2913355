/** What can be done with a response that is kept: ask for it again, stream it again, cancel and delete it, list its input. */
import type { Exchange } from '../../exchange.ts'
import { Refusal } from '../../refusal.ts'
import { freeJson, liveEvents, type Reply } from '../../reply.ts'
import { pageOf } from '../page.ts'
import { followed } from './create.ts'
import { responseIn, type State } from './run.ts'
import type { StoredResponse } from './stored-response.ts'

/** GET /responses/{id}; with `stream=true` what is still to come of one that is made in the background. */
export function retrieveResponse(exchange: Exchange, id = ''): Reply {
  const stored = storedResponse(exchange, id)
  const { searchParams } = exchange.url
  const after = searchParams.get('starting_after')
  if (searchParams.get('stream') !== 'true') {
    if (after !== null)
      throw new Refusal(400, "The 'starting_after' parameter is only allowed when 'stream' is enabled.", {
        param: 'starting_after',
      })
    return freeJson(shown(stored))
  }
  if (!stored.isResumable)
    throw new Refusal(
      400,
      'This response cannot be streamed: only responses that were created with `background=true` and `stream=true` can.',
      { param: 'stream' },
    )
  if (after !== null && !/^\d{1,9}$/.test(after))
    throw new Refusal(400, `Invalid type for 'starting_after': expected an integer, but got a string instead.`, {
      param: 'starting_after',
      code: 'invalid_type',
    })
  return liveEvents(followed(stored, after === null ? -1 : Number(after)))
}

/** POST /responses/{id}/cancel. What has ended already is answered as it is. */
export function cancelResponse(exchange: Exchange, id = ''): Reply {
  const stored = storedResponse(exchange, id)
  if (stored.job === null) throw new Refusal(400, 'Cannot cancel a synchronous response.')
  stored.job.cancel()
  return freeJson(shown(stored))
}

/** DELETE /responses/{id}. One that is still being made is cancelled. */
export function deleteResponse(exchange: Exchange, id = ''): Reply {
  const { job } = storedResponse(exchange, id)
  exchange.shelves.responses.remove(exchange.cacheOwner, id)
  job?.cancel()
  return freeJson({ id, object: 'response', deleted: true })
}

/** GET /responses/{id}/input_items */
export function listInputItems(exchange: Exchange, id = ''): Reply {
  const { input } = storedResponse(exchange, id)
  return freeJson(pageOf(input.toReversed(), exchange.url, { limit: 20, limitMax: 100 }, (item) => item))
}

function storedResponse({ shelves, cacheOwner }: Exchange, id: string): StoredResponse {
  if (!id.startsWith('resp'))
    throw new Refusal(400, `Invalid 'response_id': '${id}'. Expected an ID that begins with 'resp'.`, {
      param: 'response_id',
      code: 'invalid_value',
    })
  const stored = shelves.responses.get(cacheOwner, id)
  if (stored) return stored
  throw new Refusal(404, `Response with id '${id}' not found.`)
}

/** The response as it is now. */
function shown({ run, job }: StoredResponse): object {
  const endedAt = job?.endedAt()
  return responseIn(stateOf(run.ending.status, job), run, endedAt ? Math.floor(endedAt / 1_000) : undefined)
}

function stateOf(last: State, job: StoredResponse['job']): State {
  const phase = job?.phase() ?? 'over'
  return phase === 'over' ? last : phase
}
