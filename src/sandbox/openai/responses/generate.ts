/** Makes a response: what the model thinks, which tools it uses, and what it says; and counts it. */
import { topicsOf } from '../../answer-text.ts'
import { choiceOf, seedOf, textOf, type Choice, type Form } from '../../choice.ts'
import type { Directives } from '../../directives.ts'
import type { Exchange } from '../../exchange.ts'
import type { Prompt } from '../../prompt.ts'
import { addUsage, noUsage, type Usage } from '../../usage.ts'
import { reportedUsage } from '../../wrong-usage.ts'
import { reasoningTokens, ruleOf } from '../model-rules.ts'
import { snapshotOf, tierOf } from '../models.ts'
import { foundOnTheWeb, type Found } from '../web-search.ts'
import { askedOf, summaryOf } from './call.ts'
import type { Context } from './context.ts'
import { servedBeforeFailure, servedBy } from './events.ts'
import { drawnItem } from './image-item.ts'
import { itemId, prefixes, sealed } from './kept-item.ts'
import type { CallItem, ImageItem, MessageItem, OutputItem, ReasoningItem, SearchItem } from './output-item.ts'
import type { ResponseCall } from './response-fields.ts'
import { imagesIn, responsePrompt } from './response-prompt.ts'
import type { Ending, Run } from './run.ts'
import { kindOfCall, saidOfItems, workOf, type Work } from './tools.ts'

/** Makes the response `id`. The same context gets the same answer. */
export async function generateResponse(
  call: ResponseCall,
  context: Context,
  exchange: Exchange,
  id: string,
): Promise<Run> {
  const { directives } = exchange
  const prompt = responsePrompt(call, context.items)
  const work = workOf(call, context.items, prompt.question, directives.tool ?? false)
  const found = work.searches ? foundOnTheWeb(prompt.question) : null
  const choice = answerTo(call, { prompt, work, found, said: saidOfItems(context.items) }, exchange)
  const drawn =
    work.picture &&
    (await drawnItem(work.picture, {
      question: prompt.question,
      isStream: call.stream ?? false,
      images: imagesIn(context.items),
    }))
  const items = itemsOf({ call, choice, found, drawn, id, owner: exchange.cacheOwner, question: prompt.question })
  const ending = endingOf(choice, directives, call.background ?? false)
  const usage = usageOf(call, { prompt, items, ending, found }, exchange)
  const wireUsage = reportedUsage(wireUsageOf(usage), directives.usage)
  return {
    id,
    createdAt: Math.floor(exchange.at / 1_000),
    asked: askedOf(call, context.conversationId),
    model: directives.served ?? snapshotOf(call.model),
    tier: directives.tier ?? tierOf(call.service_tier),
    items,
    ending,
    usage,
    wireUsage: wireUsage ?? null,
    toolUsage: reportedUsage(toolUsageOf(usage, drawn?.imageTokens ?? 0), directives.usage),
    isObfuscated: call.stream_options?.include_obfuscation === true,
    dress: exchange.dress,
  }
}

type Considered = { readonly prompt: Prompt; readonly work: Work; readonly found: Found | null; readonly said: string }

function answerTo(call: ResponseCall, { prompt, work, found, said }: Considered, { directives }: Exchange): Choice {
  const { model } = call
  const seed = seedOf(prompt.question, model, undefined, 0)
  return choiceOf({
    question: prompt.question,
    seed,
    tokensWanted: directives.tokens,
    tokensMax: call.max_output_tokens ?? ruleOf(model)?.outputTokensMax ?? 128_000,
    reasoning: {
      tokens: directives.reasoning ?? reasoningTokens(model, call.reasoning?.effort, seed),
      isExact: directives.reasoning !== undefined,
    },
    stop: [],
    unicode: directives.unicode ?? false,
    form: directives.refusal ? { kind: 'refusal' } : (work.calls ?? formatOf(call, said || (found?.text ?? ''))),
  })
}

function formatOf(call: ResponseCall, said: string): Form {
  const format = call.text?.format
  switch (format?.type) {
    case 'json_schema':
      return { kind: 'json', schema: format.schema ?? { type: 'object' } }
    case 'json_object':
      return { kind: 'json', schema: anyObject }
    case 'text':
    case undefined:
      return { kind: 'text', said }
  }
}

const anyObject = {
  type: 'object',
  properties: { answer: { const: 'This is a simulated answer.' }, simulated: { const: true } },
}

type Made = {
  readonly call: ResponseCall
  readonly choice: Choice
  readonly found: Found | null
  readonly drawn: Omit<ImageItem, 'id'> | null
  readonly id: string
  readonly owner: string
  readonly question: string
}

/** In the order in which the vendor has them: thought, what hosted tools did, then what is said or called. */
function itemsOf(made: Made): readonly OutputItem[] {
  const { call, choice, found, drawn, id } = made
  const isSilent = choice.pieces.length === 0 && choice.ending === 'length'
  const items: readonly Omit<OutputItem, 'id'>[] = [
    ...(choice.reasoningTokens > 0 ? [reasoningOf(made)] : []),
    ...(found ? [searchOf(call, found)] : []),
    ...(drawn ? [drawn] : []),
    ...(choice.calls.length > 0 ? callsOf(made) : isSilent ? [] : [messageOf(made)]),
  ]
  return items.map((item, at) => ({ ...item, id: itemId(prefixes[item.kind]!, id, at) }) as OutputItem)
}

