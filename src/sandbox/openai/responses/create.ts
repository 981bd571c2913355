/** POST /responses: plain, streamed, and in the background. */
import type { Exchange } from '../../exchange.ts'
import { queuedShare } from '../../jobs.ts'
import { Refusal } from '../../refusal.ts'
import {
  freeJson,
  generatedEvents,
  generatedJson,
  liveEvents,
  type Generation,
  type Part,
  type Reply,
} from '../../reply.ts'
import { noUsage } from '../../usage.ts'
import { withItems } from '../conversations/conversation.ts'
import { conversationOf, keepConversation } from '../conversations/kept-conversation.ts'
import { refuseBlocked } from '../errors.ts'
import { refuseUnknownFiles } from '../files/named-files.ts'
import { parseResponseCall, refuseResponseCall } from './call.ts'
import { contextOf, outputOf, type Context } from './context.ts'
import { recordsIn, responseStream } from './events.ts'
import { doneItem } from './output-item.ts'
import { generateResponse } from './generate.ts'
import type { ResponseCall } from './response-fields.ts'
import { failure, responseIn, type Run } from './run.ts'
import type { StoredResponse } from './stored-response.ts'

/** Answers a call for a response; refuses with the vendor's 400 or 404. */
export async function createResponse(exchange: Exchange): Promise<Reply> {
  const call = parseResponseCall(exchange.body)
  refuseUnknownFiles(exchange, call.input)
  const id = `resp_${exchange.id.slice(4)}`
  const context = contextOf(call, exchange, id)
  refuseResponseCall(call, context)
  refuseBlocked(exchange.directives)
  const run = await generateResponse(call, context, exchange, id)
  const made: Made = { call, context, run, exchange }
  if (call.background) return inBackground(made)
  if (!call.stream && run.ending.status === 'failed' && run.ending.isBare) throw new Refusal(500, failure.message)
  const generation = generationOf(made)
  if (call.stream) return generatedEvents(streamed(made), generation)
  finish(made)
  return generatedJson(responseIn(run.ending.status, run), generation)
}

/** The stream of what is made as it is sent: where it is left or cut, there is nothing to keep. */
function* streamed(made: Made): Generator<Part> {
  yield* responseStream(made.run)
  finish(made)
}

function finish(made: Made): void {
  keep(made, null)
  continueConversation(made)
}

type Made = {
  readonly call: ResponseCall
  readonly context: Context
  readonly run: Run
  readonly exchange: Exchange
}

const generationOf = ({ call, run }: Made): Generation => ({
  dialect: 'openai',
  endpoint: 'responses',
  model: call.model,
  servedModel: run.model,
  status: 200,
  usage: run.usage,
})

/** Keeps what was made, unless the call said not to; one of the background must be asked for all the same. */
function keep({ call, context, run, exchange }: Made, job: StoredResponse['job']): StoredResponse {
  const stored: StoredResponse = {
    run,
    input: context.input,
    previousId: call.previous_response_id ?? null,
    job,
    isResumable: job !== null && call.stream === true,
  }
  if (call.store !== false || call.background) {
    exchange.shelves.responses.put(exchange.cacheOwner, run.id, stored, weightOf(stored))
  }
  return stored
}

/** What a response weighs in memory, in characters: its tokens are kept one by one, pictures on the way as well. */
function weightOf({ run, input }: StoredResponse): number {
  const pictures = run.items.flatMap((item) => (item.kind === 'image_generation_call' ? item.partials : []))
  const said = JSON.stringify([input, run.asked, run.items.map(doneItem)]).length
  return said + run.usage.output * tokenCharacters + pictures.reduce((sum, { length }) => sum + length, 0)
}

const tokenCharacters = 100

/** What was asked and answered is added to the conversation, if it is still there. */
function continueConversation({ context, run, exchange }: Made): void {
  const { conversationId } = context
  const { shelves, cacheOwner } = exchange
  if (
    conversationId === null ||
    run.ending.status === 'failed' ||
    !shelves.conversations.get(cacheOwner, conversationId)
  )
    return
  const said = [...context.input, ...outputOf({ run, job: null })]
  keepConversation(exchange, withItems(conversationOf(exchange, conversationId), said))
}

const jobMs = 1_000

/** Answers at once, or with a stream of what comes; counts what was made when it has been made. */
function inBackground(made: Made): Reply {
  const { call, run, exchange } = made
  const { job: how, job_ms } = exchange.directives
  const { shelves, cacheOwner } = exchange
  const job = exchange.jobs.start(how === 'stuck' ? Infinity : (job_ms ?? jobMs), (isCancelled) => {
    if (how === 'lost') return void shelves.responses.remove(cacheOwner, run.id)
    if (!isCancelled) continueConversation(made)
    countMade(made, !isCancelled)
  })
  if (!job) throw new Refusal(429, 'Too many responses are under way in the background.')
  const stored = keep(made, job)
  return call.stream ? liveEvents(followed(stored, -1)) : freeJson(responseIn('queued', run))
}

/** Counts what was made in the background, under the call that asked for it. */
function countMade(made: Made, complete: boolean): void {
  const { run, exchange } = made
  const { headers, origin, at } = exchange
  const id = headers['x-client-request-id']
  exchange.count.record({
    ...generationOf(made),
    clientRequestId: typeof id === 'string' ? id : null,
    at,
    complete,
    sent: complete ? run.usage : noUsage,
    ...(origin && { origin }),
  })
}

/** The stream of a response that is made in the background, from the record after `after` on; it ends where it is cancelled. */
export async function* followed(
  { run, job }: Pick<StoredResponse, 'run' | 'job'>,
  after: number,
): AsyncGenerator<Part> {
  const last = recordsIn(run) - 1
  let number = 0
  for (const part of responseStream(run)) {
    const isTold = number > after
    const hasCome = !isTold || job === null || (await job.reached(shareAt(number, last)))
    if (!hasCome) return
    if (isTold) yield part
    number += 1
  }
}

/** How much of a job's time has passed when a record comes: the first two while it is queued, the last one at its end. */
const shareAt = (number: number, last: number): number =>
  number < 2 ? 0 : queuedShare + ((1 - queuedShare) * (number - 2)) / (last - 2)
