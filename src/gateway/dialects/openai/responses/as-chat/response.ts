/** A response made of a chat's answer: what it says of itself, and its events, one piece after the other. */
import { inputTokensOf, outputTokensOf, type Usage } from '../../../../../money/usage.ts'
import { isMembers } from '../../../merge-usage.ts'
import { beginResponse, createEventWriter, endResponse } from '../events.ts'
import type { Fields } from '../items.ts'
import { deltaOf } from './delta.ts'
import { createOutputWriter } from './output.ts'
import { customNames } from './tools.ts'

export type ResponseWriter = {
  /** The events of a completion, or of a chunk of one. */
  readonly add: (chunk: unknown) => string
  /** Those that end it. */
  readonly end: (usage: Usage | null) => string
  /** As it stands. */
  readonly response: () => Fields
  /** The number of the next event. */
  readonly next: () => number
}

/** `asked`: the body of the request, whose settings a response repeats. `seed`: what makes its ids, in which there is nothing of chance. */
export function createResponseWriter(asked: Fields, seed: string): ResponseWriter {
  let number = 0
  const writer = createEventWriter()
  const write: typeof writer = (type, fields) => {
    number += 1
    return writer(type, fields)
  }
  const output = createOutputWriter(write, seed, customNames(asked['tools']))
  let response: Fields | null = null
  let reason = ''

  const begin = (chunk: Fields): string => {
    response = { ...repeated(asked), ...toldBy(chunk), id: `resp_${seed}` }
    return beginResponse(write, response)
  }
  return {
    add(chunk) {
      const delta = deltaOf(chunk)
      if (!isMembers(chunk)) return ''
      const events = response || !delta ? '' : begin(chunk)
      if (response && typeof chunk['service_tier'] === 'string')
        response = { ...response, service_tier: chunk['service_tier'] }
      if (!delta) return events
      if (delta.reason !== '') reason = delta.reason
      return events + output.add(delta)
    },
    end(usage) {
      const events = response ? '' : begin({})
      const why = incompleteReasons[reason]
      const status = why === undefined ? 'completed' : 'incomplete'
      const ended = output.end(status)
      const incomplete = why === undefined ? null : { reason: why }
      response = {
        ...response,
        status,
        incomplete_details: incomplete,
        output: output.items(),
        usage: usageFigures(usage),
      }
      return events + ended + endResponse(write, response)
    },
    response: () => response ?? {},
    next: () => number,
  }
}

/** What a chat says of an answer that it did not end itself. */
const incompleteReasons: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

function toldBy({ created, model, service_tier: tier }: Fields): Fields {
  return {
    ...(Number.isSafeInteger(created) && { created_at: created }),
    ...(typeof model === 'string' && model !== '' && { model }),
    ...(typeof tier === 'string' && { service_tier: tier }),
  }
}

/** The settings that a response repeats, with what they are where nobody says: `Response` of OpenAI's API. */
function repeated(asked: Fields): Fields {
  const { reasoning, text } = asked
  return {
    object: 'response',
    created_at: 0,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: asked['instructions'] ?? null,
    max_output_tokens: asked['max_output_tokens'] ?? null,
    max_tool_calls: asked['max_tool_calls'] ?? null,
    model: asked['model'],
    output: [],
    parallel_tool_calls: asked['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    prompt_cache_key: asked['prompt_cache_key'] ?? null,
    reasoning: { effort: null, summary: null, ...(isMembers(reasoning) && reasoning) },
    safety_identifier: asked['safety_identifier'] ?? null,
    service_tier: 'default',
    // A chat completion keeps nothing that a response could be found by.
    store: false,
    temperature: asked['temperature'] ?? null,
    text: { format: { type: 'text' }, ...(isMembers(text) && text) },
    tool_choice: asked['tool_choice'] ?? 'auto',
    tools: asked['tools'] ?? [],
    top_logprobs: asked['top_logprobs'] ?? 0,
    top_p: asked['top_p'] ?? null,
    truncation: 'disabled',
    usage: null,
    user: asked['user'] ?? null,
    metadata: asked['metadata'] ?? {},
  }
}

/** As a response tells them: what is charged, whatever names the upstream has for it. */
function usageFigures(usage: Usage | null): Fields | null {
  if (!usage) return null
  const { input, output } = { input: inputTokensOf(usage), output: outputTokensOf(usage) }
  const cached = (usage.cachedInput ?? 0) + (usage.cachedAudioInput ?? 0) + (usage.cachedImageInput ?? 0)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + output,
  }
}