function reasoningOf({ call, choice, owner, id, question }: Made): Omit<ReasoningItem, 'id'> {
  const topic = topicsOf(question)[0]!
  const asked = summaryOf(call)
  const first = `**Thinking about ${topic}**\n\nThe question is about ${topic}, so the answer should be too. It is simulated all the same.`
  const second = `**Checking the answer**\n\nNothing about ${topic} has to be looked up, and the answer can be given.`
  return {
    kind: 'reasoning',
    isCut: false,
    tokens: choice.reasoningTokens,
    summary: asked === null ? [] : asked === 'detailed' ? [first, second] : [first],
    encrypted: call.include?.includes('reasoning.encrypted_content')
      ? sealed(`reasoning of ${id}, ${choice.reasoningTokens} tokens`, owner)
      : null,
  }
}

function searchOf({ include }: ResponseCall, { query, place }: Found): Omit<SearchItem, 'id'> {
  const sources = include?.includes('web_search_call.action.sources')
    ? { sources: [{ type: 'url', url: place.url }] }
    : {}
  return { kind: 'web_search_call', isCut: false, action: { type: 'search', query, queries: [query], ...sources } }
}

function messageOf({ call, choice, found }: Made): Omit<MessageItem, 'id'> {
  const { pieces, isRefusal, visibleTokens: tokens } = choice
  const isCited = found !== null && textOf(pieces) === found.text
  const wantsLogprobs = Boolean(call.top_logprobs) || call.include?.includes('message.output_text.logprobs')
  return {
    kind: 'message',
    isCut: choice.ending === 'length',
    isRefusal,
    pieces,
    tokens,
    annotations: isCited ? [{ type: 'url_citation', ...found.place }] : [],
    logprobs: wantsLogprobs ? (call.top_logprobs ?? 0) : null,
  }
}

/** What the last call has is what the others left: where the limit cut it, its tokens are counted anew. */
function callsOf({ call, choice, id }: Made): readonly Omit<CallItem, 'id'>[] {
  let left = choice.visibleTokens
  return choice.calls.map(({ name, nameTokens, pieces }, at) => {
    const isLast = at === choice.calls.length - 1
    const tokens = isLast ? left : nameTokens + pieces.reduce((sum, piece) => sum + piece.tokens, 0)
    left -= tokens
    const isCut = isLast && choice.ending === 'length'
    const callId = `call_${id.slice(5, 27)}${at === 0 ? '' : `_${at}`}`
    return { kind: kindOfCall(call, name), isCut, callId, name, nameTokens, pieces, tokens }
  })
}

function endingOf({ ending }: Choice, { ends, job }: Directives, isJob: boolean): Ending {
  if (ends === 'filtered') return { status: 'incomplete', reason: 'content_filter' }
  if (isJob && job === 'failed') return { status: 'failed', isBare: false }
  if (ends !== undefined) return { status: 'failed', isBare: ends === 'error' }
  return ending === 'length' ? { status: 'incomplete', reason: 'max_output_tokens' } : { status: 'completed' }
}

/** What the pages that a search found add to the prompt. */
const searchTokens = 400

type Counted = {
  readonly prompt: Prompt
  readonly items: readonly OutputItem[]
  readonly ending: Ending
  readonly found: Found | null
}

function usageOf({ model }: ResponseCall, { prompt, items, ending, found }: Counted, exchange: Exchange): Usage {
  const { directives, promptCache, cacheOwner } = exchange
  const read = prompt.tokens + (found ? searchTokens : 0)
  const cached = directives.cached ?? promptCache.cachedTokens(`${cacheOwner} openai ${model}`, prompt.texts)
  const cachedInput = Math.min(prompt.tokens, cached)
  const asked: Usage = { ...noUsage, input: read - cachedInput, cachedInput }
  if (ending.status === 'failed') return servedBeforeFailure(items, asked)
  return items.map(servedBy).reduce(addUsage, asked)
}

/** OpenAI's counts overlap: cached tokens are in the input's, reasoning tokens in the output's. */
export const wireUsageOf = ({ input, cachedInput, output, reasoning }: Usage) => ({
  input_tokens: input + cachedInput,
  input_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: 0 },
  output_tokens: output + reasoning,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + cachedInput + output + reasoning,
})

const toolUsageOf = ({ toolInput, imageOutput, webSearches }: Usage, imageTokens: number) => ({
  image_gen: {
    input_tokens: toolInput,
    input_tokens_details: { image_tokens: imageTokens, text_tokens: toolInput - imageTokens },
    output_tokens: imageOutput,
    output_tokens_details: { image_tokens: imageOutput, text_tokens: 0 },
    total_tokens: toolInput + imageOutput,
  },
  web_search: { num_requests: webSearches },
})
